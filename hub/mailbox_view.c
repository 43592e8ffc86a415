// SPDX-License-Identifier: MIT

#include "mailbox_view.h"

#include "json_text.h"
#include "mailbox_form.h"
#include "sheet.h"

#include <stdio.h>
#include <string.h>

void mailbox_view_url(const char *base, struct bytes name, const char *part,
                      char url[MAILBOX_URL_MAX])
{
    size_t len = strlen(base);
    bool slash = len == 0 || base[len - 1] != '/';
    (void)snprintf(url, MAILBOX_URL_MAX, "%s%smailboxes/%.*s%s%s", base,
                   slash ? "/" : "", (int)name.len, name.at, *part ? "/" : "",
                   part);
}

static json_t *text_of(struct bytes text)
{
    return text.len > 0 ? json_text(text) : json_string("");
}

// A prefix with the star that it was given with.
static json_t *url_of(const struct store_listen *listen)
{
    char pattern[STORE_URL_MAX + 2];
    if (listen->topic != 0)
        return json_text(listen->url);
    (void)snprintf(pattern, sizeof pattern, "%.*s*", (int)listen->url.len,
                   listen->url.at ? listen->url.at : "");
    return json_string(pattern);
}

json_t *mailbox_view_listen(const struct store_listen *listen)
{
    json_t *root = json_object();
    json_object_set_new(root, "sid", json_integer((json_int_t)listen->sid));
    json_object_set_new(root, listen->topic != 0 ? "topic" : "match",
                        url_of(listen));
    if (listen->label.len > 0)
        json_object_set_new(root, "label", json_text(listen->label));
    return root;
}

json_t *mailbox_view_listens(const struct store_listen *listens, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, mailbox_view_listen(&listens[i]));
    return list;
}

static json_t *urls(const struct mailbox_view *view, bool prefixes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < view->listen_count; i++)
        if ((view->listens[i].topic == 0) == prefixes)
            json_array_append_new(list, url_of(&view->listens[i]));
    return list;
}

static void put_number(json_t *root, const char *name, uint64_t number)
{
    json_object_set_new(root, name, json_integer((json_int_t)number));
}

static void put_definition(json_t *root, const struct store_mailbox *mailbox)
{
    const struct store_profile *profile = &mailbox->profile;
    json_object_set_new(root, "ack",
                        json_string(mailbox_form_ack(mailbox->ack)));
    if (mailbox->ack == STORE_ACK_EXPLICIT) {
        put_number(root, "ack_wait", (uint64_t)mailbox->ack_wait / 1000);
        put_number(root, "max_deliver", mailbox->max_deliver);
        json_object_set_new(root, "unordered",
                            json_boolean(mailbox->unordered));
    }
    put_number(root, "max_pending", mailbox->max_pending);
    put_number(root, "max_bytes", mailbox->max_bytes);
    json_object_set_new(root, "overflow",
                        json_string(mailbox_form_overflow(mailbox->overflow)));
    put_number(root, "inactivity", (uint64_t)mailbox->inactivity / 1000);
    put_number(root, "lease_seconds", (uint64_t)mailbox->lease / 1000);
    json_object_set_new(root, "signed", json_boolean(profile->secret.len > 0));
    if (profile->content != STORE_CONTENT_DEFAULT)
        json_object_set_new(root, "content",
                            json_string(profile->content == STORE_CONTENT_FULL
                                            ? "full"
                                            : "entries"));
}

// BOSH's attributes of a session (R27).
static void put_terms(json_t *root, const struct store_mailbox *mailbox)
{
    uint64_t hold =
        mailbox->ack == STORE_ACK_EXPLICIT ? MAILBOX_WORKERS : MAILBOX_HOLD;
    put_number(root, "hold", hold);
    put_number(root, "requests", hold + 1);
    put_number(root, "wait_max", MAILBOX_WAIT_MAX_S);
    put_number(root, "min_poll_interval_ms", 0);
    put_number(root, "pause_max", MAILBOX_PAUSE_MAX_S);
}

json_t *mailbox_view_brief(const struct mailbox_view *view)
{
    const struct store_mailbox *mailbox = view->mailbox;
    int64_t seen = view->seen > mailbox->seen ? view->seen : mailbox->seen;
    char url[MAILBOX_URL_MAX];
    json_t *root = json_object();
    json_object_set_new(root, "name", text_of(mailbox->name));
    mailbox_view_url(view->base, mailbox->name, "messages", url);
    json_object_set_new(root, "messages", json_string(url));
    if (view->cursor)
        json_object_set_new(root, "cursor", json_string(view->cursor));
    put_definition(root, mailbox);
    put_terms(root, mailbox);
    json_object_set_new(root, "connected", json_boolean(view->connected));
    json_object_set_new(root, "last_seen", sheet_time(seen));
    json_object_set_new(root, "created", sheet_time(mailbox->created));
    json_object_set_new(root, "lease_end", sheet_time(mailbox->lease_end));
    json_object_set_new(root, "suspended", json_boolean(mailbox->suspended));
    if (view->has_pending)
        put_number(root, "pending", view->pending);
    if (mailbox->ack == STORE_ACK_EXPLICIT)
        put_number(root, "leased", mailbox->leased);
    return root;
}

json_t *mailbox_view_whole(const struct mailbox_view *view)
{
    json_t *root = mailbox_view_brief(view);
    json_object_set_new(root, "topics", urls(view, false));
    json_object_set_new(root, "match", urls(view, true));
    json_object_set_new(
        root, "subscriptions",
        mailbox_view_listens(view->listens, view->listen_count));
    return root;
}
