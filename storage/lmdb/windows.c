// SPDX-License-Identifier: MIT

#include "windows.h"

#include "since.h"

// Seq of the last up to `number` of those in (low, high].
static uint64_t upto(struct txn *txn, const struct window *window, uint64_t low,
                     uint64_t high, uint64_t number)
{
    struct topic topic = { .shown = { .id = window->topic, .head = high } };
    return since_upto(txn, &topic, low, number);
}

// Of the seqs in (base, seq], those that wait.
static uint64_t visible(const struct window *window, uint64_t seq)
{
    uint64_t count = seq - window->base;
    for (size_t i = 0; i < window->hole_count; i++) {
        uint64_t to = window->holes[i].to < seq ? window->holes[i].to : seq;
        if (to > window->holes[i].from)
            count -= to - window->holes[i].from;
    }
    return count;
}

static void open_one(struct letterbox *box, const struct topic *topic,
                     uint64_t done, struct window *out)
{
    struct txn *txn = box->context->txn;
    uint64_t removed = topic->shown.removed;
    *out = (struct window){
        .topic = topic->shown.id,
        .base = done > removed ? done : removed,
        .head = topic->shown.head,
        .hole_count = box->mailbox.hole_count,
        .body_bytes = topic->shown.body_bytes,
    };
    for (size_t i = 0; i < out->hole_count; i++) {
        const struct hole *hole = &box->mailbox.holes[i];
        out->holes[i].from = upto(txn, out, out->base, out->head, hole->from);
        out->holes[i].to = upto(txn, out, out->base, out->head, hole->to);
    }
}

bool windows_open(struct letterbox *box, struct windows *out)
{
    struct engine_context *context = box->context;
    *out = (struct windows){ 0 };
    out->items = arena_array(&context->scratch, box->listens.count + 1,
                             sizeof *out->items);
    for (size_t i = 0; out->items && i < box->listens.count; i++) {
        const struct store_listen *listen = &box->listens.items[i].shown;
        struct window *window = &out->items[out->count];
        struct topic topic;
        if (listen->topic == 0)
            continue;
        if (!topic_peek(context->txn, listen->topic, &topic)) {
            txn_fail(context->txn, STORE_CORRUPT);
            return false;
        }
        open_one(box, &topic, listen->seq, window);
        if (window->base == window->head)
            continue;
        out->total += visible(window, window->head);
        out->body_bytes += window->body_bytes;
        out->count++;
    }
    return out->items && txn_ok(context->txn);
}

static uint64_t middle_of(uint64_t low, uint64_t high)
{
    return low + (high - low) / 2;
}

uint64_t windows_find(struct letterbox *box, struct windows *windows,
                      uint64_t k)
{
    struct txn *txn = box->context->txn;
    // The number is in (low, high].
    uint64_t low = 0, high = box->context->counters.event;
    for (size_t i = 0; i < windows->count; i++) {
        windows->items[i].low = windows->items[i].base;
        windows->items[i].high = windows->items[i].head;
    }
    while (high - low > 1 && txn_ok(txn)) {
        uint64_t middle = middle_of(low, high), count = 0;
        for (size_t i = 0; i < windows->count; i++) {
            struct window *w = &windows->items[i];
            count += visible(w, upto(txn, w, w->low, w->high, middle));
        }
        bool enough = count >= k;
        for (size_t i = 0; i < windows->count; i++) {
            struct window *w = &windows->items[i];
            uint64_t seq = upto(txn, w, w->low, w->high, middle);
            *(enough ? &w->high : &w->low) = seq;
        }
        *(enough ? &high : &low) = middle;
    }
    return high;
}
