// SPDX-License-Identifier: MIT

#include "presence.h"

#include "access.h"
#include "batch.h"
#include "json_writer.h"
#include "mailbox_read.h"
#include "metrics.h"
#include "pull.h"
#include "pull_problem.h"
#include "puller.h"
#include "request.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TOLD_MAX = 10000, // in one answer
    HEARTBEAT_MS = 15 * 1000,
    LIFE_MS = 1800 * 1000,
    LIFE_SPREAD_MS = 720 * 1000,
};

struct presence {
    struct services services;
    struct access *access;
    struct pull *pull;
    struct pullers *pullers;
    struct mailbox_read *mailbox_read;
    struct watcher *first;
    size_t under_way;
    const struct watcher *beginning; // NULL: it has ended meanwhile
};

// One who follows them: within his puller.
struct watcher {
    struct presence *presence;
    struct puller *puller;
    struct watcher *next, **here; // `here` NULL: not listed yet
};

// One request under way.
struct look {
    struct presence *presence;
    struct request *request;
};

// ------------------------------------------------------------------ what is

static bool may_see(const struct visitor *visitor,
                    const struct mailbox_seen *seen)
{
    return seen->owner == visitor->owner
           && visitor_may_open(visitor, seen->name, strlen(seen->name));
}

static void put_seen(struct json_writer *out, const struct mailbox_seen *seen)
{
    json_writer_name(out, "mailbox");
    json_writer_string(out, seen->name);
    json_writer_name(out, "state");
    json_writer_put(out, seen->online ? "\"online\"" : "\"offline\"");
    json_writer_name(out, "since");
    json_writer_time(out, seen->since);
}

struct listing {
    const struct visitor *visitor;
    struct json_writer *out;
    size_t left;
};

static void list_mailbox(void *context, const struct mailbox_seen *seen)
{
    struct listing *listing = context;
    if (!seen->online || !may_see(listing->visitor, seen) || listing->left == 0)
        return;
    listing->left--;
    json_writer_next(listing->out);
    json_writer_put(listing->out, "{");
    put_seen(listing->out, seen);
    json_writer_put(listing->out, "}");
}

// A topic, and how many are held for it in one way.
struct crowd_of {
    struct bytes normal;
    size_t held;
};
struct topics {
    const struct presence *presence;
    const struct visitor *visitor;
    struct crowd_of *items;
    size_t count, room;
};

static bool collect(void *context, struct bytes normal, size_t held)
{
    struct topics *topics = context;
    // His scope is what counts, not how the hub reaches it.
    if (!visitor_may_read(topics->visitor, topics->presence->services.config,
                          normal.at, normal.len, STORE_REACH_UNTOLD))
        return true;
    if (topics->count == topics->room) {
        size_t room = topics->room > 0 ? 2 * topics->room : 64;
        struct crowd_of *items = realloc(topics->items, room * sizeof *items);
        if (!items)
            return false;
        topics->items = items;
        topics->room = room;
    }
    topics->items[topics->count++] = (struct crowd_of){ normal, held };
    return topics->count < TOLD_MAX;
}

static int compare(const void *a, const void *b)
{
    const struct crowd_of *one = a, *two = b;
    size_t len =
        one->normal.len < two->normal.len ? one->normal.len : two->normal.len;
    int order = memcmp(one->normal.at, two->normal.at, len);
    if (order == 0)
        order = (one->normal.len > two->normal.len)
                - (one->normal.len < two->normal.len);
    return order;
}

static void put_topics(struct json_writer *out, const struct presence *presence,
                       const struct visitor *visitor)
{
    struct topics topics = { .presence = presence, .visitor = visitor };
    pull_each_topic(presence->pull, collect, &topics);
    if (topics.count > 0)
        qsort(topics.items, topics.count, sizeof *topics.items, compare);
    for (size_t i = 0; i < topics.count;) {
        const struct crowd_of *first = &topics.items[i];
        size_t held = 0;
        while (i < topics.count && compare(first, &topics.items[i]) == 0)
            held += topics.items[i++].held;
        json_writer_next(out);
        json_writer_text(out, first->normal.at, first->normal.len);
        json_writer_put(out, ":");
        json_writer_number(out, held);
    }
    free(topics.items);
}

