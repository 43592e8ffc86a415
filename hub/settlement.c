// SPDX-License-Identifier: MIT

#include "settlement.h"

#include "observation.h"

#include <stddef.h>

static bool is_chunked(const struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    return publish->whole.chunked > 0 || publish->delta.chunked > 0;
}

bool settlement_waits(const struct settlements *settlements,
                      const struct observation *observation)
{
    const struct observation *other = settlements->putting;
    if (!is_chunked(observation))
        return false;
    while (other && other->topic->id != observation->topic->id)
        other = other->next_putting;
    return other != NULL;
}

static void finish(struct observation *observation, const struct store_op *op)
{
    struct settlements *settlements = observation->settlements;
    struct observation **at = &settlements->putting;
    while (*at && *at != observation)
        at = &(*at)->next_putting;
    if (*at)
        *at = observation->next_putting;
    observation->settled(observation, op);
}

static void published(struct store_op *op)
{
    finish(op->context, op);
}

static void publish(struct observation *observation)
{
    observation->publish.op = (struct store_op){
        .verb = STORE_PUBLISH,
        .done = published,
        .context = observation,
    };
    store_submit(observation->settlements->store, &observation->publish.op);
}

static bool put_next(struct observation *observation);

static void chunk_put(struct store_op *op)
{
    struct observation *observation = op->context;
    if (op->status != STORE_OK)
        finish(observation, op);
    else if (!put_next(observation))
        publish(observation);
}

static void put(struct observation *observation, enum store_body which,
                const char *body, size_t len)
{
    struct store_put_chunk *chunk = &observation->chunk;
    size_t at = (size_t)chunk->index * STORE_CHUNK;
    size_t left = len - at;
    chunk->op = (struct store_op){
        .verb = STORE_PUT_CHUNK,
        .done = chunk_put,
        .context = observation,
    };
    chunk->topic = observation->topic->id;
    chunk->seq = observation->topic->head + 1;
    chunk->which = which;
    chunk->piece =
        (struct bytes){ body + at, left < STORE_CHUNK ? left : STORE_CHUNK };
    store_submit(observation->settlements->store, &chunk->op);
}

// The chunk last put says what is next: its body, its index. False: all are
// there.
static bool put_next(struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    struct store_put_chunk *chunk = &observation->chunk;
    bool began = chunk->piece.len > 0;
    bool whole =
        began ? chunk->which == STORE_WHOLE : publish->whole.chunked > 0;
    if (began)
        chunk->index++;
    if (whole) {
        if ((uint64_t)chunk->index * STORE_CHUNK < publish->whole.chunked) {
            put(observation, STORE_WHOLE, observation->exchange.response,
                (size_t)publish->whole.chunked);
            return true;
        }
        chunk->index = 0;
    }
    if ((uint64_t)chunk->index * STORE_CHUNK >= publish->delta.chunked)
        return false;
    const char *delta = publish->delivers_baseline
                            ? observation->first_entry
                            : observation->document.delta;
    put(observation, STORE_DELTA, delta, (size_t)publish->delta.chunked);
    return true;
}

void settlement_begin(struct settlements *settlements,
                      struct observation *observation,
                      void (*settled)(struct observation *observation,
                                      const struct store_op *op))
{
    observation->settlements = settlements;
    observation->settled = settled;
    observation->chunk = (struct store_put_chunk){ .index = 0 };
    if (!is_chunked(observation)) {
        publish(observation);
        return;
    }
    observation->next_putting = settlements->putting;
    settlements->putting = observation;
    if (!put_next(observation))
        publish(observation);
}
