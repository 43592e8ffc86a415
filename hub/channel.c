// SPDX-License-Identifier: MIT

#include "channel.h"

#include "access.h"
#include "config.h"
#include "cursor.h"
#include "fetcher/url.h"
#include "intent.h"
#include "lease.h"
#include "mailbox_read.h"
#include "mailbox_task.h"
#include "mailbox_view.h"
#include "metrics.h"
#include "policy.h"
#include "refusal.h"
#include "request.h"
#include "rules.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    INTEREST_MS = 24 * 60 * 60 * 1000, // of who pulls (M7)
    URL_ROOM = 2048 + 3 * STORE_URL_MAX + 128,
    POLL_WAIT_S = 25,
};

struct channels {
    struct channels_means means;
    struct services services;
    size_t under_way;
};

struct channel {
    struct store_follow follow; // first: an operation is found by it
    struct channels *all;
    struct request *request;
    struct intent intent;
    const struct visitor *visitor;
    struct store_listen listen;
};

static void end(struct channel *channel)
{
    channel->all->under_way--;
    visitor_drop(channel->visitor);
    intent_clear(&channel->intent);
    free(channel);
}

// ------------------------------------------------------------------- answers

static void refuse(struct channel *channel, unsigned status, const char *code,
                   const char *reason)
{
    refusal_blame(channel->all->services.metrics, channel->request, status,
                  code, reason);
}

// 401, which has to say what is wanted.
static void want_token(struct channel *channel, const char *challenge,
                       const char *reason)
{
    char text[256];
    int len = snprintf(text, sizeof text, "%s\n", reason);
    struct reply reply = {
        .status = 401,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = len < (int)sizeof text ? (size_t)len : sizeof text - 1,
        .headers = { challenge, "X-Content-Type-Options: nosniff",
                     "Hub-Error: channel.token" },
        .header_count = 3,
    };
    metric_add(channel->all->services.metrics, METRIC_REQUESTS_REFUSED, 1);
    request_reply(channel->request, &reply);
}

static const char *type_name(enum intent_channel type)
{
    static const char *const names[] = {
        [INTENT_WEBHOOK] = "webhook",     [INTENT_MAILBOX] = "mailbox",
        [INTENT_POLL] = "poll",           [INTENT_SSE] = "sse",
        [INTENT_WEBSOCKET] = "websocket",
    };
    return names[type];
}

