// SPDX-License-Identifier: MIT

#include "outside.h"

#include "clock.h"
#include "config.h"
#include "fetcher/engine.h"
#include "form.h"
#include "front.h"
#include "http.h"
#include "log.h"
#include "metrics.h"
#include "storage/store.h"

#include <stdio.h>
#include <string.h>

enum {
    WRITE_MS = 30 * 1000,
    ASKING_MAX = 512, // requests of half a kilobyte, which soon are holds
    HEAD_MAX = 16 * 1024,
    BODY_MAX = 1024 * 1024,  // R7: a publish may name hundreds of URLs
    FORM_AROUND = 64 * 1024, // what a form holds beside a document
    HANDSHAKES = 256,
    WAITING_MAX = 8192,     // exchanges in the engine's queues beyond the caps
    FETCHES_PER_ORIGIN = 2, // R85
    PINGS_PER_ADDRESS = 10, // times idle-pings: many publishers share one
    PATH_SIZE = 4200,
    // Of those who parked and of those who did not; a pull has megabytes.
    ANSWERS_MAX = 256 * 1024 * 1024,
    ANSWERS_SHARE = 8, // one address has at most one byte in so many
};

static const struct answer_limits answers = { ANSWERS_MAX,
                                              ANSWERS_MAX / ANSWERS_SHARE };

static void complain(char problem[OUTSIDE_PROBLEM_MAX], const char *what,
                     const char *why)
{
    snprintf(problem, OUTSIDE_PROBLEM_MAX, "%s%s%s", what, why ? ": " : "",
             why ? why : "");
}

// On the store's thread.
static void note_commit(void *context, int64_t us)
{
    struct metrics *metrics = context;
    histogram_add(&metrics->spans[SPAN_COMMIT], us, 1);
}

static int64_t tell_time(void *context)
{
    (void)context;
    return clock_unix();
}

struct store *outside_store(const struct config *config,
                            void (*wake)(void *context), void *context,
                            struct metrics *metrics,
                            char problem[OUTSIDE_PROBLEM_MAX])
{
    char url[PATH_SIZE];
    struct problem why = { "" };
    int len = snprintf(url, sizeof url, "lmdb:%s", config->data);
    if (len >= (int)sizeof url) {
        complain(problem, "data", "the path is too long");
        return NULL;
    }
    struct store_options options = {
        .url = url,
        .map_bytes = (uint64_t)config->map_size,
        .max_topics = (uint64_t)config->max_topics,
        .max_subscriptions = (uint64_t)config->max_subscriptions,
        .max_mailboxes = (uint64_t)config->max_mailboxes,
        .pending_per_host = (uint64_t)config->pending_per_host,
        .subscriptions_per_origin = (uint64_t)config->subscriptions_per_origin,
        .wake = wake,
        .clock = tell_time,
        .context = context,
        .committed = note_commit,
        .committed_context = metrics,
    };
    struct store *store = store_open(&options, &why);
    if (store)
        clock_not_before(store_clock(store));
    else
        complain(problem, why.text, NULL);
    return store;
}

// In flight, and twice as many slow ones: who hangs is called again by the next
// publish, before it is known of him.
static uint64_t at_once(const struct config *config)
{
    return (uint64_t)(3 * config->deliveries + config->deliveries / 4 + 1
                      + config->fetches + config->verifications);
}

// Idle ones, as in engine_limits: eight times as many as deliveries at a time,
// and once as many with TLS, and half of that for fetches.
static uint64_t kept(const struct config *config)
{
    return (uint64_t)config->deliveries * 19 / 2;
}

uint64_t outside_descriptors(const struct config *config)
{
    return at_once(config) + (uint64_t)config->deliveries * 7 / 2;
}

uint64_t outside_descriptors_wanted(const struct config *config)
{
    return at_once(config) + kept(config);
}

// Where there are fewer descriptors than that, a quarter at most is for idle
// ones, if not all others have what they want.
static void fit(struct engine_limits *limits, const struct config *config)
{
    unsigned outgoing = (unsigned)config->outgoing;
    unsigned busy = outgoing - outgoing / 4;
    if (busy > at_once(config))
        busy = (unsigned)at_once(config);
    unsigned idle = outgoing - busy;
    limits->at_once = busy;
    limits->kept_tls = idle / 6 + 1;
    if (limits->kept_tls > (unsigned)config->deliveries)
        limits->kept_tls = (unsigned)config->deliveries;
    limits->kept = idle - limits->kept_tls * 3 / 2 + 1;
    if (limits->slow > limits->at_once / 4)
        limits->slow = limits->at_once / 4 + 1;
}

static struct engine_limits limits_of(const struct config *config)
{
    unsigned deliveries = (unsigned)config->deliveries;
    unsigned per_origin = (unsigned)config->deliveries_per_origin;
    struct engine_limits limits = {
        .in_flight = { [EXCHANGE_FETCH] = (unsigned)config->fetches,
                       [EXCHANGE_VERIFY] = (unsigned)config->verifications,
                       [EXCHANGE_DELIVER] = deliveries,
                       [EXCHANGE_RETRY] = deliveries / 4 + 1 },
        .per_origin = { [EXCHANGE_FETCH] = FETCHES_PER_ORIGIN,
                        [EXCHANGE_VERIFY] = (unsigned)config->verify_per_host,
                        [EXCHANGE_DELIVER] = per_origin,
                        [EXCHANGE_RETRY] = per_origin },
        .per_origin_max = (unsigned)config->deliveries_per_origin_max,
        .per_address = (unsigned)config->deliveries_per_address,
        .slow = 2 * deliveries,
        .slow_per_origin = per_origin,
        .tls_handshakes = HANDSHAKES,
        .queue_max = WAITING_MAX + 4 * (size_t)deliveries,
        .strangers = (unsigned)config->stranger_verifications,
        .stranger_fetches = PINGS_PER_ADDRESS * (unsigned)config->idle_pings,
        .kept = 8 * deliveries,
        .kept_tls = deliveries,
    };
    if (config->outgoing < outside_descriptors_wanted(config))
        fit(&limits, config);
    return limits;
}

