// SPDX-License-Identifier: MIT

#include "daemon.h"

#include "config.h"
#include "descriptors.h"
#include "fetcher/engine.h"
#include "fetcher/guard.h"
#include "front.h"
#include "http.h"
#include "inbox.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "outside.h"
#include "parts.h"
#include "request.h"
#include "services.h"
#include "storage/store.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DRAIN_LOOK_MS = 20 };

struct daemon {
    struct config *config;
    struct services services;
    struct metrics metrics;
    struct descriptors descriptors;
    struct guard proxies; // trusted ones; unchanged once it runs
    struct inbox *inbox;
    struct front *front;
    struct http *http;
    struct parts *parts;
    bool draining;
    int64_t drain_end; // monotonic
    bool clean;        // everything had ended when the loop stopped
};

// ------------------------------------------------- what the listeners tell

static void wake(void *context)
{
    loop_wake(context);
}

// On the reading threads.
static void on_arrived(void *context, struct request *request)
{
    struct daemon *daemon = context;
    inbox_put(daemon->inbox, request);
}

static void on_gone(void *context, struct request *request)
{
    struct daemon *daemon = context;
    (void)request; // the step asks front who it was
    loop_wake(daemon->services.loop);
}

static void on_handed(void *context, int fd, const struct sockaddr *address,
                      bool admin)
{
    struct daemon *daemon = context;
    http_adopt(daemon->http, fd, address, admin);
}

