// SPDX-License-Identifier: MIT

#include "lagging.h"

#include "due.h"
#include "lanes.h"

#include <assert.h>
#include <string.h>

enum { LAGGING_SIZE = 128 };

// Where the key of a lagging record is.
struct spot {
    bool waiting; // in `waiting`
    int64_t due;  // else in `due` at this time; 0: nowhere
};

static struct spot spot_of(const struct lagging *lagging, bool paused)
{
    if (!lagging || lagging->due == 0 || paused)
        return (struct spot){ .due = 0 };
    if (lagging->waits)
        return (struct spot){ .waiting = true };
    return (struct spot){ .due = lagging->due };
}

static void move(struct engine_context *context,
                 const struct store_subscriber *shown, struct spot from,
                 struct spot to)
{
    struct key key;
    lane_waiting_key(&key, &shown->origin, shown->topic, shown->id);
    if (from.waiting && !to.waiting)
        txn_remove(context->txn, TABLE_WAITING, &key);
    if (to.waiting && !from.waiting) {
        txn_mark(context->txn, TABLE_WAITING, &key);
        lane_expect(context, &shown->origin);
    }
    due_move(context, work_subscription(shown->topic, shown->id), from.due,
             to.due);
}

void lagging_save(struct engine_context *context,
                  const struct store_subscriber *shown,
                  const struct lagging *old, const struct lagging *lagging)
{
    uint8_t buffer[LAGGING_SIZE];
    struct writer writer;
    struct key key;
    assert(!lagging->waits || lagging->due != 0);
    writer_init(&writer, buffer, sizeof buffer);
    lagging_encode(&writer, lagging);
    assert(!writer.failed);
    key_two(&key, shown->topic, shown->id);
    txn_put(context->txn, TABLE_LAGGING, &key, writer_bytes(&writer));
    move(context, shown, spot_of(old, shown->paused),
         spot_of(lagging, shown->paused));
}

void lagging_remove(struct engine_context *context,
                    const struct store_subscriber *shown,
                    const struct lagging *old)
{
    struct key key;
    move(context, shown, spot_of(old, shown->paused), spot_of(NULL, false));
    key_two(&key, shown->topic, shown->id);
    txn_remove(context->txn, TABLE_LAGGING, &key);
}

void lagging_pause(struct engine_context *context,
                   const struct store_subscriber *shown,
                   const struct lagging *lagging, bool paused)
{
    move(context, shown, spot_of(lagging, shown->paused),
         spot_of(lagging, paused));
}

void lagging_note(struct lagging *lagging, int64_t at, int32_t status,
                  uint32_t took_ms)
{
    size_t kept = lagging->last_count;
    if (kept == STORE_ATTEMPTS_KEPT)
        kept--;
    memmove(&lagging->last[1], &lagging->last[0], kept * sizeof *lagging->last);
    lagging->last[0] = (struct store_attempt){ at, status, took_ms };
    lagging->last_count = kept + 1;
}
