// SPDX-License-Identifier: MIT

#include "one_event.h"

#include "access.h"
#include "batch.h"
#include "config.h"
#include "fetcher/url.h"
#include "form.h"
#include "json_writer.h"
#include "links.h"
#include "metrics.h"
#include "pull_event.h"
#include "pull_problem.h"
#include "request.h"
#include "routes.h"
#include "rules.h"
#include "served.h"
#include "services.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTEREST_MS = 24 * 60 * 60 * 1000 };

struct one_event {
    struct services services;
    struct access *access;
    struct cursor_key *key;
    size_t under_way;
};

// One request under way.
struct look {
    struct one_event *one;
    struct request *request;
    const struct visitor *visitor;
    struct cursor id;
    bool plain; // its body alone
    struct bytes everything;
    struct store_events read;
    bool has_read; // it is to be released
    enum store_content content;
    struct store_follow follow;
    struct url url; // of its topic
};

static void end(struct look *look)
{
    if (look->has_read)
        store_release(&look->read.op);
    visitor_drop(look->visitor);
    look->one->under_way--;
    free(look);
}

static void refuse(struct look *look, const struct pull_problem *why)
{
    struct pull_problem problem = *why;
    problem.allow_origin =
        access_allow_origin(look->one->access, look->request);
    metric_add(look->one->services.metrics, METRIC_REQUESTS_REFUSED, 1);
    pull_problem_say(look->request, &problem);
    end(look);
}

static void refuse_as(struct look *look, unsigned status, const char *type,
                      const char *detail)
{
    const struct pull_problem problem = pull_problem_of(status, type, detail);
    refuse(look, &problem);
}

static void unknown(struct look *look)
{
    refuse_as(look, 404, "unknown-event",
              "there is no such event, or not any more, or not for you");
}

static void unable(struct look *look)
{
    refuse_as(look, 503, "busy", "the hub cannot tell right now");
}

// ------------------------------------------------------------------ answers

static void add(struct reply *reply, const char *line)
{
    if (line)
        reply->headers[reply->header_count++] = line;
}

static void say(struct look *look, struct reply *reply)
{
    const char *origin = access_allow_origin(look->one->access, look->request);
    reply->status = 200;
    add(reply, "Cache-Control: no-store");
    add(reply, "X-Content-Type-Options: nosniff");
    add(reply, origin);
    add(reply, origin ? "Vary: Origin" : NULL);
    reply->close = !look->request->parkable;
    request_reply(look->request, reply);
}

static void say_object(struct look *look)
{
    const struct store_event *from = look->read.items;
    const struct batch_event event = { .event = from, .url = from->url.at };
    const struct batch batch = {
        .has_cursor = true,
        .cursor = look->id,
        .bodies = true,
        .key = look->one->key,
        .hub_url = look->one->services.hub_url,
    };
    struct json_writer out = { 0 };
    json_writer_put(&out, "{");
    pull_event_fields(&out, &batch, &event);
    json_writer_put(&out, "}");
    if (out.failed) {
        unable(look);
    } else {
        struct reply reply = { .content_type = "application/json",
                               .body = out.at,
                               .body_len = out.len };
        say(look, &reply);
        end(look);
    }
    json_writer_clear(&out);
}

static char *link_line(const struct look *look)
{
    const struct store_event *from = look->read.items;
    const struct config *config = look->one->services.config;
    const struct links links = {
        .hubs = from->hubs.at,
        .hubs_len = from->hubs.len,
        .self = from->self.at,
        .self_len = from->self.len,
        .topic = from->url.at,
        .topic_len = from->url.len,
        .own = look->one->services.hub_url,
        .aliases = (const char *const *)config->hub_alias.items,
        .alias_count = config->hub_alias.count,
    };
    return links_line(&links);
}

static void say_plain(struct look *look)
{
    const struct store_event *from = look->read.items;
    char sequence[64];
    char *link = link_line(look);
    if (!link) {
        unable(look);
        return;
    }
    snprintf(sequence, sizeof sequence, "Hub-Sequence: %016" PRIx64 ".%" PRIu64,
             from->incarnation, from->seq);
    struct reply reply = {
        .content_type = from->content_type.len > 0 ? from->content_type.at
                                                   : "application/octet-stream",
        .body = from->body.at,
        .body_len = from->body.len,
        // A publisher's page must not act in the hub's name.
        .headers = { link, sequence, "Content-Security-Policy: sandbox" },
        .header_count = 3,
    };
    say(look, &reply);
    free(link);
    end(look);
}

// ------------------------------------------------------------------ reading

static void followed(struct store_op *op)
{
    struct look *look = op->context;
    const struct config *config = look->one->services.config;
    if (op->status != STORE_OK && op->status != STORE_NOT_FOUND)
        unable(look);
    else if (op->status == STORE_NOT_FOUND
             || !visitor_may_read(look->visitor, config, look->url.normal,
                                  look->url.normal_len, look->follow.reach))
        unknown(look);
    else if (look->plain)
        say_plain(look);
    else
        say_object(look);
}

