// SPDX-License-Identifier: MIT

#include "reception.h"

#include "budget.h"
#include "config.h"
#include "form.h"
#include "forwarded.h"
#include "front_page.h"
#include "intent.h"
#include "publish.h"
#include "refusal.h"
#include "request.h"
#include "services.h"
#include "subscribe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// So many URLs of a ping cost nothing more than the ping itself; each look-up
// of a topic is a little work (S7).
enum { URLS_FREE = 5, LOCATION_MAX = 2048 };

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

// R34: where the hub is now, whatever was asked.
static bool has_moved(const struct reception *reception,
                      struct request *request)
{
    static const char text[] = "the hub has moved\n";
    const char *to = reception->services->config->moved_to;
    char location[LOCATION_MAX];
    if (!to || !*to || request->admin)
        return false;
    int len = snprintf(location, sizeof location, "Location: %s", to);
    if (len < 0 || (size_t)len >= sizeof location)
        return false;
    struct reply reply = {
        .status = 308,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { location, "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    request_reply(request, &reply);
    return true;
}

// Whether this client may ask for so much more; if not, it is told.
static bool affords(struct reception *reception, struct request *request,
                    uint32_t cost, struct moment now)
{
    const struct services *services = reception->services;
    char from[FORWARDED_MAX];
    if (request->admin || cost == 0)
        return true;
    forwarded_from(request, &services->config->trusted_proxy, from);
    if (budget_take(reception->budget, from, cost, now.mono))
        return true;
    refusal_limit(services->metrics, request, "client.rate",
                  "too many requests from this address", 0);
    return false;
}

// Beside the one of each request; never more than can be had.
static uint32_t price_of(const struct config *config,
                         const struct intent *intent)
{
    int64_t price = (int64_t)(intent->url_count / URLS_FREE);
    return (uint32_t)(price < config->accept_rate ? price
                                                  : config->accept_rate);
}

void reception_post(void *self, struct request *request, struct moment now)
{
    struct reception *reception = self;
    const struct services *services = reception->services;
    const struct reception_listener *listener = &reception->listener;
    struct intent intent = { .form = { .count = 0 } };

    if (has_moved(reception, request) || !affords(reception, request, 1, now))
        return;
    if (!intent_read(request, &intent)) {
        refusal_blame(services->metrics, request, intent.status, intent.code,
                      intent.reason);
        return;
    }
    if (!affords(reception, request, price_of(services->config, &intent),
                 now)) {
        intent_clear(&intent);
        return;
    }
    if (intent.mode == INTENT_PUBLISH)
        publish_accept(services, request, &intent, listener->pinged,
                       listener->context);
    else
        subscribe_accept(services, request, &intent, listener->accepted,
                         listener->context);
}

// R2: what looks like a request in the wrong method is told so.
static void say_post(struct request *request)
{
    static const char text[] = "hub.mode needs POST, with the parameters in "
                               "the body\n";
    struct reply reply = {
        .status = 405,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "Allow: POST", "X-Content-Type-Options: nosniff",
                     "Hub-Error: request.method" },
        .header_count = 3,
    };
    request_reply(request, &reply);
}

static bool asks_for_something(const char *query)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    if (!form_read(query, strlen(query), &form, problem))
        return strstr(query, "hub.") != NULL;
    bool asks = false;
    for (size_t i = 0; i < form.count && !asks; i++)
        asks = strncmp(form.fields[i].name, "hub.", 4) == 0;
    form_clear(&form);
    return asks;
}

void reception_page(void *self, struct request *request, struct moment now)
{
    const struct reception *reception = self;
    (void)now;
    if (has_moved(reception, request))
        return;
    if (asks_for_something(request->query))
        say_post(request);
    else
        front_page_show(request, reception->services->hub_url);
}