static void put_all(struct json_writer *out, const struct presence *presence,
                    const struct visitor *visitor)
{
    struct listing mailboxes = { visitor, out, TOLD_MAX };
    json_writer_put(out, "{\"mailboxes\":[");
    mailbox_read_each(presence->mailbox_read, list_mailbox, &mailboxes);
    json_writer_put(out, "],\"topics\":{");
    put_topics(out, presence, visitor);
    json_writer_put(out, "}}");
}

// ------------------------------------------------------------------ watchers

// What he is told of it, as puller_say() takes it; he may see it.
static void write_to(const struct watcher *watcher, struct json_writer *out,
                     const struct mailbox_seen *seen)
{
    bool events = puller_voice(watcher->puller) == VOICE_EVENTS;
    if (!events && out->len > 0)
        json_writer_put(out, "\n");
    json_writer_put(out, events ? "event: presence\ndata: {"
                                : "{\"type\":\"presence\"");
    put_seen(out, seen);
    json_writer_put(out, events ? "}\n\n" : "}");
}

static void say(struct watcher *watcher, struct json_writer *out)
{
    if (!out->failed && out->len > 0)
        puller_say(watcher->puller, out->at, out->len);
    json_writer_clear(out);
}

static void changed(void *context, const struct mailbox_seen *seen)
{
    struct presence *presence = context;
    for (struct watcher *watcher = presence->first; watcher;
         watcher = watcher->next) {
        struct json_writer out = { 0 };
        if (may_see(puller_visitor(watcher->puller), seen))
            write_to(watcher, &out, seen);
        say(watcher, &out);
    }
}

struct greeting {
    struct watcher *watcher;
    struct json_writer out;
    size_t left;
};

static void add_online(void *context, const struct mailbox_seen *seen)
{
    struct greeting *greeting = context;
    struct watcher *watcher = greeting->watcher;
    if (!seen->online || greeting->left == 0
        || !may_see(puller_visitor(watcher->puller), seen))
        return;
    greeting->left--;
    write_to(watcher, &greeting->out, seen);
}

// In one piece: one by one, thousands would look as if he did not read.
static void tell_who_is_there(struct watcher *watcher)
{
    struct greeting greeting = { watcher, { 0 }, TOLD_MAX };
    mailbox_read_each(watcher->presence->mailbox_read, add_online, &greeting);
    say(watcher, &greeting.out);
}

static void enlist(struct watcher *watcher)
{
    struct presence *presence = watcher->presence;
    watcher->next = presence->first;
    watcher->here = &presence->first;
    if (presence->first)
        presence->first->here = &watcher->next;
    presence->first = watcher;
}

// The first time his stream begins, and those who are there are told.
static void watch(struct puller *puller)
{
    struct watcher *watcher = puller_from(puller);
    struct presence *presence = watcher->presence;
    const struct batch nothing = { .idle = true };
    if (watcher->here) {
        puller_rest(puller, &nothing);
        return;
    }
    enlist(watcher);
    presence->beginning = watcher;
    puller_rest(puller, &nothing);
    if (presence->beginning)
        tell_who_is_there(watcher);
    presence->beginning = NULL;
}

static void unwatch(struct puller *puller)
{
    struct watcher *watcher = puller_from(puller);
    if (watcher->presence->beginning == watcher)
        watcher->presence->beginning = NULL;
    if (!watcher->here)
        return;
    *watcher->here = watcher->next;
    if (watcher->next)
        watcher->next->here = watcher->here;
}

static void hear_nothing(struct puller *puller, const char *text, size_t len)
{
    (void)puller;
    (void)text;
    (void)len;
}

static const struct puller_source watching = {
    .read = watch,
    .message = hear_nothing,
    .idle = watch,
    .over = unwatch,
    .room = sizeof(struct watcher),
};

// ------------------------------------------------------------------ asking

