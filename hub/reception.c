// SPDX-License-Identifier: MIT

#include "reception.h"

#include "budget.h"
#include "config.h"
#include "forwarded.h"
#include "intent.h"
#include "metrics.h"
#include "publish.h"
#include "request.h"
#include "services.h"
#include "subscribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reception {
    const struct services *services;
    struct reception_listener listener;
    struct budget *budget;
};

struct reception *reception_new(const struct services *services,
                                const struct reception_listener *listener)
{
    struct reception *reception = calloc(1, sizeof *reception);
    if (!reception)
        return NULL;
    reception->services = services;
    reception->listener = *listener;
    reception->budget = budget_new((uint32_t)services->config->accept_rate);
    if (reception->budget)
        return reception;
    free(reception);
    return NULL;
}

void reception_free(struct reception *reception)
{
    if (!reception)
        return;
    budget_free(reception->budget);
    free(reception);
}

void reception_post(void *self, struct request *request, struct moment now)
{
    struct reception *reception = self;
    const struct services *services = reception->services;
    const struct reception_listener *listener = &reception->listener;
    struct intent intent = { .form = { .count = 0 } };
    char from[FORWARDED_MAX];

    forwarded_from(request, &services->config->trusted_proxy, from);
    if (!request->admin && !budget_take(reception->budget, from, now.mono)) {
        metric_add(services->metrics, METRIC_REQUESTS_LIMITED, 1);
        request_say(request, 429, "too many requests from this address");
        return;
    }
    if (!intent_read(request, &intent)) {
        metric_add(services->metrics, METRIC_REQUESTS_REFUSED, 1);
        request_say(request, intent.status, intent.reason);
        return;
    }
    if (intent.mode == INTENT_PUBLISH)
        publish_accept(services, request, &intent, listener->pinged,
                       listener->context);
    else
        subscribe_accept(services, request, &intent, listener->accepted,
                         listener->context);
}

void reception_page(void *self, struct request *request, struct moment now)
{
    struct reception *reception = self;
    char page[2048];
    (void)now;
    // R2: what looks like a request in the wrong method is told so.
    if (strstr(request->query, "hub.mode")) {
        static const char text[] = "hub.mode needs POST, with the parameters "
                                   "in the body\n";
        struct reply reply = {
            .status = 405,
            .content_type = "text/plain; charset=utf-8",
            .body = text,
            .body_len = sizeof text - 1,
            .headers = { "Allow: POST" },
            .header_count = 1,
        };
        request_reply(request, &reply);
        return;
    }
    int len = snprintf(
        page, sizeof page,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<title>websubd</title></head><body>\n<h1>This is a WebSub hub</h1>\n"
        "<p>Publishers: link to <code>%s</code> with <code>rel=\"hub\"</code> "
        "and POST <code>hub.mode=publish</code> and <code>hub.url</code> here "
        "when a topic has changed.</p>\n<p>Subscribers: POST "
        "<code>hub.mode=subscribe</code>, <code>hub.topic</code> and "
        "<code>hub.callback</code> (<a href=\"https://www.w3.org/TR/websub/\">"
        "WebSub</a>), or, where nobody can call you, GET "
        "<code>/events?topic=…&amp;wait=30</code>.</p>\n</body></html>\n",
        reception->services->hub_url);
    struct reply reply = {
        .status = 200,
        .content_type = "text/html; charset=utf-8",
        .body = page,
        .body_len = len < (int)sizeof page ? (size_t)len : sizeof page - 1,
        .headers = { "X-Content-Type-Options: nosniff",
                     "Content-Security-Policy: default-src 'none'" },
        .header_count = 2,
    };
    request_reply(request, &reply);
}
