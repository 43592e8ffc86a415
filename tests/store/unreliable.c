// SPDX-License-Identifier: MIT

#include "unreliable.h"

#include "chance.h"
#include "storage/mailbox.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 256, DELAY_STEPS = 6 };

enum phase { PHASE_FREE, PHASE_GOING, PHASE_IN_STORE, PHASE_COMING };
enum fate { FATE_KNOWN, FATE_LOST_BEFORE, FATE_LOST_AFTER };

union any_op {
    struct store_op op;
    struct store_take take;
    struct store_claim claim;
    struct store_release_claim release;
    struct store_settle settle;
    struct store_ping ping;
    struct store_topics topics;
    struct store_page_topics page_topics;
    struct store_read_entries read_entries;
    struct store_put_chunk put_chunk;
    struct store_publish publish;
    struct store_read_body read_body;
    struct store_missed missed;
    struct store_page_subscribers page_subscribers;
    struct store_checkpoint checkpoint;
    struct store_record record;
    struct store_walks walks;
    struct store_events events;
    struct store_follow follow;
    struct store_expire expire;
    struct store_trim trim;
    struct store_remove remove;
    struct store_tell tell;
    struct store_choose choose;
    struct store_find find;
    struct store_stats stats;
    struct store_claim_lane claim_lane;
    struct store_keep_lane keep_lane;
    struct store_page_lanes page_lanes;
    struct store_page_lagging page_lagging;
    struct store_pause pause;
    struct store_resend resend;
    struct store_request_status status;
    struct store_put_mailbox put_mailbox;
    struct store_listen_op listen;
    struct store_read_mailbox read_mailbox;
    struct store_page_mailboxes page_mailboxes;
    struct store_remove_mailbox remove_mailbox;
    struct store_touch_mailbox touch_mailbox;
    struct store_collect collect;
    struct store_mark_letters mark_letters;
    struct store_seek seek;
    struct store_expire_mailboxes expire_mailboxes;
    struct store_put_token put_token;
    struct store_find_token find_token;
    struct store_remove_token remove_token;
    struct store_page_tokens page_tokens;
};

struct slot {
    struct unreliable *owner;
    struct store_op *op;
    enum phase phase;
    enum fate fate;
    unsigned delay;
    void (*done)(struct store_op *op);
    void *context;
    union any_op before; // to take back what a lost answer said
};

struct unreliable {
    struct store *store;
    struct chance chance;
    unsigned percent;
    size_t lost;
    struct slot slots[SLOTS];
};

static size_t size_of(enum store_verb verb)
{
    static const size_t sizes[] = {
        [STORE_TAKE] = sizeof(struct store_take),
        [STORE_CLAIM] = sizeof(struct store_claim),
        [STORE_RELEASE] = sizeof(struct store_release_claim),
        [STORE_SETTLE] = sizeof(struct store_settle),
        [STORE_PING] = sizeof(struct store_ping),
        [STORE_TOPICS] = sizeof(struct store_topics),
        [STORE_PAGE_TOPICS] = sizeof(struct store_page_topics),
        [STORE_READ_ENTRIES] = sizeof(struct store_read_entries),
        [STORE_PUT_CHUNK] = sizeof(struct store_put_chunk),
        [STORE_PUBLISH] = sizeof(struct store_publish),
        [STORE_READ_BODY] = sizeof(struct store_read_body),
        [STORE_MISSED] = sizeof(struct store_missed),
        [STORE_PAGE_SUBSCRIBERS] = sizeof(struct store_page_subscribers),
        [STORE_CHECKPOINT] = sizeof(struct store_checkpoint),
        [STORE_RECORD] = sizeof(struct store_record),
        [STORE_WALKS] = sizeof(struct store_walks),
        [STORE_EVENTS] = sizeof(struct store_events),
        [STORE_FOLLOW] = sizeof(struct store_follow),
        [STORE_EXPIRE] = sizeof(struct store_expire),
        [STORE_TRIM] = sizeof(struct store_trim),
        [STORE_REMOVE] = sizeof(struct store_remove),
        [STORE_TELL] = sizeof(struct store_tell),
        [STORE_FIND] = sizeof(struct store_find),
        [STORE_STATS] = sizeof(struct store_stats),
        [STORE_CHOOSE] = sizeof(struct store_choose),
        [STORE_CLAIM_LANE] = sizeof(struct store_claim_lane),
        [STORE_KEEP_LANE] = sizeof(struct store_keep_lane),
        [STORE_PAGE_LANES] = sizeof(struct store_page_lanes),
        [STORE_PAGE_LAGGING] = sizeof(struct store_page_lagging),
        [STORE_PAUSE] = sizeof(struct store_pause),
        [STORE_RESEND] = sizeof(struct store_resend),
        [STORE_STATUS] = sizeof(struct store_request_status),
        [STORE_PUT_MAILBOX] = sizeof(struct store_put_mailbox),
        [STORE_LISTEN] = sizeof(struct store_listen_op),
        [STORE_READ_MAILBOX] = sizeof(struct store_read_mailbox),
        [STORE_PAGE_MAILBOXES] = sizeof(struct store_page_mailboxes),
        [STORE_REMOVE_MAILBOX] = sizeof(struct store_remove_mailbox),
        [STORE_TOUCH_MAILBOX] = sizeof(struct store_touch_mailbox),
        [STORE_COLLECT] = sizeof(struct store_collect),
        [STORE_MARK_LETTERS] = sizeof(struct store_mark_letters),
        [STORE_SEEK] = sizeof(struct store_seek),
        [STORE_EXPIRE_MAILBOXES] = sizeof(struct store_expire_mailboxes),
        [STORE_PUT_TOKEN] = sizeof(struct store_put_token),
        [STORE_FIND_TOKEN] = sizeof(struct store_find_token),
        [STORE_REMOVE_TOKEN] = sizeof(struct store_remove_token),
        [STORE_PAGE_TOKENS] = sizeof(struct store_page_tokens),
    };
    assert(verb > 0 && (size_t)verb < sizeof sizes / sizeof *sizes);
    return sizes[verb];
}

