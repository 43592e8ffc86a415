// SPDX-License-Identifier: MIT

#include "inspect_view.h"

#include "json_text.h"
#include "page.h"
#include "request.h"
#include "wording.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

static const char no_store[] = "Cache-Control: no-store";
static const char no_sniffing[] = "X-Content-Type-Options: nosniff";
static const char no_contents[] = "Content-Security-Policy: default-src "
                                  "'none'; frame-ancestors 'none'";

bool inspect_view_wants_json(const struct request *request)
{
    const char *accept = request_field(request, "Accept");
    if (!accept)
        return false;
    const char *json = strstr(accept, "application/json");
    const char *html = strstr(accept, "text/html");
    return json && (!html || json < html);
}

// ------------------------------------------------------------------- frames

// Takes `root`; NULL: out of memory.
static void say_json(struct request *request, unsigned status, json_t *root)
{
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (!body) {
        request_say(request, 503, "the hub has no memory left, try again");
        return;
    }
    struct reply reply = {
        .status = status,
        .content_type = "application/json",
        .body = body,
        .body_len = strlen(body),
        .headers = { no_store, no_sniffing, no_contents },
        .header_count = 3,
    };
    request_reply(request, &reply);
    free(body);
}

static void begin(struct page *page, const char *title, const char *topic)
{
    page_begin(page, title);
    page_markup(page, "<p><code>");
    page_text(page, topic, strlen(topic));
    page_markup(page, "</code></p>\n<ul>\n");
}

static void item(struct page *page, const char *sentence)
{
    page_markup(page, "<li>");
    page_text(page, sentence, strlen(sentence));
    page_markup(page, "</li>\n");
}

__attribute__((format(printf, 2, 3))) static void itemf(struct page *page,
                                                        const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    item(page, sentence);
}

static void end(struct page *page, struct request *request, unsigned status)
{
    page_markup(page, "</ul>\n");
    page_end(page, request, status);
}

static json_t *time_json(int64_t unix_ms)
{
    char when[WORDING_MAX];
    return unix_ms > 0 ? json_string(wording_time(unix_ms, when)) : json_null();
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
        time_json(facts->topic->last_update), "content_type",
        json_text(newest->content_type), "size", (json_int_t)newest->size,
        "entries", (json_int_t)facts->entries);
}

static json_t *fetch_json(const struct explain_facts *facts)
{
    const struct store_topic *topic = facts->topic;
    char words[WORDING_MAX];
    return json_pack("{s:o, s:i, s:s, s:I, s:o, s:o, s:o}", "worked",
                     time_json(topic->last_fetch), "status",
                     topic->last_status > 0 ? (int)topic->last_status : 0,
                     "outcome", wording_status(topic->last_status, words),
                     "failures", (json_int_t)topic->failures, "failing_since",
                     time_json(topic->failing_since), "etag",
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
        "next_fetch", "time", time_json(topic->fetch_due), "because",
        explain_cause_name(explain_cause(facts)), "self",
        json_text(topic->self), "hubs", hubs_json(topic->hubs),
        "names_this_hub", explain_names_us(facts), "other_self",
        explain_other_self(facts));
}

static void say(void *context, const char *about, const char *sentence)
{
    (void)about;
    item(context, sentence);
}

void inspect_view_topic(struct request *request, const char *topic,
                        const struct explain_facts *facts)
{
    unsigned status = explain_followed(facts) ? 200 : 404;
    if (inspect_view_wants_json(request)) {
        say_json(request, status, topic_json(topic, facts));
        return;
    }
    struct page page = { .at = NULL };
    struct explain_voice voice = { .say = say, .context = &page };
    begin(&page, "A topic", topic);
    explain_public(facts, &voice);
    end(&page, request, status);
}

// ------------------------------------------------------------- subscription

static json_t *pending_json(const struct store_request *pending)
{
    if (!pending)
        return json_null();
    return json_pack("{s:s, s:o}", "mode",
                     pending->mode == STORE_SUBSCRIBE ? "subscribe"
                                                      : "unsubscribe",
                     "until", time_json(pending->deadline));
}

static json_t *owed_json(const struct inspect_subscription *from)
{
    const struct store_subscriber *s = from->subscriber;
    if (!s->lagging)
        return json_null();
    return json_pack("{s:I, s:I}", "from", (json_int_t)s->next, "to",
                     (json_int_t)(from->head > s->next ? from->head : s->next));
}

