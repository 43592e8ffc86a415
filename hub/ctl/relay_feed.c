// SPDX-License-Identifier: MIT

#include "relay_feed.h"

#include "fetcher/link.h"
#include "fetcher/url.h"
#include "hub/form.h"
#include "hub/log.h"
#include "hub/request.h"
#include "relay.h"
#include "relay_door.h"
#include "relay_rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE = 8,
    FEED_MAX = 32 * 1024 * 1024,
    TIMEOUT_MS = 30 * 1000,
    LINE_BYTES = 8192,
    VALIDATOR_MAX = 1000,
};

// A feed that is being fetched.
struct relay_fetch {
    struct relay_fetch *next, **self;
    struct relay *relay;
    struct request *request;
    struct relay_call *call;
    char own[300]; // what we call ourselves
    char url[];
};

// The host that the subscriber called is how he reaches us.
static void name_ourselves(const struct relay *relay,
                           const struct request *request, char out[300])
{
    const char *host = request_field(request, "Host");
    bool fine = host && *host && strlen(host) < 256
                && host[strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                     "pqrstuvwxyz0123456789.-_:[]")]
                       == '\0';
    snprintf(out, 300, "http://%.280s/",
             fine ? host : relay_door_address(relay->door));
}

static bool is_allowed(const struct relay *relay, const char *url)
{
    // A dot segment could lead out of what was allowed.
    if (strstr(url, "/../") || strcasestr(url, "%2e"))
        return false;
    for (size_t i = 0; i < relay->options.feed_count; i++)
        if (strncmp(url, relay->options.feeds[i],
                    strlen(relay->options.feeds[i]))
            == 0)
            return true;
    return false;
}

static void drop(struct relay_fetch *fetch)
{
    *fetch->self = fetch->next;
    if (fetch->next)
        fetch->next->self = fetch->self;
    free(fetch);
}

// ------------------------------------------------------------------ answers

// An address to be fetched by us.
static bool write_own(const struct relay_fetch *fetch, const char *url,
                      char out[LINE_BYTES])
{
    int len = snprintf(out, LINE_BYTES, "Location: %sfeed?url=", fetch->own);
    return len > 0
           && url_append_encoded(out, (size_t)len, LINE_BYTES, url, strlen(url))
                  != SIZE_MAX;
}

static void redirect(const struct relay_fetch *fetch,
                     const struct relay_answer *answer)
{
    char target[URL_MAX + 1], line[LINE_BYTES];
    if (!answer->location
        || !url_resolve(fetch->url, answer->location, target, sizeof target)) {
        request_say(fetch->request, 502, "the feed's server redirects nowhere");
        return;
    }
    if (!is_allowed(fetch->relay, target) || !write_own(fetch, target, line))
        snprintf(line, sizeof line, "Location: %s", target);
    struct reply reply = {
        .status = answer->status,
        .headers = { line },
        .header_count = 1,
    };
    request_reply(fetch->request, &reply);
}

// What the feed calls itself, if only its head says so; else where it was.
static const char *name_of(const struct link_set *links,
                           const struct relay_fetch *fetch)
{
    return links->self ? links->self : fetch->url;
}

// Readers ask whether something is new, and may go on doing so.
static void add_validators(struct reply *reply,
                           const struct relay_answer *answer,
                           char lines[2][LINE_BYTES])
{
    const char *values[] = { answer->etag, answer->modified };
    const char *names[] = { "ETag", "Last-Modified" };
    for (size_t i = 0; i < 2; i++) {
        if (!values[i] || strlen(values[i]) > VALIDATOR_MAX)
            continue;
        snprintf(lines[i], LINE_BYTES, "%s: %s", names[i], values[i]);
        reply->headers[reply->header_count++] = lines[i];
    }
}

static void say_unchanged(const struct relay_fetch *fetch,
                          const struct relay_answer *answer)
{
    char lines[2][LINE_BYTES];
    struct reply reply = { .status = 304 };
    add_validators(&reply, answer, lines);
    request_reply(fetch->request, &reply);
}