struct unreliable *unreliable_new(struct store *store, uint64_t seed,
                                  unsigned lost)
{
    struct unreliable *unreliable = calloc(1, sizeof *unreliable);
    assert_non_null(unreliable);
    unreliable->store = store;
    unreliable->chance = chance_from(seed);
    unreliable->percent = lost;
    return unreliable;
}

void unreliable_free(struct unreliable *unreliable)
{
    free(unreliable);
}

static enum fate draw_fate(struct unreliable *unreliable)
{
    if (chance_below(&unreliable->chance, 100) >= unreliable->percent)
        return FATE_KNOWN;
    return chance_below(&unreliable->chance, 2) ? FATE_LOST_BEFORE
                                                : FATE_LOST_AFTER;
}

static unsigned draw_delay(struct unreliable *unreliable)
{
    return (unsigned)chance_below(&unreliable->chance, DELAY_STEPS);
}

void unreliable_submit(struct unreliable *unreliable, struct store_op *op)
{
    struct slot *slot = unreliable->slots;
    while (slot < unreliable->slots + SLOTS && slot->phase != PHASE_FREE)
        slot++;
    assert(slot < unreliable->slots + SLOTS);
    *slot = (struct slot){
        .owner = unreliable,
        .op = op,
        .phase = PHASE_GOING,
        .fate = draw_fate(unreliable),
        .delay = draw_delay(unreliable),
        .done = op->done,
        .context = op->context,
    };
    memcpy(&slot->before, op, size_of(op->verb));
}

static void answered(struct store_op *op)
{
    struct slot *slot = op->context;
    if (slot->fate == FATE_LOST_AFTER) {
        store_release(op);
        memcpy(op, &slot->before, size_of(op->verb));
        op->status = STORE_UNKNOWN;
    }
    slot->phase = PHASE_COMING;
    slot->delay = draw_delay(slot->owner);
}

static void go(struct slot *slot)
{
    if (slot->fate == FATE_LOST_BEFORE) {
        slot->op->status = STORE_UNKNOWN;
        slot->phase = PHASE_COMING;
        return;
    }
    slot->phase = PHASE_IN_STORE;
    slot->op->done = answered;
    slot->op->context = slot;
    store_submit(slot->owner->store, slot->op);
}

static void come(struct slot *slot)
{
    struct store_op *op = slot->op;
    op->done = slot->done;
    op->context = slot->context;
    slot->owner->lost += slot->fate != FATE_KNOWN;
    slot->phase = PHASE_FREE;
    op->done(op);
}

size_t unreliable_step(struct unreliable *unreliable)
{
    size_t moved = store_step(unreliable->store, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *slot = &unreliable->slots[i];
        if (slot->phase == PHASE_FREE || slot->phase == PHASE_IN_STORE)
            continue;
        moved++;
        if (slot->delay > 0)
            slot->delay--;
        else if (slot->phase == PHASE_GOING)
            go(slot);
        else
            come(slot);
    }
    return moved;
}

size_t unreliable_lost(const struct unreliable *unreliable)
{
    return unreliable->lost;
}