// Behind a trusted proxy are many people, so its connections are not counted
// like one person's.
static bool on_unlimited(void *context, const struct sockaddr *address)
{
    const struct daemon *daemon = context;
    char text[INET6_ADDRSTRLEN] = "";
    const void *raw = NULL;
    if (address->sa_family == AF_INET)
        raw = &((const struct sockaddr_in *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        raw = &((const struct sockaddr_in6 *)address)->sin6_addr;
    return raw && inet_ntop(address->sa_family, raw, text, sizeof text)
           && guard_lists(&daemon->proxies, text);
}

static void on_news(void *context)
{
    const struct daemon *daemon = context;
    loop_wake(daemon->services.loop);
}

static bool on_look(void *context)
{
    const struct daemon *daemon = context;
    return http_look(daemon->http);
}

// ------------------------------------------------------------------- sources

static bool all_idle(const struct daemon *daemon)
{
    return parts_idle(daemon->parts)
           && http_pending(daemon->http) == 0
           // A reply may be out before its operation has come back.
           && store_under_way(daemon->services.store) == 0;
}

static bool step_drain(void *self, struct moment now)
{
    struct daemon *daemon = self;
    if (!daemon->draining)
        return false;
    daemon->clean = all_idle(daemon);
    if (daemon->clean || now.mono >= daemon->drain_end)
        loop_stop(daemon->services.loop);
    return false;
}

static int64_t drain_patience(void *self, struct moment now)
{
    const struct daemon *daemon = self;
    (void)now;
    return daemon->draining ? DRAIN_LOOK_MS : LOOP_FOR_EVER;
}

// ------------------------------------------------------------------- opening

static bool fail(char problem[512], const char *why)
{
    snprintf(problem, 512, "%s", why);
    return false;
}

// What the hub calls itself: as configured, else where it listens.
static bool name_hub(struct daemon *daemon, char problem[512])
{
    struct config *config = daemon->config;
    const char *address = front_address(daemon->front, 0);
    if (config->public_url[0] == '\0') {
        size_t size = strlen("http:///") + strlen(address) + 1;
        char *url = malloc(size);
        if (!url)
            return fail(problem, "out of memory");
        snprintf(url, size, "http://%s/", address);
        free(config->public_url);
        config->public_url = url;
    }
    daemon->services.hub_url = config->public_url;
    return true;
}

static bool make_parts(struct daemon *daemon)
{
    const struct parts_means means = {
        .services = &daemon->services,
        .inbox = daemon->inbox,
        .front = daemon->front,
        .descriptors = daemon->descriptors.now,
    };
    const struct source drain = { "drain", daemon, step_drain, drain_patience };
    daemon->parts = parts_new(&means);
    if (!daemon->parts)
        return false;
    loop_add(daemon->services.loop, &drain);
    return true;
}

static bool open_outside(struct daemon *daemon, char problem[512])
{
    struct services *services = &daemon->services;
    const struct config *config = daemon->config;
    const struct outside_callers callers = {
        on_arrived, on_gone, on_handed, on_unlimited, on_look, on_news, daemon,
    };
    services->store = outside_store(config, wake, services->loop, problem);
    if (!services->store)
        return false;
    daemon->front = outside_front(config, &callers, problem);
    if (!daemon->front || !name_hub(daemon, problem))
        return false;
    services->engine = outside_engine(config, services->hub_url, daemon->front,
                                      wake, services->loop, problem);
    if (!services->engine)
        return false;
    daemon->http = outside_http(config, &callers, problem);
    return daemon->http != NULL;
}

static bool open_all(struct daemon *daemon, char problem[512])
{
    struct services *services = &daemon->services;
    services->config = daemon->config;
    services->metrics = &daemon->metrics;
    services->loop = loop_open();
    if (!services->loop)
        return fail(problem, "the event loop could not be made");
    daemon->inbox = inbox_new(wake, services->loop);
    if (!daemon->inbox)
        return fail(problem, "out of memory");
    return open_outside(daemon, problem)
           && (make_parts(daemon) || fail(problem, "out of memory"));
}

// Where they ran out, nothing could be fetched or delivered any more, and
// operators would stand outside. Not all of front's may be held, or nobody who
// pulls could so much as be told that there are too many.
static void fit_connections(struct daemon *daemon)
{
    struct config *config = daemon->config;
    const struct descriptors_wish wish = {
        .connections = (uint64_t)config->connections,
        .asked = config->connections_asked,
        .outgoing_least = outside_descriptors(config),
        .outgoing_wanted = outside_descriptors_wanted(config),
    };
    struct descriptors_plan plan =
        descriptors_plan(daemon->descriptors.now, &wish);
    config->connections = plan.front > 0 ? (int64_t)plan.front : 1;
    config->http_connections = plan.http;
    config->outgoing = plan.outgoing;
    int64_t held_max = config->connections - config->connections / 64 - 1;
    if (config->pulls > held_max)
        config->pulls = held_max > 0 ? held_max : 1;
}

struct daemon *daemon_new(struct config *config, char problem[512])
{
    struct daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon) {
        fail(problem, "out of memory");
        return NULL;
    }
    daemon->config = config;
    descriptors_raise(&daemon->descriptors);
    fit_connections(daemon);
    // The option was checked when it was read.
    for (size_t i = 0; i < config->trusted_proxy.count; i++)
        guard_allow(&daemon->proxies, config->trusted_proxy.items[i]);
    daemon->clean = true;
    if (open_all(daemon, problem))
        return daemon;
    daemon_free(daemon);
    return NULL;
}

// ------------------------------------------------------------------- running

static void on_stopping(void *context)
{
    struct daemon *daemon = context;
    LOG(LOG_INFO, "stopping", LOG_N("patience_ms", daemon->config->drain));
    daemon->draining = true;
    daemon->drain_end = loop_now().mono + daemon->config->drain;
    front_drain(daemon->front);
    parts_drain(daemon->parts);
}

static void on_reload(void *context)
{
    (void)context;
    LOG(LOG_INFO, "reload.ignored",
        LOG_T("why", "options are read at start; restart to change them"));
}

void daemon_run(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    LOG(LOG_INFO, "descriptors", LOG_N("limit", daemon->descriptors.now),
        LOG_N("outgoing", config->outgoing),
        LOG_N("connections", config->connections),
        LOG_N("pulls", config->pulls));
    if (!front_start(daemon->front)) {
        LOG(LOG_ERROR, "start.failed", LOG_T("why", "no thread to be had"));
        return;
    }
    LOG(LOG_INFO, "ready", LOG_T("listen", front_address(daemon->front, 0)),
        LOG_T("hub", daemon->services.hub_url),
        LOG_T("version", WEBSUBD_VERSION));
    loop_run(daemon->services.loop, on_stopping, on_reload, daemon);
    LOG(LOG_INFO, "stopped", LOG_T("clean", daemon->clean ? "yes" : "no"));
}

// What has come in since the last look at whether all is idle.
static void answer_late(struct daemon *daemon)
{
    const struct timespec moment = { .tv_nsec = 1000000 };
    if (daemon->front)
        front_end(daemon->front);
    if (daemon->http)
        http_end(daemon->http);
    while (daemon->inbox) {
        struct request *next;
        for (struct request *one = inbox_take(daemon->inbox); one; one = next) {
            next = one->link;
            request_say(one, 503, "the hub is stopping");
        }
        // One may be between libmicrohttpd's thread and the inbox.
        if (!daemon->http || http_pending(daemon->http) == 0)
            break;
        nanosleep(&moment, NULL);
    }
}

bool daemon_free(struct daemon *daemon)
{
    if (!daemon->clean) {
        // Others still hold what would be freed; the store alone must end.
        store_close(daemon->services.store);
        return false;
    }
    answer_late(daemon);
    front_close(daemon->front);
    if (daemon->http)
        http_close(daemon->http);
    engine_close(daemon->services.engine);
    store_close(daemon->services.store);
    parts_free(daemon->parts);
    inbox_free(daemon->inbox);
    loop_close(daemon->services.loop);
    free(daemon);
    return true;
}
