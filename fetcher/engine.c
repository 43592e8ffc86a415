// SPDX-License-Identifier: MIT

#include "engine.h"

#include "engine_network.h"
#include "own.h"
#include "target.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { THREADS_MAX = 64 };

struct engine {
    size_t count;
    struct siphash_key key;
    char *user_agent, *ca_file, *dns_servers;
    struct guard_own *own;
    size_t own_count;
    struct admission admission;
    struct network networks[];
};

// curl's parsed copies of the bundle are shared by path; OpenSSL's own
// variable names another one for installations with a private authority.
static char *find_ca_file(void)
{
    const char *path = getenv("SSL_CERT_FILE");
    if (!path || !*path)
        path = curl_version_info(CURLVERSION_NOW)->cainfo;
    return strdup(path ? path : "/etc/ssl/certs/ca-certificates.crt");
}

static char *join(const char *const *parts, size_t count)
{
    size_t len = 1;
    for (size_t i = 0; i < count; i++)
        len += strlen(parts[i]) + 1;
    char *joined = malloc(len);
    char *at = joined;
    for (size_t i = 0; joined && i < count; i++) {
        size_t part = strlen(parts[i]);
        if (i > 0)
            *at++ = ',';
        memcpy(at, parts[i], part);
        at += part;
    }
    if (joined)
        *at = '\0';
    return joined;
}

static bool read_guard(struct guard *guard, const char *const *allow,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!guard_allow(guard, allow[i]))
            return false;
    return true;
}

static unsigned share(unsigned whole, size_t threads)
{
    unsigned part = (unsigned)((whole + threads - 1) / threads);
    return part > 0 ? part : 1;
}

static struct engine_limits share_limits(const struct engine_limits *whole,
                                         size_t threads)
{
    struct engine_limits part = { 0 };
    for (int c = 0; c < EXCHANGE_CLASSES; c++) {
        part.in_flight[c] = share(whole->in_flight[c], threads);
        part.per_origin[c] = share(whole->per_origin[c], 1);
    }
    part.per_origin_max = whole->per_origin_max;
    part.slow = whole->slow > 0 ? share(whole->slow, threads) : 0;
    part.at_once = whole->at_once > 0 ? share(whole->at_once, threads) : 0;
    part.kept = share(whole->kept > 0 ? whole->kept : ENGINE_KEPT, threads);
    part.kept_tls =
        share(whole->kept_tls > 0 ? whole->kept_tls : ENGINE_KEPT_TLS, threads);
    part.slow_per_origin = whole->slow_per_origin;
    part.per_address = share(whole->per_address, threads);
    part.tls_handshakes = share(whole->tls_handshakes, threads);
    part.queue_max = (whole->queue_max + threads - 1) / threads;
    return part;
}

// What all threads share; they change nothing but what is counted.
static const char *open_shared(struct engine *engine,
                               const struct engine_options *options)
{
    engine->user_agent = strdup(options->user_agent);
    engine->ca_file = find_ca_file();
    if (options->dns_server_count > 0)
        engine->dns_servers =
            join(options->dns_servers, options->dns_server_count);
    if (!admission_open(&engine->admission, &options->limits)
        || !engine->user_agent || !engine->ca_file
        || (options->dns_server_count > 0 && !engine->dns_servers))
        return "out of memory";
    if (getrandom(&engine->key, sizeof engine->key, 0)
        != (ssize_t)sizeof engine->key)
        return "no random bytes";
    return NULL;
}

static bool read_guards(const struct engine *engine,
                        const struct engine_allowed *allowed,
                        struct network_guards *guards)
{
    guards->topic = guards->callback =
        (struct guard){ .own = engine->own, .own_count = engine->own_count };
    return read_guard(&guards->topic, allowed->topic, allowed->topic_count)
           && read_guard(&guards->callback, allowed->callback,
                         allowed->callback_count);
}

static const char *open_guards(struct engine *engine,
                               const struct engine_options *options,
                               struct network_guards *guards)
{
    if (!own_read(options->own, options->own_count, &engine->own,
                  &engine->own_count))
        return "the addresses of this machine are not known";
    if (!read_guards(engine, &options->allowed, guards))
        return "an allowed range is not ADDRESS/BITS, or there are too many";
    return NULL;
}

static const char *open_all(struct engine *engine,
                            const struct engine_options *options)
{
    struct network_guards guards;
    const char *problem = open_shared(engine, options);
    if (!problem)
        problem = open_guards(engine, options, &guards);
    if (problem)
        return problem;
    struct network_options network_options = {
        .limits = share_limits(&options->limits, options->threads),
        .key = engine->key,
        .dns_servers = engine->dns_servers,
    };
    for (size_t i = 0; i < options->threads; i++) {
        struct network *network = &engine->networks[i];
        network->user_agent = engine->user_agent;
        network->ca_file = engine->ca_file;
        network->wake = options->wake;
        network->context = options->context;
        network->admission = &engine->admission;
        network->guards = guards;
        engine->count++;
        if (!network_open(network, &network_options, &problem))
            return problem;
    }
    return NULL;
}

