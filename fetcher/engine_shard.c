// SPDX-License-Identifier: MIT

#include "engine_shard.h"

#include "engine_easy.h"
#include "engine_leans.h"
#include "engine_network.h"
#include "engine_transfer.h"

#include <assert.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    KEPT_MIN = 8,
    IDLE_MS = 90000,
};

static int64_t now_us(void)
{
    return (int64_t)(uv_hrtime() / 1000);
}

// curl's times are whole milliseconds and it does not repeat a call that came
// a moment early: hence one more.
static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct shard *shard = context;
    if (timeout_ms < 0)
        shard->deadline_us = 0;
    else if (timeout_ms == 0)
        shard->deadline_us = 1; // long ago
    else
        shard->deadline_us = now_us() + ((int64_t)timeout_ms + 1) * 1000;
    return 0;
}

static int on_interest(CURL *handle, curl_socket_t fd, int what, void *context,
                       void *unused)
{
    (void)handle;
    (void)unused;
    struct shard *shard = context;
    struct watches *watches = &shard->network->watches;
    if (!watch_of(watches, fd))
        return 0;
    if (what == CURL_POLL_REMOVE) {
        watch_rest(watches, fd);
        return 0;
    }
    uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0)
                      | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    return watch_for(watches, fd, events) ? 0 : -1;
}

void shards_init(struct network *network)
{
    unsigned all = network->limits.kept_tls;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        struct shard *shard = &network->shards[i];
        shard->network = network;
        shard->kept = all / 2 / SHARD_COUNT;
        if (i < SHARD_HTTPS_COUNT) // they are https's too
            shard->kept += all / SHARD_HTTPS_COUNT;
        if (shard->kept < KEPT_MIN)
            shard->kept = KEPT_MIN;
    }
}

static bool shard_open(struct shard *shard)
{
    CURLM *multi = curl_multi_init();
    if (!multi)
        return false;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_interest);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)shard->kept);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    shard->multi = multi;
    network_keep(shard->network);
    return true;
}

struct shard *shard_of(struct network *network, const struct origin *origin)
{
    // The low bits may have chosen the thread already.
    uint64_t hash = origin->hash >> 32;
    uint64_t count = origin->https ? SHARD_HTTPS_COUNT : SHARD_COUNT;
    return &network->shards[hash % count];
}

bool shard_is_full(const struct shard *shard)
{
    return shard->connections >= shard->kept;
}

bool shards_crowded(const struct origin *origin)
{
    return origin->https
           && shard_is_full(shard_of(origin->table->network, origin));
}

bool shard_start(struct shard *shard, struct transfer *transfer)
{
    if (!shard->multi && !shard_open(shard))
        return false;
    if (curl_multi_add_handle(shard->multi, easy_handle(transfer->easy))
        != CURLM_OK)
        return false;
    transfer->shard = shard;
    shard->running++;
    shard->used_ms = shard->network->now_ms;
    return true;
}

void shard_stop(struct shard *shard, struct transfer *transfer)
{
    curl_multi_remove_handle(shard->multi, easy_handle(transfer->easy));
    transfer->shard = NULL;
    shard->running--;
}

void shard_event(struct network *network, int fd, uint32_t events)
{
    struct watch *watch = watch_of(&network->watches, fd);
    if (!watch->wanted) {
        watch_mute(&network->watches, fd);
        return;
    }
    struct shard *shard = watch->owner;
    int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0)
               | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0)
               | (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;
    curl_multi_socket_action(shard->multi, fd, what, &running);
    shard->touched = true;
}

static bool run_due(struct shard *shard, int64_t now)
{
    if (shard->deadline_us == 0 || shard->deadline_us > now)
        return false;
    // Before the call, which may set a new one.
    shard->deadline_us = 0;
    int running;
    curl_multi_socket_action(shard->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    shard->touched = true;
    long again_ms = -1;
    if (shard->deadline_us == 0
        && curl_multi_timeout(shard->multi, &again_ms) == CURLM_OK
        && again_ms >= 0)
        on_timer(shard->multi, again_ms, shard);
    return true;
}

bool shards_run_due(struct network *network)
{
    bool any = false;
    int64_t now = now_us();
    for (size_t i = 0; i < SHARD_COUNT; i++)
        any = run_due(&network->shards[i], now) || any;
    return any;
}

static bool reap(struct shard *shard)
{
    bool any = false;
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(shard->multi, &left))) {
        char *context = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        struct transfer *transfer = (struct transfer *)(void *)context;
        shard_stop(shard, transfer);
        transfer_finished(transfer, easy_result(transfer, (int)code),
                          easy_failed_to_connect(transfer, (int)code));
        any = true;
    }
    return any;
}

bool shards_reap(struct network *network)
{
    bool any = false;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        struct shard *shard = &network->shards[i];
        if (!shard->touched)
            continue;
        shard->touched = false;
        any = reap(shard) || any;
    }
    return any;
}

int64_t shards_patience_us(const struct network *network)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        int64_t deadline = network->shards[i].deadline_us;
        if (deadline != 0 && deadline < first)
            first = deadline;
    }
    if (first == INT64_MAX)
        return first;
    int64_t left = first - now_us();
    return left > 0 ? left : 0;
}

static void shard_close(struct shard *shard)
{
    if (shard->multi)
        curl_multi_cleanup(shard->multi);
    shard->multi = NULL;
    shard->deadline_us = 0;
}

// curl itself closes idle connections only while it makes new ones.
bool shards_tidy(struct network *network, int64_t now_ms)
{
    bool left = false;
    for (size_t i = 0; i < SHARD_COUNT; i++) {
        struct shard *shard = &network->shards[i];
        if (shard->running == 0 && now_ms - shard->used_ms >= IDLE_MS)
            shard_close(shard);
        left = left || shard->multi;
    }
    return left;
}

void shards_close(struct network *network)
{
    for (size_t i = 0; i < SHARD_COUNT; i++)
        shard_close(&network->shards[i]);
}

int shard_socket(struct transfer *transfer, int family)
{
    struct network *network = transfer->network;
    int fd = leans_socket(transfer, family);
    if (fd < 0)
        return -1;
    struct watch *watch = watch_open(&network->watches, fd);
    if (!watch) {
        close(fd);
        return -1;
    }
    struct shard *shard = shard_of(network, transfer->origin);
    watch->kind = WATCH_SHARD;
    watch->owner = shard;
    watch->origin = transfer->origin;
    watch->origin->connections++;
    shard->connections++;
    atomic_fetch_add_explicit(&network->numbers.connections, 1,
                              memory_order_relaxed);
    return fd;
}

int shard_close_socket(void *context, int fd)
{
    struct network *network = context;
    struct watch *watch = watch_of(&network->watches, fd);
    if (watch) {
        struct shard *shard = watch->owner;
        shard->connections--;
        watch->origin->connections--;
        origin_settle(watch->origin);
        watch_close(&network->watches, fd);
    }
    return close(fd);
}
