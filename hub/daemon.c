// SPDX-License-Identifier: MIT

#include "daemon.h"

#include "closing.h"
#include "config.h"
#include "descriptors.h"
#include "fetcher/engine.h"
#include "front.h"
#include "health.h"
#include "http.h"
#include "inbox.h"
#include "keyring.h"
#include "literal.h"
#include "live.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "notify.h"
#include "outside.h"
#include "parts.h"
#include "proxies.h"
#include "reload.h"
#include "request.h"
#include "rules.h"
#include "services.h"
#include "steering.h"
#include "storage/store.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct daemon {
    struct config *config;
    const struct inherit *inherited;
    struct notify *notify;
    struct services services;
    struct metrics metrics;
    struct descriptors descriptors;
    struct proxies proxies;     // trusted ones
    atomic_size_t document_max; // for http
    struct inbox *inbox;
    struct front *front;
    struct http *http;
    struct parts *parts;
    struct closing closing;
    bool clean; // nobody holds anything of it any more
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
    if (health_answered(loop_stuck_ms(daemon->services.loop), request))
        return;
    inbox_put(daemon->inbox, request);
}

static void on_gone(void *context, struct request *request)
{
    struct daemon *daemon = context;
    (void)request; // the step asks front who it was
    loop_wake(daemon->services.loop);
}

static void on_handed(void *context, int fd, const struct sockaddr *address,
                      enum door door)
{
    struct daemon *daemon = context;
    http_adopt(daemon->http, fd, address, door);
}

