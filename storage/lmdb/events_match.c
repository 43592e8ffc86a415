// SPDX-License-Identifier: MIT

#include "events.h"

#include "scan.h"

// Where a reading of prefixes begins.
static uint64_t beginning(struct engine_context *context,
                          const struct store_events *op)
{
    uint64_t head = context->counters.event;
    switch (op->since) {
    case STORE_SINCE_LATEST:
        return op->backwards ? head + 1 : head;
    case STORE_SINCE_NUMBER:
        if (op->backwards)
            return op->value <= head ? op->value : head + 1;
        return op->value < head ? op->value : head;
    case STORE_SINCE_TIME:
        return log_before(context->txn, head, op->value);
    case STORE_SINCE_EARLIEST:
    case STORE_SINCE_LAST:
        break;
    }
    return 0;
}

static struct scan_prefix *prefixes_of(struct engine_context *context,
                                       const struct store_events *op,
                                       uint64_t place)
{
    bool placed =
        !op->backwards
        && (op->since == STORE_SINCE_TIME || op->since == STORE_SINCE_NUMBER);
    struct scan_prefix *out =
        arena_array(&context->scratch, op->prefix_count, sizeof *out);
    for (size_t i = 0; out && i < op->prefix_count; i++)
        out[i] = (struct scan_prefix){
            .text = op->prefixes[i],
            .above = op->backwards ? 0 : place,
            .placed = placed,
        };
    return out;
}

static bool step(struct scan *scan, bool backwards)
{
    return backwards ? scan_back(scan) : scan_forth(scan);
}

// Everything that fits. False: a failure.
static bool tell_all(struct engine_context *context, struct store_events *op,
                     struct scan *scan)
{
    struct wish wish = events_wish(op);
    uint64_t bytes = 0, told = scan->place;
    wish.urls = true;
    while (step(scan, op->backwards) && scan->found) {
        uint64_t size = track_size(context->txn, &wish, &scan->next);
        if (op->event_count == op->limit
            || (op->event_count > 0 && bytes + size > op->max_bytes)) {
            op->more = true;
            // What lies between was looked at: only this one was not told.
            told =
                op->backwards ? scan->next.number + 1 : scan->next.number - 1;
            break;
        }
        if (!track_tell(context, &wish, &scan->next,
                        &op->items[op->event_count]))
            return false;
        scan_told(scan);
        op->event_count++;
        bytes += size;
    }
    if (!scan->found)
        told = scan->place;
    if (!scan->found && !scan->spent)
        told = op->backwards ? 1 : context->counters.event;
    op->more = op->more || scan->spent;
    op->reached = told;
    return txn_ok(context->txn);
}

enum store_status events_match(struct engine_context *context,
                               struct store_events *op)
{
    uint64_t place = beginning(context, op);
    struct scan scan = {
        .prefixes = prefixes_of(context, op, place),
        .prefix_count = op->prefix_count,
    };
    op->items = arena_array(&context->results, op->limit, sizeof *op->items);
    if (!scan.prefixes || !op->items || !scan_begin(&scan, context, place)
        || !tell_all(context, op, &scan))
        return STORE_AGAIN;
    size_t lossy = scan_losses(&scan, 0, op->reached);
    if (op->backwards)
        return STORE_OK;
    op->gaps = arena_array(&context->results, lossy + 1, sizeof *op->gaps);
    if (!op->gaps || !scan_gaps(&scan, op->gaps))
        return STORE_AGAIN;
    op->gap_count = lossy;
    return STORE_OK;
}