static struct engine_allowed allowed_of(const struct config *config)
{
    const struct config_list *topic = &config->allow_topic_address;
    const struct config_list *callback = &config->allow_callback_address;
    return (struct engine_allowed){
        .topic = (const char *const *)topic->items,
        .topic_count = topic->count,
        .callback = (const char *const *)callback->items,
        .callback_count = callback->count,
    };
}

void outside_set_allowed(const struct config *config, struct engine *engine)
{
    const struct engine_allowed allowed = allowed_of(config);
    // Each was checked when it was read, and a list has no more.
    if (!engine_set_allowed(engine, &allowed))
        LOG(LOG_ERROR, "allowed.unchanged",
            LOG_T("why", "a range is not ADDRESS/BITS"));
}

struct engine *outside_engine(const struct config *config, const char *hub_url,
                              const struct front *front,
                              void (*wake)(void *context), void *context,
                              char problem[OUTSIDE_PROBLEM_MAX])
{
    const char *why = NULL;
    const char *own[FRONT_LISTENERS_MAX + FRONT_ADMIN_LISTENERS_MAX];
    size_t own_count = 0;
    char agent[512];
    // Not as the options have it: a port 0 has its number there.
    for (size_t i = 0; front_address(front, i); i++)
        own[own_count++] = front_address(front, i);
    for (size_t i = 0; front_admin_address(front, i); i++)
        own[own_count++] = front_admin_address(front, i);
    snprintf(agent, sizeof agent, "websubd/%s (+%s)", WEBSUBD_VERSION, hub_url);
    struct engine_options options = {
        .threads = (unsigned)config->network_threads,
        .limits = limits_of(config),
        .user_agent = agent,
        .dns_servers = (const char *const *)config->dns_server.items,
        .dns_server_count = config->dns_server.count,
        .allowed = allowed_of(config),
        .own = own,
        .own_count = own_count,
        .wake = wake,
        .context = context,
    };
    struct engine *engine = engine_open(&options, &why);
    if (!engine)
        complain(problem, "network", why);
    return engine;
}

void outside_set_strangers(const struct config *config, struct engine *engine)
{
    engine_set_strangers(engine, (unsigned)config->stranger_verifications,
                         PINGS_PER_ADDRESS * (unsigned)config->idle_pings);
}

// Of a form with a document: most of its bytes may be written as three.
size_t outside_document_max(const struct config *config)
{
    size_t most = 3 * (size_t)config->body_max + FORM_AROUND;
    return most < FORM_BYTES_MAX ? most : FORM_BYTES_MAX;
}

struct http *outside_http(const struct config *config,
                          const struct outside_callers *callers,
                          char problem[OUTSIDE_PROBLEM_MAX])
{
    const char *why = NULL;
    struct http_options options = {
        .connections_max = (unsigned)config->http_connections,
        .per_address = (unsigned)config->connections_per_address,
        .answers = answers,
        .idle_seconds = (unsigned)((config->idle_timeout + 999) / 1000),
        .bodies = { BODY_MAX, outside_document_max(config) },
        .documents = callers->documents,
        .document_max = callers->document_max,
        .arrived = callers->arrived,
        .unlimited = callers->unlimited,
        .context = callers->context,
    };
    struct http *http = http_open(&options, &why);
    if (!http)
        complain(problem, "http", why);
    return http;
}

// `pulls` may grow to what there is room for while the hub runs.
static unsigned parked_max(const struct config *config)
{
    return (unsigned)(config->pulls_room
                      + (config->connections - config->pulls_room) / 2);
}

struct front *outside_front(const struct config *config,
                            const struct outside_callers *callers,
                            char problem[OUTSIDE_PROBLEM_MAX])
{
    const char *why = NULL;
    char socket[PATH_SIZE];
    bool bare = !strchr(config->admin_socket, '/');
    snprintf(socket, sizeof socket, "%s%s%s", bare ? config->data : "",
             bare ? "/" : "", config->admin_socket);
    struct front_options options = {
        .listen = (const char *const *)config->listen.items,
        .listen_count = config->listen.count,
        .inherited = callers->inherited,
        .admin_listen = (const char *const *)config->admin_listen.items,
        .admin_listen_count = config->admin_listen.count,
        .admin_socket = socket,
        .limits = { .connections = (unsigned)config->connections,
                    .per_address = (unsigned)config->connections_per_address,
                    // Who is one too many is told so by hub/pull, while there
                    // is room for him to ask.
                    .parked = parked_max(config),
                    .asking = ASKING_MAX,
                    .head_ms = (unsigned)config->head_timeout,
                    .idle_ms = (unsigned)config->idle_timeout,
                    .write_ms = WRITE_MS,
                    .head_max = HEAD_MAX,
                    .body_max = BODY_MAX,
                    .answers = answers },
        .arrived = callers->arrived,
        .gone = callers->gone,
        .wake = callers->wake,
        .handed = callers->handed,
        .unlimited = callers->unlimited,
        .look = callers->look,
        .context = callers->context,
    };
    struct front *front = front_open(&options, &why);
    if (!front)
        complain(problem, "listen", why);
    return front;
}