static bool on_unlimited(void *context, const struct sockaddr *address)
{
    struct daemon *daemon = context;
    return proxies_have(&daemon->proxies, address);
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
    if (config->public_url[0] == '\0' && !literal_is_loopback(address)) {
        snprintf(problem, 512,
                 "%s can be reached from outside, so public-url must say what "
                 "the hub is called there",
                 address);
        return false;
    }
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
    struct closing *closing = &daemon->closing;
    const struct source sources[] = {
        { "closing", closing, closing_step, closing_patience },
        { "watchdog", daemon->notify, notify_step, notify_patience },
    };
    daemon->parts = parts_new(&means);
    if (!daemon->parts)
        return false;
    *closing = (struct closing){
        .services = &daemon->services,
        .front = daemon->front,
        .http = daemon->http,
        .parts = daemon->parts,
        .notify = daemon->notify,
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        loop_add(daemon->services.loop, &sources[i]);
    return true;
}

// What operators want, from the configuration and from the store.
static bool take_rules(struct daemon *daemon, char problem[512])
{
    struct services *services = &daemon->services;
    services->rules = rules_new();
    services->keyring = keyring_new();
    if (!services->rules || !services->keyring
        || !rules_configure(services->rules, services->config)
        || !keyring_configure(services->keyring, services->config))
        return fail(problem, "out of memory");
    return steering_recall(services, problem);
}

static bool open_outside(struct daemon *daemon, char problem[512])
{
    struct services *services = &daemon->services;
    const struct config *config = daemon->config;
    services->store =
        outside_store(config, wake, services->loop, services->metrics, problem);
    if (!services->store || !take_rules(daemon, problem))
        return false;
    const struct outside_callers callers = {
        on_arrived,
        on_gone,
        on_handed,
        on_unlimited,
        on_look,
        on_news,
        daemon,
        daemon->inherited,
        keyring_in_use(services->keyring),
        &daemon->document_max,
    };
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
    config->pulls_room = held_max > 0 ? held_max : 1;
}

// What of the options is not read by parts.h, where it is needed.
static void on_options(void *context)
{
    struct daemon *daemon = context;
    const struct config *config = daemon->config;
    const struct store_limits limits = {
        .max_topics = (uint64_t)config->max_topics,
        .max_subscriptions = (uint64_t)config->max_subscriptions,
        .pending_per_host = (uint64_t)config->pending_per_host,
        .subscriptions_per_origin = (uint64_t)config->subscriptions_per_origin,
        .max_mailboxes = (uint64_t)config->max_mailboxes,
    };
    log_change((enum log_level)config->log_level, config->log_json);
    if (daemon->services.store)
        store_limits(daemon->services.store, &limits);
    if (daemon->services.engine)
        outside_set_allowed(config, daemon->services.engine);
    proxies_set(&daemon->proxies, &config->trusted_proxy);
    atomic_store(&daemon->document_max, outside_document_max(config));
}

static bool make_live(struct daemon *daemon, const struct daemon_means *means)
{
    struct services *services = &daemon->services;
    services->live = live_new(daemon->config);
    services->reload = services->live
                           ? reload_new(services->live, means->notify,
                                        means->argc, means->argv)
                           : NULL;
    if (services->reload)
        live_listen(services->live, on_options, daemon);
    return services->reload != NULL;
}

struct daemon *daemon_new(const struct daemon_means *means, char problem[512])
{
    struct daemon *daemon = calloc(1, sizeof *daemon);
    if (!daemon) {
        fail(problem, "out of memory");
        return NULL;
    }
    struct config *config = means->config;
    daemon->config = config;
    daemon->inherited = means->inherited;
    daemon->notify = means->notify;
    daemon->clean = true;
    proxies_init(&daemon->proxies);
    if (!make_live(daemon, means)) {
        fail(problem, "out of memory");
        daemon_free(daemon);
        return NULL;
    }
    descriptors_raise(&daemon->descriptors);
    fit_connections(daemon);
    proxies_set(&daemon->proxies, &config->trusted_proxy);
    atomic_init(&daemon->document_max, outside_document_max(config));
    if (open_all(daemon, problem))
        return daemon;
    daemon_free(daemon);
    return NULL;
}

// ------------------------------------------------------------------- running

static void on_stopping(void *context)
{
    struct daemon *daemon = context;
    daemon->clean = false;
    closing_begin(&daemon->closing, loop_now());
}

static void on_reload(void *context)
{
    const struct daemon *daemon = context;
    struct reload_report report;
    reload_run(daemon->services.reload, "signal", &report);
}

// Tokens travel there as they are: beyond this machine only within TLS.
static void tell_admin_listeners(const struct daemon *daemon)
{
    const char *address;
    for (size_t i = 0; (address = front_admin_address(daemon->front, i)); i++) {
        LOG(LOG_INFO, "admin.listening", LOG_T("listen", address));
        if (!literal_is_loopback(address))
            LOG(LOG_WARN, "admin.exposed", LOG_T("listen", address),
                LOG_T("why", "others can reach it, and tokens travel without "
                             "TLS: listen at 127.0.0.1 behind a proxy"));
    }
}

void daemon_run(struct daemon *daemon)
{
    const struct config *config = daemon->config;
    LOG(LOG_INFO, "descriptors", LOG_N("limit", daemon->descriptors.now),
        LOG_N("outgoing", config->outgoing),
        LOG_N("connections", config->connections),
        LOG_N("pulls", config->pulls < config->pulls_room
                           ? config->pulls
                           : config->pulls_room));
    if (!front_start(daemon->front)) {
        LOG(LOG_ERROR, "start.failed", LOG_T("why", "no thread to be had"));
        return;
    }
    tell_admin_listeners(daemon);
    LOG(LOG_INFO, "ready", LOG_T("listen", front_address(daemon->front, 0)),
        LOG_T("hub", daemon->services.hub_url),
        LOG_T("version", WEBSUBD_VERSION));
    notify_ready(daemon->notify, "serving");
    loop_run(daemon->services.loop, on_stopping, on_reload, daemon);
    daemon->clean = daemon->closing.clean;
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
    rules_free(daemon->services.rules);
    keyring_free(daemon->services.keyring);
    reload_free(daemon->services.reload);
    live_free(daemon->services.live);
    proxies_clear(&daemon->proxies);
    free(daemon);
    return true;
}
