// SPDX-License-Identifier: MIT

#include "fill.h"

#include "callbacks.h"
#include "fetcher/url.h"
#include "storage/store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    BLOCK = STORE_BATCH_MAX,
    PATIENCE_MS = 60000,
    HOLD_MS = 600000,
    ADDRESSES = 200, // of callbacks that are spread
};

static const uint64_t map_bytes = UINT64_C(64) << 30; // as the daemon's
static const int64_t day_ms = 24 * 60 * 60 * 1000;

struct request {
    struct fill_subscriber subscriber;
    struct url topic, callback;
    struct store_take take;
    struct store_settle settle;
};

struct filling {
    struct store *store;
    int wake; // eventfd
    size_t under_way;
    bool good;
    struct request requests[BLOCK];
    size_t count;
};

static void wake(void *context)
{
    const struct filling *filling = context;
    eventfd_write(filling->wake, 1);
}

static void finished(struct store_op *op)
{
    struct filling *filling = op->context;
    filling->under_way--;
    if (op->status != STORE_OK)
        filling->good = false;
}

static void submit(struct filling *filling, struct store_op *op)
{
    op->done = finished;
    op->context = filling;
    filling->under_way++;
    store_submit(filling->store, op);
}

static bool finish_all(struct filling *filling)
{
    struct pollfd woken = { .fd = filling->wake, .events = POLLIN };
    eventfd_t forgotten;
    while (filling->under_way > 0) {
        if (poll(&woken, 1, PATIENCE_MS) != 1)
            return false;
        eventfd_read(filling->wake, &forgotten);
        while (store_step(filling->store, BLOCK) == BLOCK)
            ;
    }
    return filling->good;
}

static bool read_urls(struct request *request)
{
    const struct fill_subscriber *from = &request->subscriber;
    return url_read(from->topic, strlen(from->topic), &request->topic) == NULL
           && url_read(from->callback, strlen(from->callback),
                       &request->callback)
                  == NULL;
}

static void take(struct filling *filling, struct request *request)
{
    const struct url *topic = &request->topic, *callback = &request->callback;
    const char *secret = request->subscriber.secret;
    struct store_request record = {
        .mode = STORE_SUBSCRIBE,
        .topic = { topic->text, topic->len },
        .callback = { callback->text, callback->len },
        .topic_normal = { topic->normal, topic->normal_len },
        .lease = 10 * day_ms,
        .deadline = day_ms,
        .profile = { .secret = { secret, strlen(secret) },
                     .method = STORE_SHA256 },
    };
    url_key(topic, record.topic_key.bytes);
    url_key(callback, record.callback_key.bytes);
    url_origin_key(callback, record.origin.bytes);
    request->take =
        (struct store_take){ .op.verb = STORE_TAKE, .request = record };
    submit(filling, &request->take.op);
}

static bool take_block(struct filling *filling, const struct fill *fill)
{
    filling->count = 0;
    while (filling->count < BLOCK) {
        struct request *request = &filling->requests[filling->count];
        if (!fill->next(fill->context, &request->subscriber))
            break;
        if (!read_urls(request))
            return false;
        take(filling, request);
        filling->count++;
    }
    return finish_all(filling);
}

static bool settle_block(struct filling *filling)
{
    int64_t now = store_clock(filling->store);
    struct store_claim claim = { .op.verb = STORE_CLAIM,
                                 .kind = STORE_DUE_VERIFY,
                                 .max = BLOCK,
                                 .hold_ms = HOLD_MS };
    submit(filling, &claim.op);
    bool good = finish_all(filling) && claim.count == filling->count;
    for (size_t i = 0; good && i < claim.count; i++) {
        struct store_settle *settle = &filling->requests[i].settle;
        *settle =
            (struct store_settle){ .op.verb = STORE_SETTLE,
                                   .request = claim.items[i].request.id,
                                   .token = claim.items[i].token,
                                   .verdict = STORE_VERIFIED,
                                   .sent_at = now,
                                   .lease = claim.items[i].request.lease };
        submit(filling, &settle->op);
    }
    good = finish_all(filling) && good;
    store_release(&claim.op);
    return good;
}

static bool fill_all(struct filling *filling, const struct fill *fill)
{
    filling->good = true;
    do {
        if (!take_block(filling, fill)
            || (filling->count > 0 && !settle_block(filling)))
            return false;
    } while (filling->count == BLOCK);
    return true;
}

bool fill_store(const char *directory, const struct fill *fill,
                const char **problem)
{
    static struct problem why;
    char url[512];
    snprintf(url, sizeof url, "lmdb:%s", directory);
    *problem = "out of memory";
    struct filling *filling = calloc(1, sizeof *filling);
    if (filling == NULL)
        return false;
    filling->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct store_options options = {
        .url = url, .map_bytes = map_bytes, .wake = wake, .context = filling
    };
    filling->store = store_open(&options, &why);
    bool good = filling->store != NULL;
    *problem = why.text;
    if (good) {
        *problem = "the store could not be filled";
        good = fill_all(filling, fill);
    }
    store_close(filling->store);
    close(filling->wake);
    free(filling);
    return good;
}

void fill_spread(uint64_t number, uint64_t topics, int port, bool secret,
                 struct fill_subscriber *out)
{
    uint32_t at = callbacks_address((size_t)number % ADDRESSES);
    snprintf(out->topic, FILL_URL_MAX, "http://127.0.0.1:%d/feed/%lu", port,
             (unsigned long)(number % topics));
    snprintf(out->callback, FILL_URL_MAX, "http://%u.%u.%u.%u:%d/cb/%lu",
             at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255, port,
             (unsigned long)number);
    out->secret[0] = '\0';
    if (secret)
        snprintf(out->secret, FILL_SECRET_MAX, "secret-of-subscriber-%lu",
                 (unsigned long)number);
}