static void hand_out(const struct relay_fetch *fetch,
                     const struct relay_answer *answer,
                     const struct relay_rewritten *feed)
{
    char link[LINE_BYTES], lines[2][LINE_BYTES];
    struct link_set links = { .self = NULL };
    for (size_t i = 0; i < answer->link_count; i++)
        link_offer_field(&links, fetch->url, answer->links[i]);
    int len =
        snprintf(link, sizeof link, "Link: <%s>; rel=\"hub\"", fetch->own);
    if (links.self || !feed->self)
        snprintf(link + len, sizeof link - (size_t)len, ", <%s>; rel=\"self\"",
                 name_of(&links, fetch));
    link_clear(&links);
    struct reply reply = {
        .status = 200,
        .content_type = answer->content_type ? answer->content_type
                                             : "application/octet-stream",
        .body = feed->text,
        .body_len = feed->len,
        .headers = { link, "Cache-Control: no-cache",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 3,
    };
    add_validators(&reply, answer, lines);
    request_reply(fetch->request, &reply);
}

static void on_fetched(void *context, const struct relay_answer *answer)
{
    struct relay_fetch *fetch = context;
    struct relay_rewritten feed;
    char text[96];
    if (answer->status == 304) {
        say_unchanged(fetch, answer);
    } else if (answer->status >= 301 && answer->status <= 308) {
        redirect(fetch, answer);
    } else if (answer->status != 200) {
        snprintf(text, sizeof text, "the feed's server answered %u",
                 answer->status);
        request_say(fetch->request, answer->status == 0 ? 504 : 502,
                    answer->status == 0 ? "the feed's server does not answer"
                                        : text);
    } else if (!relay_rewrite(answer->body, answer->len, fetch->own, &feed)) {
        request_say(fetch->request, 503, "the relay is out of memory");
    } else {
        hand_out(fetch, answer, &feed);
        free(feed.text);
    }
    drop(fetch);
}

// ------------------------------------------------------------------ requests

static size_t under_way(const struct relay *relay)
{
    size_t count = 0;
    for (struct relay_fetch *fetch = relay->fetches; fetch; fetch = fetch->next)
        count++;
    return count;
}

static void ask_conditionally(struct relay_ask *ask,
                              const struct request *request,
                              char lines[2][LINE_BYTES])
{
    static const char *const names[] = { "If-None-Match", "If-Modified-Since" };
    for (size_t i = 0; i < 2; i++) {
        const char *value = request_field(request, names[i]);
        if (!value || strlen(value) > VALIDATOR_MAX)
            continue;
        snprintf(lines[i], LINE_BYTES, "%s: %s", names[i], value);
        ask->headers[ask->header_count++] = lines[i];
    }
}

static void begin(struct relay *relay, struct request *request, const char *url)
{
    struct relay_fetch *fetch = malloc(sizeof *fetch + strlen(url) + 1);
    if (!fetch) {
        request_say(request, 503, "the relay is out of memory");
        return;
    }
    *fetch = (struct relay_fetch){ .next = relay->fetches,
                                   .self = &relay->fetches,
                                   .relay = relay,
                                   .request = request };
    memcpy(fetch->url, url, strlen(url) + 1);
    name_ourselves(relay, request, fetch->own);
    if (fetch->next)
        fetch->next->self = &fetch->next;
    relay->fetches = fetch;
    struct relay_ask ask = {
        .side = RELAY_TO_FEED,
        .method = "GET",
        .url = fetch->url,
        .timeout_ms = TIMEOUT_MS,
        .answer_max = FEED_MAX,
        .done = on_fetched,
        .context = fetch,
    };
    char lines[2][LINE_BYTES];
    ask_conditionally(&ask, request, lines);
    fetch->call = relay_net_begin(relay->net, &ask);
    if (!fetch->call) {
        request_say(request, 503, "the relay is out of memory");
        drop(fetch);
    }
}

void relay_feed_fetch(struct relay *relay, struct request *request)
{
    char problem[FORM_PROBLEM_MAX];
    struct form form = { .count = 0 };
    struct url *url = malloc(sizeof *url);
    bool read =
        form_read(request->query, strlen(request->query), &form, problem);
    const char *text = read ? form_value(&form, "url") : NULL;
    if (!url || !text || url_read(text, strlen(text), url))
        request_say(request, 400, "url= has to be the feed's address");
    else if (!is_allowed(relay, text))
        request_say(request, 403, "no --feed= allows this address");
    else if (under_way(relay) >= AT_ONCE)
        request_say(request, 503, "too many feeds are being fetched");
    else
        begin(relay, request, text);
    form_clear(&form);
    free(url);
}

void relay_feed_end(struct relay *relay)
{
    while (relay->fetches) {
        struct relay_fetch *fetch = relay->fetches;
        relay_net_cancel(relay->net, fetch->call);
        request_say(fetch->request, 503, "the relay ends");
        drop(fetch);
    }
}