static json_t *subscription_json(const struct inspect_subscription *from)
{
    const struct store_subscriber *s = from->subscriber;
    char words[WORDING_MAX];
    if (from->match.view == INSPECT_PENDING)
        return json_pack("{s:s, s:s, s:o}", "topic", from->topic, "state",
                         "pending", "pending",
                         pending_json(from->match.pending));
    int64_t left = s->lease_end > from->now ? s->lease_end - from->now : 0;
    return json_pack(
        "{s:s, s:s, s:o, s:I, s:i, s:s, s:i, s:o, s:o, s:o, s:o}", "topic",
        from->topic, "state", wording_state(s), "lease_end",
        time_json(s->lease_end), "lease_left_seconds",
        (json_int_t)(left / 1000), "last_status",
        s->lagging && s->last_status > 0 ? (int)s->last_status : 0,
        "last_outcome",
        s->lagging ? wording_status(s->last_status, words) : "nothing is owed",
        "attempts", s->lagging ? (int)s->attempts : 0, "failing_since",
        time_json(s->lagging ? s->first_failure : 0), "next_try",
        time_json(s->lagging ? s->due : 0), "owed", owed_json(from), "pending",
        pending_json(from->match.pending));
}

static void tell_delivery(struct page *page,
                          const struct inspect_subscription *from)
{
    const struct store_subscriber *s = from->subscriber;
    char what[WORDING_MAX], when[WORDING_MAX];
    if (!s->lagging) {
        item(page, "Nothing is owed: it has, or is just getting, the newest "
                   "version.");
        return;
    }
    uint64_t to = from->head > s->next ? from->head : s->next;
    itemf(page, "It is owed versions %" PRIu64 " to %" PRIu64 ".", s->next, to);
    itemf(page,
          "The last delivery failed, for the %" PRIu32
          ". time since the newest version: %s.",
          s->attempts, wording_status(s->last_status, what));
    if (s->due == 0)
        item(page, "It was given up until there is something new.");
    else
        itemf(page, "The next try is %s.",
              wording_when(s->due, from->now, when));
}

static void tell_pending(struct page *page,
                         const struct inspect_subscription *from)
{
    const struct store_request *pending = from->match.pending;
    char when[WORDING_MAX];
    if (pending)
        itemf(page, "A request to %s is still to be verified, until %s.",
              pending->mode == STORE_SUBSCRIBE ? "subscribe" : "unsubscribe",
              wording_when(pending->deadline, from->now, when));
}

static void subscription_page(struct request *request,
                              const struct inspect_subscription *from)
{
    struct page page = { .at = NULL };
    char when[WORDING_MAX];
    begin(&page, "A subscription", from->topic);
    if (from->match.view == INSPECT_SUBSCRIPTION) {
        itemf(&page, "It is %s.", wording_state(from->subscriber));
        itemf(&page, "Its lease ends %s.",
              wording_when(from->subscriber->lease_end, from->now, when));
        tell_delivery(&page, from);
    }
    tell_pending(&page, from);
    end(&page, request, 200);
}

void inspect_view_subscription(struct request *request,
                               const struct inspect_subscription *from)
{
    if (from->match.view == INSPECT_NOTHING)
        inspect_view_refusal(request, 404, "subscription.unknown",
                             "there is no subscription with this topic, this "
                             "callback and this secret",
                             0);
    else if (inspect_view_wants_json(request))
        say_json(request, 200, subscription_json(from));
    else
        subscription_page(request, from);
}

// -------------------------------------------------------------------- others

// NULL: out of memory.
static char *refusal_text(bool json, const char *code, const char *reason)
{
    char *text = NULL;
    if (!json)
        return asprintf(&text, "%s\n", reason) < 0 ? NULL : text;
    json_t *root = json_pack("{s:s, s:s}", "error", code, "reason", reason);
    text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

void inspect_view_refusal(struct request *request, unsigned status,
                          const char *code, const char *reason,
                          unsigned retry_s)
{
    char error[96], retry[40];
    bool json = inspect_view_wants_json(request);
    char *body = refusal_text(json, code, reason);
    if (!body) {
        request_refuse(request, status, code, "out of memory", retry_s);
        return;
    }
    snprintf(error, sizeof error, "Hub-Error: %s", code);
    snprintf(retry, sizeof retry, "Retry-After: %u", retry_s);
    struct reply reply = {
        .status = status,
        .content_type = json ? "application/json" : "text/plain; charset=utf-8",
        .body = body,
        .body_len = strlen(body),
        .headers = { no_store, no_sniffing, no_contents, error, retry },
        .header_count = retry_s > 0 ? 5 : 4,
    };
    request_reply(request, &reply);
    free(body);
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
