// SPDX-License-Identifier: MIT

#include "inspect_view.h"

#include "json_text.h"
#include "page.h"
#include "request.h"
#include "sheet.h"
#include "subscriber_view.h"
#include "wording.h"

#include <jansson.h>
#include <string.h>

static bool wants_json(const struct request *request)
{
    return sheet_kind(request, SHEET_PAGE) == SHEET_JSON;
}

// -------------------------------------------------------------------- topic

static json_t *hubs_json(struct bytes hubs)
{
    json_t *list = json_array();
    size_t at = 0;
    while (at < hubs.len) {
        const char *line = hubs.at + at;
        const char *stop = memchr(line, '\n', hubs.len - at);
        size_t len = stop ? (size_t)(stop - line) : hubs.len - at;
        json_array_append_new(list, json_text((struct bytes){ line, len }));
        at += len + 1;
    }
    return list;
}

static json_t *newest_json(const struct explain_facts *facts)
{
    const struct store_event *newest = facts->newest;
    if (!newest)
        return json_null();
    return json_pack(
        "{s:I, s:o, s:o, s:I, s:I}", "seq", (json_int_t)newest->seq, "time",
        sheet_time(facts->topic->last_update), "content_type",
        json_text(newest->content_type), "size", (json_int_t)newest->size,
        "entries", (json_int_t)facts->entries);
}

static json_t *fetch_json(const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    char words[WORDING_MAX];
    return json_pack("{s:o, s:i, s:s, s:I, s:o, s:o, s:o}", "worked",
                     sheet_time(topic->last_fetch), "status",
                     topic->last_status > 0 ? (int)topic->last_status : 0,
                     "outcome", wording_status(topic->last_status, words),
                     "failures", (json_int_t)topic->failures, "failing_since",
                     sheet_time(topic->failing_since), "etag",
                     json_text(topic->etag), "last_modified",
                     json_text(topic->modified));
}

static json_t *topic_json(const char *asked, const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    if (!explain_followed(facts))
        return json_pack("{s:s, s:b}", "topic", asked, "followed", 0);
    return json_pack(
        "{s:s, s:b, s:b, s:o, s:b, s:o, s:{s:o, s:s}, s:o, s:o, s:b, s:b}",
        "topic", asked, "followed", 1, "subscribed", topic->subscriptions > 0,
        "last_fetch", fetch_json(facts), "ping_waits",
        topic->dirty != topic->fetched, "last_update", newest_json(facts),
        "next_fetch", "time", sheet_time(topic->fetch_due), "because",
        explain_cause_name(explain_cause(facts)), "self",
        json_text(topic->self), "hubs", hubs_json(topic->hubs),
        "names_this_hub", explain_names_us(facts), "other_self",
        explain_other_self(facts));
}

static void say(void *context, const char *about, const char *sentence)
{
    (void)about;
    sheet_item(context, sentence);
}

void inspect_view_topic(struct request *request, const char *topic,
                        const struct explain_facts *facts)
{
    unsigned status = explain_followed(facts) ? 200 : 404;
    if (wants_json(request)) {
        sheet_json(request, status, topic_json(topic, facts));
        return;
    }
    struct page page = { .at = NULL };
    struct explain_voice voice = { .say = say, .context = &page };
    sheet_begin(&page, "A topic", topic, strlen(topic));
    explain_public(facts, &voice);
    sheet_end(&page, request, status);
}

// ------------------------------------------------------------- subscription

static json_t *pending_json(const struct store_request *pending)
{
    if (!pending)
        return json_null();
    return json_pack("{s:s, s:o}", "mode",
                     pending->mode == STORE_SUBSCRIBE ? "subscribe"
                                                      : "unsubscribe",
                     "until", sheet_time(pending->deadline));
}

static struct subscriber_view view_of(const struct inspect_subscription *from)
{
    return (struct subscriber_view){
        .subscriber = from->subscriber,
        .topic = { from->topic, strlen(from->topic) },
        .head = from->head,
        .now = from->now,
    };
}

static json_t *subscription_json(const struct inspect_subscription *from)
{
    struct subscriber_view view = view_of(from);
    json_t *pending = pending_json(from->match.pending);
    if (from->match.view == INSPECT_PENDING)
        return json_pack("{s:s, s:s, s:o}", "topic", from->topic, "state",
                         "pending", "pending", pending);
    json_t *root = subscriber_view_json(&view);
    if (root && json_object_set_new(root, "pending", pending) == 0)
        return root;
    json_decref(root);
    return NULL;
}

static void tell_pending(struct page *page,
                         const struct inspect_subscription *from)
{
    const struct store_request *pending = from->match.pending;
    char when[WORDING_MAX];
    if (pending)
        sheet_itemf(page, "A request to %s is still to be verified, until %s.",
                    pending->mode == STORE_SUBSCRIBE ? "subscribe"
                                                     : "unsubscribe",
                    wording_when(pending->deadline, from->now, when));
}

static void subscription_page(struct request *request,
                              const struct inspect_subscription *from)
{
    struct page page = { .at = NULL };
    struct subscriber_view view = view_of(from);
    sheet_begin(&page, "A subscription", from->topic, strlen(from->topic));
    if (from->match.view == INSPECT_SUBSCRIPTION)
        subscriber_view_page(&page, &view);
    tell_pending(&page, from);
    sheet_end(&page, request, 200);
}

void inspect_view_subscription(struct request *request,
                               const struct inspect_subscription *from)
{
    if (from->match.view == INSPECT_NOTHING)
        inspect_view_refusal(request, 404, "subscription.unknown",
                             "there is no subscription with this topic, this "
                             "callback and this secret",
                             0);
    else if (wants_json(request))
        sheet_json(request, 200, subscription_json(from));
    else
        subscription_page(request, from);
}

// -------------------------------------------------------------------- others

void inspect_view_refusal(struct request *request, unsigned status,
                          const char *code, const char *reason,
                          unsigned retry_s)
{
    struct sheet_refusal refusal = {
        .kind = sheet_kind(request, SHEET_PAGE),
        .status = status,
        .code = code,
        .reason = reason,
        .retry_s = retry_s,
    };
    sheet_refuse(request, &refusal);
}

void inspect_view_topic_form(struct request *request)
{
    struct page page = { .at = NULL };
    page_begin(&page, "Look at a topic");
    page_markup(&page, "<form method=\"get\" action=\"\"><label>Its URL <input "
                       "type=\"url\" name=\"hub.topic\" required></label>"
                       "<button>Look</button></form>\n");
    page_end(&page, request, 200);
}

void inspect_view_subscription_form(struct request *request)
{
    struct page page = { .at = NULL };
    page_begin(&page, "Look at a subscription");
    page_markup(
        &page,
        "<form method=\"post\" action=\"\" autocomplete=\"off\">"
        "<label>The topic <input type=\"url\" name=\"hub.topic\" required>"
        "</label><label>Your callback <input type=\"url\" "
        "name=\"hub.callback\" required></label><label>The secret that you "
        "subscribed with <input type=\"password\" name=\"hub.secret\" "
        "required></label><button>Look</button></form>\n");
    page_end(&page, request, 200);
}
