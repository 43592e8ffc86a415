// SPDX-License-Identifier: MIT

#include "endpoints.h"

#include "access.h"
#include "admin_gate.h"
#include "admin_routes.h"
#include "console_assets.h"
#include "front.h"
#include "inbox.h"
#include "inspect.h"
#include "lookout.h"
#include "mailboxes.h"
#include "metrics.h"
#include "one_event.h"
#include "presence.h"
#include "pull.h"
#include "reception.h"
#include "request.h"
#include "routes.h"
#include "status.h"

#include <stdlib.h>

enum { REQUESTS_STEP = 256, REQUESTS_STEP_MS = 3 };

struct endpoints {
    struct endpoints_means means;
    struct admin_gate *gate;
    struct request *waiting; // taken from the inbox, not dispatched yet
    bool draining;
};

static void post(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    reception_post(endpoints->means.reception, request, now);
}

static void page(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    reception_page(endpoints->means.reception, request, now);
}

static void xmlrpc(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    reception_xmlrpc(endpoints->means.reception, request, now);
}

static void rsscloud(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    reception_rsscloud(endpoints->means.reception, request, now);
}

static void events(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    pull_handle(endpoints->means.pull, request, now);
}

static void one_event(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    one_event_handle(endpoints->means.one_event, request, now);
}

static void mailboxes(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    mailboxes_handle(endpoints->means.mailboxes, request, now);
}

static void presence(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    presence_handle(endpoints->means.presence, request, now);
}

static void tickets(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    access_ticket(endpoints->means.access, request, now);
}

static void ask_read(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    (void)now;
    access_preflight(endpoints->means.access, request, "GET, HEAD, POST");
}

static void ask_write(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    (void)now;
    access_preflight(endpoints->means.access, request,
                     "GET, HEAD, POST, PUT, PATCH, DELETE");
}

static void topic(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    inspect_topic(endpoints->means.inspect, request, now);
}

static void subscription(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    inspect_subscription(endpoints->means.inspect, request, now);
}

static void subscription_page(void *self, struct request *request,
                              struct moment now)
{
    struct endpoints *endpoints = self;
    inspect_subscription_page(endpoints->means.inspect, request, now);
}

static void of_request(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    status_show(endpoints->means.status, request, now);
}

static void health(void *self, struct request *request, struct moment now)
{
    (void)self;
    (void)now;
    request_say(request, 200, "ok");
}

static void ready(void *self, struct request *request, struct moment now)
{
    const struct endpoints *endpoints = self;
    const char *unready = lookout_unready(endpoints->means.lookout);
    (void)now;
    if (endpoints->draining)
        request_say(request, 503, "stopping");
    else if (unready)
        request_say(request, 503, unready);
    else
        request_say(request, 200, "ready");
}

static const struct route routes[] = {
    { REQUEST_GET, "/", page },
    { REQUEST_POST, "/", post },
    { REQUEST_GET, "/hub", page },
    { REQUEST_POST, "/hub", post },
    { REQUEST_GET, "/hub/", page },
    { REQUEST_POST, "/hub/", post },
    { REQUEST_POST, "/subscribe", post },
    { REQUEST_POST, "/subscribe/", post },
    { REQUEST_POST, "/publish", post },
    { REQUEST_POST, "/publish/", post },
    { REQUEST_POST, "/RPC2", xmlrpc },
    { REQUEST_POST, "/xmlrpc", xmlrpc },
    { REQUEST_POST, "/xmlrpc/ping", xmlrpc },
    { REQUEST_POST, "/ping", rsscloud },
    { REQUEST_POST, "/rsscloud/ping", rsscloud },
    { REQUEST_GET, "/events", events },
    { REQUEST_POST, "/events", events },
    { REQUEST_GET, "/events/poll", events },
    { REQUEST_POST, "/events/poll", events },
    { REQUEST_GET, "/events/sse", events },
    { REQUEST_POST, "/events/sse", events },
    { REQUEST_GET, "/events/stream", events },
    { REQUEST_POST, "/events/stream", events },
    { REQUEST_GET, "/events/ws", events },
    { REQUEST_GET, "/events/*", one_event },
    { REQUEST_OPTIONS, "/events", ask_read },
    { REQUEST_OPTIONS, "/events/poll", ask_read },
    { REQUEST_OPTIONS, "/events/sse", ask_read },
    { REQUEST_OPTIONS, "/events/stream", ask_read },
    { REQUEST_OPTIONS, "/events/*", ask_read },
    { REQUEST_GET, "/presence", presence },
    { REQUEST_OPTIONS, "/presence", ask_read },
    { REQUEST_OPTIONS, "/mailboxes", ask_read },
    { REQUEST_OPTIONS, "/mailboxes/*", ask_write },
    { REQUEST_GET, "/mailboxes", mailboxes },
    { REQUEST_POST, "/mailboxes", mailboxes },
    { REQUEST_GET, "/mailboxes/*", mailboxes },
    { REQUEST_POST, "/mailboxes/*", mailboxes },
    { REQUEST_PUT, "/mailboxes/*", mailboxes },
    { REQUEST_PATCH, "/mailboxes/*", mailboxes },
    { REQUEST_DELETE, "/mailboxes/*", mailboxes },
    { REQUEST_POST, "/tickets", tickets },
    { REQUEST_OPTIONS, "/tickets", ask_read },
    { REQUEST_GET, "/topic", topic },
    { REQUEST_GET, "/subscription", subscription_page },
    { REQUEST_POST, "/subscription", subscription },
    { REQUEST_GET, "/status/*", of_request },
    { REQUEST_GET, "/hub/status/*", of_request },
    { REQUEST_GET, "/healthz", health },
    { REQUEST_GET, "/readyz", ready },
};