static void answer(struct presence *presence, struct request *request,
                   const struct visitor *visitor)
{
    struct json_writer out = { 0 };
    put_all(&out, presence, visitor);
    if (out.failed) {
        pull_problem(request, 503, "out-of-memory", "the hub is out of memory");
    } else {
        const char *origin = access_allow_origin(presence->access, request);
        const struct reply reply = {
            .status = 200,
            .content_type = "application/json",
            .body = out.at,
            .body_len = out.len,
            .headers = { "Cache-Control: no-store",
                         "X-Content-Type-Options: nosniff", "Vary: Origin",
                         origin },
            .header_count = origin ? 4 : 2,
            .close = !request->parkable,
        };
        request_reply(request, &reply);
    }
    json_writer_clear(&out);
}

static void stream(struct presence *presence, struct request *request,
                   const struct visitor *visitor, enum pull_voice voice)
{
    const struct puller_wish wish = {
        .voice = voice,
        .heartbeat_ms = HEARTBEAT_MS,
        .life_ms = LIFE_MS + (int64_t)(arc4random() % LIFE_SPREAD_MS),
        .allow_origin = access_allow_origin(presence->access, request),
    };
    struct puller *puller = puller_new(presence->pullers, request, &wish,
                                       visitor, &watching, NULL, loop_now());
    if (!puller)
        return;
    struct watcher *watcher = puller_from(puller);
    watcher->presence = presence;
    watcher->puller = puller;
}

static bool accepts(const struct request *request, const char *type)
{
    const char *accept = request_field(request, "Accept");
    // Who asks for the head alone gets no stream (RFC 9110, 9.3.2).
    return request->method != REQUEST_HEAD && accept
           && strcasestr(accept, type);
}

static void refuse(struct presence *presence, struct request *request,
                   struct pull_problem *problem)
{
    metric_add(presence->services.metrics, METRIC_REQUESTS_REFUSED, 1);
    problem->allow_origin = access_allow_origin(presence->access, request);
    pull_problem_say(request, problem);
}

static void let_in(struct presence *presence, struct request *request,
                   const struct visitor *visitor)
{
    struct pull_problem problem;
    if (visitor->token == 0) {
        problem = pull_problem_of(401, "token-missing",
                                  "who is there is told to who has a token");
        problem.challenge = "WWW-Authenticate: Bearer";
        refuse(presence, request, &problem);
    } else if (!(visitor->rights & STORE_RIGHT_PRESENCE)) {
        problem = pull_problem_of(403, "forbidden",
                                  "this token has no right to presence");
        refuse(presence, request, &problem);
    } else if (accepts(request, "text/event-stream")) {
        stream(presence, request, visitor, VOICE_EVENTS);
    } else if (accepts(request, "application/x-ndjson")) {
        stream(presence, request, visitor, VOICE_LINES);
    } else {
        answer(presence, request, visitor);
    }
}

static void settle(struct presence *presence, struct request *request,
                   const struct visitor *visitor,
                   const struct access_refusal *refusal)
{
    if (visitor) {
        let_in(presence, request, visitor);
        visitor_drop(visitor);
        return;
    }
    struct pull_problem problem =
        pull_problem_of(refusal->status, refusal->type, refusal->detail);
    problem.challenge = refusal->challenge;
    refuse(presence, request, &problem);
}

static void asked(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    struct look *look = context;
    look->presence->under_way--;
    settle(look->presence, look->request, visitor, refusal);
    free(look);
}

void presence_handle(struct presence *presence, struct request *request,
                     struct moment now)
{
    const struct visitor *visitor = NULL;
    struct access_refusal refusal;
    struct look *look = malloc(sizeof *look);
    if (!look) {
        pull_problem(request, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    *look = (struct look){ presence, request };
    presence->under_way++;
    if (access_ask(presence->access, request, now, &visitor, &refusal, asked,
                   look)
        == ACCESS_ASKED)
        return;
    presence->under_way--;
    free(look);
    settle(presence, request, visitor, &refusal);
}

struct presence *presence_new(const struct presence_means *means)
{
    struct presence *presence = calloc(1, sizeof *presence);
    if (!presence)
        return NULL;
    presence->services = *means->services;
    presence->access = means->access;
    presence->pull = means->pull;
    presence->pullers = means->pullers;
    presence->mailbox_read = means->mailbox_read;
    mailbox_read_watch(presence->mailbox_read, changed, presence);
    return presence;
}

void presence_free(struct presence *presence)
{
    free(presence);
}

bool presence_idle(const struct presence *presence)
{
    return presence->under_way == 0;
}
