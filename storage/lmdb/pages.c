// SPDX-License-Identifier: MIT

#include "bodies.h"
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_SEQ = 8, // where the seq is in a key
    ID_SIZE = 16,
};

enum store_status op_read_body(struct engine_context *context,
                               struct store_read_body *op)
{
    struct update update;
    if (op->which > STORE_DELTA)
        return STORE_INVALID;
    if (!update_peek(context->txn, op->topic, op->seq, &update)
        || update.skeleton)
        return STORE_NOT_FOUND;
    uint64_t size =
        op->which == STORE_WHOLE ? update.whole_size : update.delta_size;
    if (op->which == STORE_DELTA && size == 0)
        return STORE_NOT_FOUND;
    op->content_type = arena_copy(&context->results, update.content_type);
    op->self = arena_copy(&context->results, update.self);
    op->hubs = arena_copy(&context->results, update.hubs);
    op->kind = update.kind;
    op->on_request = update.on_request;
    op->time = update.time;
    op->number = update.number;
    if (!body_read(context->txn, &context->results, op->topic, op->seq,
                   op->which, size, &op->body))
        return STORE_AGAIN;
    return STORE_OK;
}

struct brought {
    uint8_t id[ID_SIZE];
    uint64_t seq;
};

// By id, the newest update that brought it first.
static int by_id(const void *a, const void *b)
{
    const struct brought *x = a, *y = b;
    int order = memcmp(x->id, y->id, ID_SIZE);
    return order != 0 ? order : (x->seq < y->seq) - (x->seq > y->seq);
}

static void note_kind(struct store_missed *op, const struct update *update)
{
    bool entries = update->kind == STORE_UPDATE_ENTRIES;
    bool delta = update->delta_size > 0;
    op->updates++;
    op->complete = op->complete && !update->skeleton;
    op->all_cuttable = op->all_cuttable && delta;
    op->on_request = op->on_request || update->on_request;
    op->feed_level = op->feed_level || !entries;
    op->whole =
        op->whole || update->kind == STORE_UPDATE_WHOLE || (entries && !delta);
    op->links = op->links || (!entries && delta);
}

// Rows are missing only at the old end: the last one before the first that is
// there. False: there are none.
static bool leap(struct txn *txn, uint64_t topic, uint64_t *seq)
{
    struct key from;
    struct bytes key, record;
    key_two(&from, topic, *seq);
    if (!txn_seek(txn, TABLE_UPDATES, &from, &key, &record)
        || key_part(key, 0) != topic)
        return false;
    *seq = key_part(key, KEY_SEQ) - 1;
    return true;
}

// Look at the updates of the span that webhooks are owed; copy their ids if
// there is somewhere to put them.
static size_t survey(struct engine_context *context, struct store_missed *op,
                     struct brought *out)
{
    size_t count = 0;
    op->updates = 0;
    op->complete = op->all_cuttable = true;
    op->feed_level = op->on_request = op->whole = op->links = false;
    for (uint64_t seq = op->from + 1; seq <= op->to; seq++) {
        struct update update;
        if (!update_peek(context->txn, op->topic, seq, &update)) {
            op->complete = op->all_cuttable = false;
            if (!leap(context->txn, op->topic, &seq))
                break;
            continue;
        }
        if (update.baseline)
            continue;
        note_kind(op, &update);
        for (size_t i = 0; out && i < update.changed_count; i++) {
            memcpy(out[count + i].id, update.changed + i * ID_SIZE, ID_SIZE);
            out[count + i].seq = seq;
        }
        count += update.changed_count;
    }
    return count;
}

enum store_status op_missed(struct engine_context *context,
                            struct store_missed *op)
{
    struct topic topic;
    op->count = 0;
    op->ids = NULL;
    op->seqs = NULL;
    if (op->from > op->to)
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (op->to > topic.shown.head)
        return STORE_INVALID;
    size_t count = survey(context, op, NULL), unique = 0;
    struct brought *brought =
        arena_array(&context->scratch, count + 1, sizeof *brought);
    uint8_t(*ids)[ID_SIZE] =
        arena_array(&context->results, count + 1, sizeof *ids);
    uint64_t *seqs = arena_array(&context->results, count + 1, sizeof *seqs);
    if (!brought || !ids || !seqs)
        return STORE_AGAIN;
    survey(context, op, brought);
    qsort(brought, count, sizeof *brought, by_id);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && memcmp(brought[i].id, brought[i - 1].id, ID_SIZE) == 0)
            continue;
        memcpy(ids[unique], brought[i].id, ID_SIZE);
        seqs[unique++] = brought[i].seq;
    }
    op->count = unique;
    op->ids = (const uint8_t(*)[ID_SIZE])ids;
    op->seqs = seqs;
    return STORE_OK;
}

enum store_status op_walks(struct engine_context *context,
                           struct store_walks *op)
{
    struct key from;
    struct bytes key, record;
    op->count = 0;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    if (op->after == UINT64_MAX)
        return STORE_OK;
    key_one(&from, op->after + 1);
    bool more = txn_seek(context->txn, TABLE_WALKS, &from, &key, &record);
    for (; more; more = txn_next(context->txn, TABLE_WALKS, &key, &record)) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        struct store_walk *walk = &op->items[op->count++];
        walk->topic = key_part(key, 0);
        if (!walk_decode(record, walk)) {
            txn_fail(context->txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
    }
    return STORE_OK;
}