static void accept(struct channel *channel, const char *endpoint,
                   int64_t lease_ms, const struct cursor *cursor)
{
    char text[CURSOR_TEXT];
    json_t *root = json_object();
    json_object_set_new(root, "hub.channel.type",
                        json_string(type_name(channel->intent.channel)));
    json_object_set_new(root, "hub.channel.endpoint", json_string(endpoint));
    json_object_set_new(root, "hub.lease_seconds",
                        json_integer(lease_ms / 1000));
    if (cursor_write(channel->all->means.key, cursor, text))
        json_object_set_new(root, "cursor", json_string(text));
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    struct reply reply = {
        .status = 202,
        .content_type = "application/json",
        .body = body ? body : "{}",
        .body_len = body ? strlen(body) : 2,
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    metric_add(channel->all->services.metrics, METRIC_SUBSCRIBES, 1);
    request_reply(channel->request, &reply);
    free(body);
}

// ws for http, wss for https, as whoever connects has to write it.
static void make_socket_url(char *url)
{
    if (strncmp(url, "http", 4) != 0)
        return;
    url[0] = 'w';
    url[1] = 's';
    memmove(url + 2, url + 4, strlen(url + 4) + 1);
}

// ----------------------------------------------------------- with a mailbox

static void say_mailbox(struct channel *channel,
                        const struct mailbox_task *task)
{
    static const char *const parts[] = {
        [INTENT_WEBHOOK] = "",
        [INTENT_MAILBOX] = "messages",
        [INTENT_POLL] = "messages?wait=25",
        [INTENT_SSE] = "sse",
        [INTENT_WEBSOCKET] = "ws",
    };
    const struct store_mailbox *mailbox = &task->read.mailbox;
    struct cursor cursor =
        mailbox_read_cursor(mailboxes_readers(channel->all->means.mailboxes),
                            mailbox->id, false, mailbox->place);
    char url[MAILBOX_URL_MAX];
    mailbox_view_url(channel->all->services.hub_url, mailbox->name,
                     parts[channel->intent.channel], url);
    if (channel->intent.channel == INTENT_WEBSOCKET)
        make_socket_url(url);
    accept(channel, url, mailbox->lease, &cursor);
}

// What was said of the mailbox, in the words of the hub.
static void translate(struct channel *channel, unsigned status,
                      const char *type, const char *detail)
{
    struct metrics *metrics = channel->all->services.metrics;
    if (status == 503)
        refusal_say(metrics, channel->request,
                    strcmp(type, "full") == 0 ? STORE_FULL : STORE_AGAIN);
    else if (status == 404)
        refuse(channel, 404, "channel.endpoint.unknown",
               "hub.channel.endpoint is no channel of yours");
    else if (strcmp(type, "too-many-mailboxes") == 0)
        refuse(channel, 403, "channel.full", detail);
    else
        refuse(channel, status, "topic.denied", detail);
}

static void answer(struct mailbox_task *task, unsigned status, const char *type,
                   const char *detail)
{
    struct channel *channel = task->context;
    struct reply ended = {
        .status = 202,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    if (type) {
        translate(channel, status, type, detail);
    } else if (channel->intent.mode == INTENT_SUBSCRIBE) {
        say_mailbox(channel, task);
    } else {
        metric_add(channel->all->services.metrics, METRIC_UNSUBSCRIBES, 1);
        request_reply(channel->request, &ended);
    }
    end(channel);
}

static struct mailbox_task *task_for(struct channel *channel)
{
    struct mailbox_task *task = mailbox_task_new(channel->all->means.mailboxes,
                                                 NULL, NULL, channel->visitor);
    if (!task) {
        refusal_say(channel->all->services.metrics, channel->request,
                    STORE_AGAIN);
        end(channel);
        return NULL;
    }
    task->answer = answer;
    task->context = channel;
    return task;
}

static void make_mailbox(struct channel *channel)
{
    const struct config *config = channel->all->services.config;
    const struct intent *intent = &channel->intent;
    const struct mailbox_leases leases = { config->lease_min,
                                           config->lease_default,
                                           config->lease_max };
    struct mailbox_task *task = task_for(channel);
    if (!task)
        return;
    mailbox_form_begin(&task->form, &leases, false);
    task->form.mailbox.lease =
        lease_granted(intent->lease_s, leases.min, leases.usual, leases.max);
    task->form.mailbox.profile = intent->profile;
    task->form.mailbox.profile.verify_token = (struct bytes){ "", 0 };
    channel->listen = (struct store_listen){
        .url = { intent->topic->text, intent->topic->len },
        .normal = { intent->topic->normal, intent->topic->normal_len },
        .key = intent->topic_key,
        .label = { "", 0 },
    };
    mailbox_define_name(task->path.name);
    if (mailbox_topics_keep(&task->form.topics, &channel->listen))
        mailbox_define_make(task);
    else
        mailbox_task_fail(task, STORE_AGAIN);
}

// ----------------------------------------------------------- without a token

static void say_events(struct channel *channel)
{
    static const char *const paths[] = {
        [INTENT_WEBHOOK] = "",
        [INTENT_MAILBOX] = "",
        [INTENT_POLL] = "events",
        [INTENT_SSE] = "events/sse",
        [INTENT_WEBSOCKET] = "events/ws",
    };
    const struct channels *all = channel->all;
    const struct intent *intent = &channel->intent;
    const char *base = all->services.hub_url;
    size_t base_len = strlen(base), room = URL_ROOM;
    bool slash = base_len == 0 || base[base_len - 1] != '/';
    struct cursor cursor = {
        .epoch = store_epoch(all->services.store),
        .number = channel->follow.newest,
        .tag = cursor_tag(&channel->follow.topic, 1),
    };
    char since[CURSOR_TEXT] = "latest", *url = malloc(room);
    cursor_write(all->means.key, &cursor, since);
    size_t len = SIZE_MAX;
    if (url) {
        len = (size_t)snprintf(url, room, "%s%s%s?topic=", base,
                               slash ? "/" : "", paths[intent->channel]);
        len = url_append_encoded(url, len, room, intent->topic->text,
                                 intent->topic->len);
    }
    if (len != SIZE_MAX) {
        (void)snprintf(url + len, room - len, "&since=%s", since);
        len = strlen(url);
        if (intent->channel == INTENT_POLL)
            (void)snprintf(url + len, room - len, "&wait=%d", POLL_WAIT_S);
        if (intent->channel == INTENT_WEBSOCKET)
            make_socket_url(url);
        accept(channel, url, INTEREST_MS, &cursor);
    } else {
        refusal_say(all->services.metrics, channel->request, STORE_AGAIN);
    }
    free(url);
}

static void followed(struct store_op *op)
{
    struct channel *channel = (struct channel *)op;
    struct channels *all = channel->all;
    const struct intent *intent = &channel->intent;
    const struct store_follow *follow = &channel->follow;
    if (op->status == STORE_OK && follow->topic_new)
        all->means.followed(all->means.context);
    if (op->status == STORE_NOT_FOUND
        || (op->status == STORE_OK
            && !visitor_may_read(channel->visitor, all->services.config,
                                 intent->topic->normal,
                                 intent->topic->normal_len, follow->reach)))
        refuse(channel, 404, "topic.unknown",
               "this hub does not follow that hub.topic for everybody: show a "
               "token");
    else if (op->status == STORE_OK)
        say_events(channel);
    else
        refusal_say(all->services.metrics, channel->request,
                    op->status == STORE_CONFLICT ? STORE_FULL : op->status);
    end(channel);
}

static void tell_where(struct channel *channel)
{
    const struct channels *all = channel->all;
    const struct config *config = all->services.config;
    const struct url *topic = channel->intent.topic;
    channel->follow = (struct store_follow){
        .op = { .verb = STORE_FOLLOW, .done = followed },
        .key = channel->intent.topic_key,
        .url = { topic->text, topic->len },
        .url_normal = { topic->normal, topic->normal_len },
        .create = visitor_may_create(channel->visitor, config, topic->normal,
                                     topic->normal_len),
        .public_only = visitor_is_stranger(channel->visitor, config),
        .interest_ms = INTEREST_MS,
    };
    store_submit(all->services.store, &channel->follow.op);
}

// --------------------------------------------------------------------- begin

static bool is_denied(struct channel *channel)
{
    const struct config *config = channel->all->services.config;
    const struct url *topic = channel->intent.topic;
    if (policy_is_own(config, topic))
        refuse(channel, 400, "topic.own", "hub.topic is this hub itself");
    else if (rules_topic(channel->all->services.rules, topic))
        refuse(channel, 403, "topic.denied",
               "this hub does not serve that hub.topic's domain");
    else
        return false;
    return true;
}

static const char challenge[] = "WWW-Authenticate: Bearer realm=\"websubd\"";

// A ticket is for reading.
static bool may_have_mailboxes(const struct visitor *visitor)
{
    return (visitor->rights & STORE_RIGHT_MAILBOX) && !visitor->ticket;
}

static void subscribe(struct channel *channel)
{
    bool stranger = channel->visitor->owner == 0;
    if (stranger && channel->intent.channel == INTENT_MAILBOX) {
        want_token(channel, challenge,
                   "a mailbox belongs to the owner of a token: show one");
        end(channel);
    } else if (!stranger && !may_have_mailboxes(channel->visitor)) {
        refuse(channel, 403, "channel.token",
               "your token has not the right to have mailboxes");
        end(channel);
    } else if (is_denied(channel)) {
        end(channel);
    } else if (stranger) {
        tell_where(channel);
    } else {
        make_mailbox(channel);
    }
}

// The path of an endpoint, without its query. NULL: it has none.
static const char *path_of(char *endpoint)
{
    char *authority = strstr(endpoint, "://");
    if (!authority)
        return NULL;
    endpoint[strcspn(endpoint, "?#")] = '\0';
    return strchr(authority + 3, '/');
}

// The hub's URL may have a path of its own before it.
static bool names_mailbox(const char *path, struct mailbox_path *out)
{
    const char *at = strstr(path, "/mailboxes/");
    return at && mailbox_path_read(at, out) && !out->dead;
}

static void remove_mailbox(struct channel *channel,
                           const struct mailbox_path *path)
{
    struct mailbox_task *task = task_for(channel);
    if (!task)
        return;
    task->path = *path;
    mailbox_task_read(task, 0, mailbox_show_remove);
}

// Of what strangers were told nothing is kept: it ends by not being pulled.
static void unsubscribe(struct channel *channel)
{
    char *endpoint = strdup(channel->intent.endpoint);
    const char *path = endpoint ? path_of(endpoint) : NULL;
    struct mailbox_path mailbox;
    struct reply nothing = {
        .status = 202,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    bool named = path && names_mailbox(path, &mailbox);
    if (named && channel->visitor->owner == 0) {
        want_token(channel, challenge,
                   "this channel has an owner: show his token");
    } else if (named && !may_have_mailboxes(channel->visitor)) {
        refuse(channel, 403, "channel.token",
               "your token has not the right to have mailboxes");
    } else if (named) {
        remove_mailbox(channel, &mailbox);
        free(endpoint);
        return;
    } else if (path && strstr(path, "/events")) {
        request_reply(channel->request, &nothing);
    } else {
        refuse(channel, 404, "channel.endpoint.unknown",
               "hub.channel.endpoint is no channel of this hub");
    }
    free(endpoint);
    end(channel);
}

static void begin(struct channel *channel, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    channel->visitor = visitor;
    if (visitor && channel->intent.mode == INTENT_SUBSCRIBE) {
        subscribe(channel);
    } else if (visitor) {
        unsubscribe(channel);
    } else {
        assert(refusal);
        if (refusal->status == 401)
            want_token(channel, refusal->challenge, refusal->detail);
        else if (refusal->status == 503)
            refusal_say(channel->all->services.metrics, channel->request,
                        STORE_AGAIN);
        else
            refuse(channel, refusal->status, "channel.token", refusal->detail);
        end(channel);
    }
}

static void asked(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    begin(context, visitor, refusal);
}

void channels_accept(struct channels *channels, struct request *request,
                     struct intent *intent, struct moment now)
{
    const struct visitor *visitor = NULL;
    struct access_refusal refusal = { .status = 503 };
    struct channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        intent_clear(intent);
        refusal_say(channels->services.metrics, request, STORE_AGAIN);
        return;
    }
    channel->all = channels;
    channel->request = request;
    channel->intent = *intent;
    channels->under_way++;
    switch (access_ask(channels->means.access, request, now, &visitor, &refusal,
                       asked, channel)) {
    case ACCESS_KNOWN:
        begin(channel, visitor, NULL);
        break;
    case ACCESS_ASKED:
        break;
    case ACCESS_REFUSED:
        begin(channel, NULL, &refusal);
        break;
    }
}

struct channels *channels_new(const struct channels_means *means)
{
    struct channels *channels = calloc(1, sizeof *channels);
    if (!channels)
        return NULL;
    channels->means = *means;
    channels->services = *means->services;
    return channels;
}

void channels_free(struct channels *channels)
{
    free(channels);
}

bool channels_idle(const struct channels *channels)
{
    return channels->under_way == 0;
}