// Reading it is interest in its topic (M7), and tells how far that reaches.
static void follow(struct look *look, struct bytes url)
{
    struct store_follow *op = &look->follow;
    if (url_read(url.at, url.len, &look->url)) {
        unknown(look);
        return;
    }
    if (rules_topic(look->one->services.rules, &look->url)) {
        const struct pull_problem problem =
            served_problem(look->one->services.metrics, url.at);
        refuse(look, &problem);
        return;
    }
    *op = (struct store_follow){
        .op = { .verb = STORE_FOLLOW, .done = followed, .context = look },
        .url = url,
        .url_normal = { look->url.normal, look->url.normal_len },
        .interest_ms = INTEREST_MS,
        .public_only =
            visitor_is_stranger(look->visitor, look->one->services.config),
    };
    url_key(&look->url, op->key.bytes);
    store_submit(look->one->services.store, &op->op);
}

static void found(struct store_op *op)
{
    struct look *look = op->context;
    const struct store_events *read = &look->read;
    look->has_read = true;
    if (op->status != STORE_OK)
        unable(look);
    else if (read->event_count == 0 || read->items[0].number != look->id.number)
        unknown(look);
    else
        follow(look, read->items[0].url);
}

static void read_it(struct look *look)
{
    const struct config *config = look->one->services.config;
    const struct request *request = look->request;
    // What could not be sent need not be read.
    if (request->sated && atomic_load(request->sated)) {
        unable(look);
        return;
    }
    look->everything = (struct bytes){ "", 0 };
    look->read = (struct store_events){
        .op = { .verb = STORE_EVENTS, .done = found, .context = look },
        .prefixes = &look->everything,
        .prefix_count = 1,
        .since = STORE_SINCE_NUMBER,
        .value = look->id.number - 1,
        .limit = 1,
        .max_bytes = 1,
        .deltas = config->feed_delivery == CONFIG_FEED_ENTRIES,
        .content = look->content,
        .bodies = true,
    };
    store_submit(look->one->services.store, &look->read.op);
}

// ------------------------------------------------------------------ asking

static void refuse_access(struct look *look,
                          const struct access_refusal *refusal)
{
    struct pull_problem problem =
        pull_problem_of(refusal->status, refusal->type, refusal->detail);
    problem.challenge = refusal->challenge;
    refuse(look, &problem);
}

static void asked(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    struct look *look = context;
    look->visitor = visitor;
    if (visitor)
        read_it(look);
    else
        refuse_access(look, refusal);
}

// "ID" or "ID/content". False: there is no such path.
static bool read_path(struct look *look)
{
    const char *id = routes_below("/events/*", look->request->path);
    size_t len = id ? strcspn(id, "/") : 0;
    look->plain = id && strcmp(id + len, "/content") == 0;
    return id && (look->plain || id[len] == '\0')
           && cursor_read(look->one->key, id, len, &look->id)
           && look->id.number > 0
           && look->id.epoch == store_epoch(look->one->services.store);
}

// "content": the document as it was cut for who wants entries, or whole.
static bool read_query(struct look *look)
{
    const char *query = look->request->query;
    char problem[FORM_PROBLEM_MAX];
    struct form form;
    if (!form_read(query, strlen(query), &form, problem))
        return false;
    const char *content = form_value(&form, "content");
    if (content && strcmp(content, "full") == 0)
        look->content = STORE_CONTENT_FULL;
    else if (content && strcmp(content, "entries") == 0)
        look->content = STORE_CONTENT_ENTRIES;
    form_clear(&form);
    return true;
}

void one_event_handle(struct one_event *one, struct request *request,
                      struct moment now)
{
    struct access_refusal refusal;
    struct look *look = calloc(1, sizeof *look);
    if (!look) {
        request_say(request, 503, "the hub has no memory left, try again");
        return;
    }
    look->one = one;
    look->request = request;
    one->under_way++;
    if (!read_query(look)) {
        refuse_as(look, 400, "bad-request", "the query is malformed");
        return;
    }
    if (!read_path(look)) {
        unknown(look);
        return;
    }
    switch (access_ask(one->access, request, now, &look->visitor, &refusal,
                       asked, look)) {
    case ACCESS_KNOWN:
        read_it(look);
        break;
    case ACCESS_REFUSED:
        refuse_access(look, &refusal);
        break;
    case ACCESS_ASKED:
        break;
    }
}

struct one_event *one_event_new(const struct services *services,
                                struct access *access)
{
    uint8_t secret[32];
    struct one_event *one = calloc(1, sizeof *one);
    if (!one)
        return NULL;
    one->services = *services;
    one->access = access;
    store_secret_key(services->store, secret);
    one->key = cursor_key_new(secret);
    if (one->key)
        return one;
    one_event_free(one);
    return NULL;
}

void one_event_free(struct one_event *one)
{
    if (!one)
        return;
    cursor_key_free(one->key);
    free(one);
}

bool one_event_idle(const struct one_event *one)
{
    return one->under_way == 0;
}
