// SPDX-License-Identifier: MIT

#include "endpoints.h"

#include "access.h"
#include "admin.h"
#include "front.h"
#include "inbox.h"
#include "inspect.h"
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
    (void)now;
    if (endpoints->draining)
        request_say(request, 503, "stopping");
    else
        request_say(request, 200, "ready");
}

static void status(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_status(endpoints->means.admin, request, now);
}

static void topics(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_topics(endpoints->means.admin, request, now);
}

static void one_topic(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_topic(endpoints->means.admin, request, now);
}

static void choose(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_choose(endpoints->means.admin, request, now);
}

static void subscriptions(void *self, struct request *request,
                          struct moment now)
{
    struct endpoints *endpoints = self;
    admin_subscriptions(endpoints->means.admin, request, now);
}

static void remove_some(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_remove(endpoints->means.admin, request, now);
}

static void explain(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_explain(endpoints->means.admin, request, now);
}

static void probe(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_probe(endpoints->means.admin, request, now);
}

static void ping(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_ping(endpoints->means.admin, request, now);
}

static void deliveries(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_deliveries(endpoints->means.admin, request, now);
}

static void origins(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_origins(endpoints->means.admin, request, now);
}

static void resend(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_resend(endpoints->means.admin, request, now);
}

static void pause_some(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_pause(endpoints->means.admin, request, now);
}

static void resume(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_resume(endpoints->means.admin, request, now);
}

static void tokens(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_tokens(endpoints->means.admin, request, now);
}

static void put_token(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_put_token(endpoints->means.admin, request, now);
}

static void remove_token(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_remove_token(endpoints->means.admin, request, now);
}

static void pulls(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_pulls(endpoints->means.admin, request, now);
}

static void all_mailboxes(void *self, struct request *request,
                          struct moment now)
{
    struct endpoints *endpoints = self;
    admin_mailboxes(endpoints->means.admin, request, now);
}

static void one_mailbox(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_mailbox(endpoints->means.admin, request, now);
}

static void remove_mailbox(void *self, struct request *request,
                           struct moment now)
{
    struct endpoints *endpoints = self;
    admin_remove_mailbox(endpoints->means.admin, request, now);
}

static void metrics(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_metrics(endpoints->means.admin, request, now);
}

static void backup(void *self, struct request *request, struct moment now)
{
    struct endpoints *endpoints = self;
    admin_backup(endpoints->means.admin, request, now);
}

static const struct route routes[] = {
    { REQUEST_GET, "/", false, page },
    { REQUEST_POST, "/", false, post },
    { REQUEST_GET, "/hub", false, page },
    { REQUEST_POST, "/hub", false, post },
    { REQUEST_GET, "/hub/", false, page },
    { REQUEST_POST, "/hub/", false, post },
    { REQUEST_POST, "/subscribe", false, post },
    { REQUEST_POST, "/subscribe/", false, post },
    { REQUEST_POST, "/publish", false, post },
    { REQUEST_POST, "/publish/", false, post },
    { REQUEST_POST, "/RPC2", false, xmlrpc },
    { REQUEST_POST, "/xmlrpc", false, xmlrpc },
    { REQUEST_POST, "/xmlrpc/ping", false, xmlrpc },
    { REQUEST_POST, "/ping", false, rsscloud },
    { REQUEST_POST, "/rsscloud/ping", false, rsscloud },
    { REQUEST_GET, "/events", false, events },
    { REQUEST_POST, "/events", false, events },
    { REQUEST_GET, "/events/poll", false, events },
    { REQUEST_POST, "/events/poll", false, events },
    { REQUEST_GET, "/events/sse", false, events },
    { REQUEST_POST, "/events/sse", false, events },
    { REQUEST_GET, "/events/stream", false, events },
    { REQUEST_POST, "/events/stream", false, events },
    { REQUEST_GET, "/events/ws", false, events },
    { REQUEST_GET, "/events/*", false, one_event },
    { REQUEST_OPTIONS, "/events", false, ask_read },
    { REQUEST_OPTIONS, "/events/poll", false, ask_read },
    { REQUEST_OPTIONS, "/events/sse", false, ask_read },
    { REQUEST_OPTIONS, "/events/stream", false, ask_read },
    { REQUEST_OPTIONS, "/events/*", false, ask_read },
    { REQUEST_GET, "/presence", false, presence },
    { REQUEST_OPTIONS, "/presence", false, ask_read },
    { REQUEST_OPTIONS, "/mailboxes", false, ask_read },
    { REQUEST_OPTIONS, "/mailboxes/*", false, ask_write },
    { REQUEST_GET, "/mailboxes", false, mailboxes },
    { REQUEST_POST, "/mailboxes", false, mailboxes },
    { REQUEST_GET, "/mailboxes/*", false, mailboxes },
    { REQUEST_POST, "/mailboxes/*", false, mailboxes },
    { REQUEST_PUT, "/mailboxes/*", false, mailboxes },
    { REQUEST_PATCH, "/mailboxes/*", false, mailboxes },
    { REQUEST_DELETE, "/mailboxes/*", false, mailboxes },
    { REQUEST_POST, "/tickets", false, tickets },
    { REQUEST_OPTIONS, "/tickets", false, ask_read },
    { REQUEST_GET, "/topic", false, topic },
    { REQUEST_GET, "/subscription", false, subscription_page },
    { REQUEST_POST, "/subscription", false, subscription },
    { REQUEST_GET, "/status/*", false, of_request },
    { REQUEST_GET, "/hub/status/*", false, of_request },
    { REQUEST_GET, "/healthz", false, health },
    { REQUEST_GET, "/readyz", false, ready },
    { REQUEST_GET, "/metrics", true, metrics },
    { REQUEST_GET, "/admin/status", true, status },
    { REQUEST_GET, "/admin/topics", true, topics },
    { REQUEST_GET, "/admin/topic", true, one_topic },
    { REQUEST_POST, "/admin/topic", true, choose },
    { REQUEST_GET, "/admin/subscriptions", true, subscriptions },
    { REQUEST_POST, "/admin/remove", true, remove_some },
    { REQUEST_GET, "/admin/explain", true, explain },
    { REQUEST_GET, "/admin/probe", true, probe },
    { REQUEST_GET, "/admin/deliveries", true, deliveries },
    { REQUEST_GET, "/admin/origins", true, origins },
    { REQUEST_POST, "/admin/resend", true, resend },
    { REQUEST_POST, "/admin/pause", true, pause_some },
    { REQUEST_POST, "/admin/resume", true, resume },
    { REQUEST_GET, "/admin/tokens", true, tokens },
    { REQUEST_POST, "/admin/token", true, put_token },
    { REQUEST_POST, "/admin/token/remove", true, remove_token },
    { REQUEST_GET, "/admin/pulls", true, pulls },
    { REQUEST_GET, "/admin/mailboxes", true, all_mailboxes },
    { REQUEST_GET, "/admin/mailbox", true, one_mailbox },
    { REQUEST_POST, "/admin/mailbox/remove", true, remove_mailbox },
    { REQUEST_POST, "/admin/ping", true, ping },
    { REQUEST_POST, "/admin/backup", true, backup },
};

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
        routes_dispatch(routes, sizeof routes / sizeof *routes, endpoints,
                        request, now);
    }
    return endpoints->waiting != NULL;
}

struct endpoints *endpoints_new(const struct endpoints_means *means)
{
    struct endpoints *endpoints = calloc(1, sizeof *endpoints);
    if (endpoints)
        endpoints->means = *means;
    return endpoints;
}

void endpoints_free(struct endpoints *endpoints)
{
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
