// SPDX-License-Identifier: MIT

#include "publish.h"

#include "fetcher/url.h"
#include "intent.h"
#include "marking.h"
#include "page.h"
#include "refusal.h"
#include "request.h"
#include "services.h"
#include "sheet.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert((int)MARKING_PREFIXES_MAX == (int)INTENT_PREFIXES_MAX,
              "what may be asked can be marked");
static_assert((int)INTENT_MIXED_MAX
                      + (int)INTENT_PREFIXES_MAX * (int)PUBLISH_MOST
                  <= (int)STORE_BATCH_MAX,
              "one operation marks them all");
static_assert((int)PUBLISH_MOST_SIGNED <= (int)REACH_MOST, "as above");

struct ping {
    struct marking marking;
    const struct services *services;
    struct request *request;
    struct intent intent; // the marking borrows its keys
    struct bytes prefixes[INTENT_PREFIXES_MAX];
    struct publish_order order;
};

// A browser that is answered 204 shows nothing: its user would not know.
static void accept_page(struct request *request)
{
    struct page page = { .at = NULL };
    page_begin(&page, "The hub has been told");
    page_markup(&page, "<p>If somebody follows this topic, the hub looks at it "
                       "now, and sends on what is new.</p>\n"
                       "<p><a href=\"\">Back to the hub</a></p>\n");
    page_end(&page, request, 200);
}

// 204 is what publishers expect (R72).
static void accept(struct request *request)
{
    if (sheet_kind(request, SHEET_JSON) == SHEET_PAGE) {
        accept_page(request);
        return;
    }
    static const struct reply accepted = {
        .status = 204,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    request_reply(request, &accepted);
}

static void refuse(struct request *request, unsigned status, const char *code,
                   const char *reason)
{
    request_refuse(request, status, code, reason, 0);
}

static const struct publish_face form = { METRIC_COUNT, accept, refuse };

// On the store's thread.
static void answer(struct marking *marking)
{
    struct ping *ping = marking->context;
    struct request *request = ping->request;
    ping->request = NULL;
    ping->order.face->accept(request);
}

static void drop(struct ping *ping)
{
    intent_clear(&ping->intent);
    free(ping);
}

static void count(const struct ping *ping)
{
    struct metrics *metrics = ping->services->metrics;
    metric_add(metrics, METRIC_PINGS, ping->marking.named);
    metric_add(metrics, METRIC_PINGS_KNOWN, ping->marking.known);
    if (ping->order.face->metric != METRIC_COUNT)
        metric_add(metrics, ping->order.face->metric, 1);
    if (ping->intent.prefix_count > 0 && !ping->order.otherwise)
        metric_add(metrics, METRIC_PINGS_PREFIX, 1);
}

static void refuse_many(struct ping *ping)
{
    char reason[128];
    bool is_signed = ping->order.is_signed;
    if (is_signed)
        snprintf(reason, sizeof reason,
                 "more than %d topics begin so: name a longer part of hub.url",
                 PUBLISH_MOST_SIGNED);
    else
        snprintf(reason, sizeof reason,
                 "more than %d topics begin so: that needs a hub.signature",
                 PUBLISH_MOST);
    metric_add(ping->services->metrics, METRIC_REQUESTS_REFUSED, 1);
    ping->order.face->refuse(ping->request, is_signed ? 413 : 403,
                             is_signed ? "url.many" : "signature.missing",
                             reason);
    drop(ping);
}

static void begin(struct ping *ping);

static bool is_told(const struct ping *ping, const struct bytes *prefix)
{
    return ping->order.is_signed || strchr("/?&=", prefix->at[prefix->len - 1]);
}

// In its place stands the prefix itself, so that everything else goes the same
// way; there is room for it.
static void pass_over(struct ping *ping, size_t at)
{
    struct intent *intent = &ping->intent;
    struct bytes *prefix = &ping->prefixes[at];
    if (!url_read(prefix->at, prefix->len, intent->topic))
        url_key(intent->topic, intent->urls[intent->url_count++].bytes);
    intent->prefix_count--;
    memmove(prefix, prefix + 1, (intent->prefix_count - at) * sizeof *prefix);
    begin(ping);
}

static void finish(struct marking *marking)
{
    struct ping *ping = marking->context;
    size_t at = marking->beyond;
    switch (marking->end) {
    case MARKING_MARKED:
        count(ping);
        if (marking->known > 0)
            ping->order.pinged(ping->order.context);
        drop(ping);
        return;
    case MARKING_TOO_MANY:
        if (is_told(ping, &ping->prefixes[at]))
            refuse_many(ping);
        else
            pass_over(ping, at);
        return;
    case MARKING_FAILED:
        refusal_say(ping->services->metrics, ping->request, marking->status);
        drop(ping);
        return;
    }
}

static void begin(struct ping *ping)
{
    ping->marking = (struct marking){
        .store = ping->services->store,
        .keys = ping->intent.urls,
        .key_count = ping->intent.url_count,
        .prefixes = ping->prefixes,
        .prefix_count = ping->intent.prefix_count,
        .most = ping->order.is_signed ? PUBLISH_MOST_SIGNED : PUBLISH_MOST,
        .otherwise = ping->order.otherwise,
        .durable = answer,
        .done = finish,
        .context = ping,
    };
    if (marking_begin(&ping->marking))
        return;
    refusal_say(ping->services->metrics, ping->request, STORE_AGAIN);
    drop(ping);
}

void publish_accept(const struct services *services, struct request *request,
                    struct intent *intent, const struct publish_order *order)
{
    struct ping *ping = calloc(1, sizeof *ping);
    if (!ping) {
        intent_clear(intent);
        refusal_say(services->metrics, request, STORE_AGAIN);
        return;
    }
    ping->services = services;
    ping->request = request;
    ping->intent = *intent;
    ping->order = *order;
    if (!order->face)
        ping->order.face = &form;
    for (size_t i = 0; i < intent->prefix_count; i++)
        ping->prefixes[i] =
            (struct bytes){ intent->prefixes[i].text, intent->prefixes[i].len };
    begin(ping);
}