static void to_console(void *self, struct request *request, struct moment now)
{
    static const struct reply reply = {
        .status = 307,
        .headers = { "Location: /console/" },
        .header_count = 1,
    };
    (void)self;
    (void)now;
    request_reply(request, &reply);
}

// What there is beside the console and what operators have, where they listen.
static const struct route operators_routes[] = {
    { REQUEST_GET, "/", to_console },
    { REQUEST_GET, "/healthz", health },
    { REQUEST_GET, "/readyz", ready },
};

static void dispatch_operator(struct endpoints *endpoints,
                              struct request *request, struct moment now)
{
    if (admin_routes_know(request->path))
        admin_gate_handle(endpoints->gate, request, now);
    else if (console_assets_know(request->path))
        console_assets_show(request);
    else
        routes_dispatch(operators_routes,
                        sizeof operators_routes / sizeof *operators_routes,
                        endpoints, request, now);
}

static void dispatch(struct endpoints *endpoints, struct request *request,
                     struct moment now)
{
    if (request->door == DOOR_OPERATORS) {
        dispatch_operator(endpoints, request, now);
        return;
    }
    if (request->admin && admin_routes_know(request->path))
        admin_routes_dispatch(endpoints->means.admin, request, now);
    else if (request->admin && console_assets_know(request->path))
        console_assets_show(request);
    else
        routes_dispatch(routes, sizeof routes / sizeof *routes, endpoints,
                        request, now);
}

bool endpoints_step(void *self, struct moment now)
{
    struct endpoints *endpoints = self;
    const struct endpoints_means *means = &endpoints->means;
    // Who is answered soon need not be told that his peer has gone.
    while (front_next_gone(means->front))
        continue;
    if (!endpoints->waiting)
        endpoints->waiting = inbox_take(means->inbox);
    int64_t began = loop_now().mono;
    for (int i = 0; i < REQUESTS_STEP && endpoints->waiting; i++) {
        if (i % 16 == 15 && loop_now().mono - began >= REQUESTS_STEP_MS)
            break;
        struct request *request = endpoints->waiting;
        endpoints->waiting = request->link;
        metric_add(means->metrics, METRIC_REQUESTS, 1);
        dispatch(endpoints, request, now);
    }
    return endpoints->waiting != NULL;
}

struct endpoints *endpoints_new(const struct endpoints_means *means)
{
    struct endpoints *endpoints = calloc(1, sizeof *endpoints);
    if (!endpoints)
        return NULL;
    endpoints->means = *means;
    endpoints->gate = admin_gate_new(means->access, means->admin);
    if (endpoints->gate)
        return endpoints;
    free(endpoints);
    return NULL;
}

void endpoints_free(struct endpoints *endpoints)
{
    if (endpoints)
        admin_gate_free(endpoints->gate);
    free(endpoints);
}

void endpoints_drain(struct endpoints *endpoints)
{
    endpoints->draining = true;
}

bool endpoints_idle(const struct endpoints *endpoints)
{
    return !endpoints->waiting;
}