struct engine *engine_open(const struct engine_options *options,
                           const char **problem)
{
    assert(options->threads >= 1 && options->threads <= THREADS_MAX);
    assert(options->wake);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        *problem = "libcurl does not start";
        return NULL;
    }
    struct engine *engine =
        calloc(1, sizeof *engine + options->threads * sizeof(struct network));
    *problem = engine ? open_all(engine, options) : "out of memory";
    if (!*problem)
        return engine;
    engine_close(engine);
    return NULL;
}

void engine_close(struct engine *engine)
{
    if (!engine)
        return;
    for (size_t i = 0; i < engine->count; i++)
        network_close(&engine->networks[i]);
    free(engine->user_agent);
    free(engine->ca_file);
    free(engine->dns_servers);
    free(engine->own);
    admission_close(&engine->admission);
    free(engine);
    curl_global_cleanup();
}

// By the origin, so that its queue and its connections are in one place. What
// has none is refused by whichever it comes to.
static struct network *network_of(struct engine *engine, const char *url)
{
    struct target target;
    if (engine->count <= 1 || !target_read(url, &target))
        return &engine->networks[0];
    return &engine
                ->networks[target_hash(&target, &engine->key) % engine->count];
}

void engine_submit(struct engine *engine, struct exchange *exchange)
{
    assert(exchange->class < EXCHANGE_CLASSES);
    assert(exchange->header_count <= EXCHANGE_HEADERS_MAX);
    struct network *network = network_of(engine, exchange->url);
    exchange_clear(exchange);
    exchange->transfer = NULL;
    atomic_store_explicit(&exchange->phase, PHASE_WAITING,
                          memory_order_relaxed);
    exchanges_add(&network->pending, exchange);
    atomic_fetch_add_explicit(&network->numbers.submitted[exchange->class], 1,
                              memory_order_relaxed);
}

void engine_flush(struct engine *engine)
{
    for (size_t i = 0; i < engine->count; i++) {
        struct network *network = &engine->networks[i];
        if (!network->pending.first)
            continue;
        pthread_mutex_lock(&network->lock);
        exchanges_move(&network->inbox, &network->pending);
        pthread_mutex_unlock(&network->lock);
        uv_async_send(&network->knock);
    }
}

void engine_cancel(struct engine *engine, struct exchange *exchange)
{
    int expected = PHASE_WAITING;
    if (!atomic_compare_exchange_strong(&exchange->phase, &expected,
                                        PHASE_CANCELLED))
        return;
    engine_flush(engine);
    struct network *network = network_of(engine, exchange->url);
    atomic_store(&network->sweep, true);
    uv_async_send(&network->knock);
}

bool engine_set_allowed(struct engine *engine,
                        const struct engine_allowed *allowed)
{
    struct network_guards guards;
    if (!read_guards(engine, allowed, &guards))
        return false;
    for (size_t i = 0; i < engine->count; i++) {
        struct network *network = &engine->networks[i];
        pthread_mutex_lock(&network->lock);
        network->next_guards = guards;
        network->guards_changed = true;
        pthread_mutex_unlock(&network->lock);
        uv_async_send(&network->knock);
    }
    return true;
}

void engine_set_strangers(struct engine *engine, unsigned strangers,
                          unsigned stranger_fetches)
{
    admission_set(&engine->admission, strangers, stranger_fetches);
}

void engine_vouch(struct engine *engine, const struct exchange *exchange)
{
    struct address address;
    assert(exchange->result == EXCHANGE_ANSWERED && !exchange->judge_only);
    memcpy(address.bytes, exchange->address, sizeof address.bytes);
    admission_vouch(&engine->admission, &address,
                    (int64_t)(uv_hrtime() / 1000000));
}

struct exchange *engine_take(struct engine *engine)
{
    struct exchanges taken;
    exchanges_init(&taken);
    for (size_t i = 0; i < engine->count; i++) {
        struct network *network = &engine->networks[i];
        pthread_mutex_lock(&network->lock);
        exchanges_move(&taken, &network->outbox);
        pthread_mutex_unlock(&network->lock);
    }
    return taken.first;
}

void engine_numbers(struct engine *engine, struct engine_numbers *out)
{
    *out = (struct engine_numbers){ 0 };
    for (size_t i = 0; i < engine->count; i++) {
        struct network_numbers *numbers = &engine->networks[i].numbers;
        out->connections += atomic_load(&numbers->connections);
        out->refused += atomic_load(&numbers->refused);
        out->lookups += atomic_load(&numbers->lookups);
        out->cut += atomic_load(&numbers->cut);
        for (int c = 0; c < EXCHANGE_CLASSES; c++) {
            // In this order what is under way is never counted as queued.
            uint64_t ended = atomic_load(&numbers->ended[c]);
            uint64_t running = atomic_load(&numbers->in_flight[c]);
            uint64_t slow = atomic_load(&numbers->slow[c]);
            uint64_t submitted = atomic_load(&numbers->submitted[c]);
            out->started[c] += atomic_load(&numbers->started[c]);
            out->ended[c] += ended;
            out->in_flight[c] += running;
            out->slow += slow;
            uint64_t gone = ended + running + slow;
            out->queued[c] += submitted > gone ? submitted - gone : 0;
        }
    }
}
