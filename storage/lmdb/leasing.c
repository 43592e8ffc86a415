// SPDX-License-Identifier: MIT

#include "leasing.h"

#include "collect.h"
#include "dead.h"
#include "letters.h"

#include <openssl/rand.h>

enum {
    ROW_BYTES = 256, // what a lease takes of the map, at most
    BURIED_MAX = 64,
    BURIED_BYTES = 8 << 20,
    LAG_MAX = 1024,      // so many events may be looked at again
    PATIENCE_MS = 60000, // until there may be room again
};

struct leasing {
    struct letterbox *box;
    struct store_collect *op;
    struct letters letters;
    size_t made, gone; // rows
    size_t buried;
    uint64_t buried_bytes;
    uint64_t bytes;
    uint64_t claim;    // the last given
    bool *waits;       // of each listen: something is not done with
    uint64_t *blocked; // topics of prefixes where the next has to wait
    size_t blocked_count;
    uint64_t lowest; // number of the first that is not done with
    uint64_t meant;  // the same of those that prefixes mean
    uint64_t done;   // of the last that is
};

// What becomes of the event that comes next.
enum fate {
    FATE_DONE,   // it is done with already
    FATE_WAITS,  // somebody has it, or it is not due yet
    FATE_DEAD,   // it was delivered often enough
    FATE_LEASED, // this reader gets it
    FATE_LATER,  // there is no room for it here
};

static bool is_blocked(const struct leasing *leasing, uint64_t topic)
{
    for (size_t i = 0; i < leasing->blocked_count; i++)
        if (leasing->blocked[i] == topic)
            return true;
    return false;
}

// What comes after this of its topic waits for it.
static void block(struct leasing *leasing, struct track *track)
{
    const struct letterbox *box = leasing->box;
    if (box->mailbox.shown.unordered)
        return;
    if (track == &box->scan.next)
        leasing->blocked[leasing->blocked_count++] = track->topic;
    else
        track->head = track->seq;
}

static bool full(struct leasing *leasing, const struct track *track,
                 const struct wish *wish)
{
    struct store_collect *op = leasing->op;
    uint64_t size = track_size(leasing->box->context->txn, wish, track);
    op->more = op->count == op->limit
               || (op->count > 0 && leasing->bytes + size > op->max_bytes);
    return op->more;
}

static enum fate judge(struct leasing *leasing, const struct track *track,
                       const struct wish *wish, const struct letter *letter)
{
    const struct letterbox *box = leasing->box;
    uint32_t most = box->mailbox.shown.max_deliver;
    if (letter && letter->done)
        return FATE_DONE;
    if (letter && letter->until > box->context->now)
        return FATE_WAITS;
    if (letter && most != 0 && letter->deliveries >= most) {
        // So many bodies are copied in one call.
        leasing->op->more = leasing->buried == BURIED_MAX
                            || leasing->buried_bytes >= BURIED_BYTES;
        return leasing->op->more ? FATE_LATER : FATE_DEAD;
    }
    if (full(leasing, track, wish))
        return FATE_LATER;
    // Without room nobody gets anything before the first are done with.
    size_t rows = leasing->letters.count + leasing->made;
    if (!letter && rows - leasing->gone >= LETTERS_MAX)
        return FATE_LATER;
    return FATE_LEASED;
}

// ------------------------------------------------------------------ writing

// Nothing in front of it waits, so it need not be remembered by itself.
static void pass(struct leasing *leasing, struct track *track, size_t which)
{
    struct letterbox *box = leasing->box;
    struct listen *listen = &box->listens.items[which];
    struct txn *txn = box->context->txn;
    listen->shown.seq = listen->shown.topic != 0 ? track->seq : track->number;
    listen->shown.fresh = false;
    listen->vague = false;
    listen_save(txn, box->mailbox.shown.id, listen);
    letter_remove(txn, box->mailbox.shown.id, track->number);
    leasing->gone++;
    leasing->done = track->number;
    // What was lost in front of it was told with it.
    track->first = track->seq + 1;
    if (listen->shown.topic == 0)
        box->settled = track->number;
}

static void put_back(struct leasing *leasing, const struct letter *letter,
                     int64_t until)
{
    struct letter later = *letter;
    later.claim = 0;
    later.until = until;
    letter_save(leasing->box->context->txn, leasing->box->mailbox.shown.id,
                &later);
}

// False: there is no room for it, so it has to wait.
static bool bury(struct leasing *leasing, const struct track *track,
                 size_t which, const struct letter *letter)
{
    struct letterbox *box = leasing->box;
    struct engine_context *context = box->context;
    struct wish wish = collect_wish(box, leasing->op, which);
    struct store_event event;
    wish.bodies = true;
    if (!track_tell(context, &wish, track, &event))
        return false;
    if (!dead_put(box, &event, box->listens.items[which].shown.sid,
                  letter->deliveries)) {
        put_back(leasing, letter, context->now + PATIENCE_MS);
        return false;
    }
    leasing->buried++;
    leasing->buried_bytes += event.size;
    struct letter done = *letter;
    done.done = true;
    letter_save(context->txn, box->mailbox.shown.id, &done);
    return true;
}

static int64_t later(int64_t now, int64_t ms)
{
    return ms < INT64_MAX - now ? now + ms : INT64_MAX;
}

// False: there is no room, or a failure.
static bool lease(struct leasing *leasing, const struct track *track,
                  size_t which, const struct letter *old)
{
    struct letterbox *box = leasing->box;
    struct engine_context *context = box->context;
    struct store_collect *op = leasing->op;
    struct wish wish = collect_wish(box, op, which);
    struct store_letter *out = &op->items[op->count];
    if (!old && !engine_admits_existing(context, ROW_BYTES))
        return false;
    if (!track_tell(context, &wish, track, &out->event))
        return false;
    if (++leasing->claim == 0)
        leasing->claim = 1;
    struct letter letter = {
        .number = track->number,
        .topic = track->topic,
        .seq = track->seq,
        .claim = leasing->claim,
        .until = later(context->now, box->mailbox.shown.ack_wait),
        .deliveries = (old ? old->deliveries : 0) + 1,
    };
    letter_save(context->txn, box->mailbox.shown.id, &letter);
    leasing->made += old == NULL;
    leasing->bytes += out->event.size;
    out->sid = box->listens.items[which].shown.sid;
    out->claim = letter.claim;
    out->deliveries = letter.deliveries;
    op->count++;
    letterbox_told(box, which);
    return true;
}

// ------------------------------------------------------------------ looking

static void wait_for(struct leasing *leasing, struct track *track, size_t which,
                     int64_t until)
{
    if (leasing->lowest > track->number)
        leasing->lowest = track->number;
    if (track == &leasing->box->scan.next && leasing->meant > track->number)
        leasing->meant = track->number;
    leasing->waits[which] = true;
    if (until < leasing->op->again_at)
        leasing->op->again_at = until;
    block(leasing, track);
}

// One event. False: that was all for this time.
static bool visit(struct leasing *leasing, struct track *track, size_t which,
                  enum fate fate, const struct letter *letter)
{
    struct engine_context *context = leasing->box->context;
    if (fate == FATE_DEAD && !bury(leasing, track, which, letter)) {
        wait_for(leasing, track, which, context->now + PATIENCE_MS);
        return txn_ok(context->txn);
    }
    if (fate == FATE_DONE || fate == FATE_DEAD) {
        if (!leasing->waits[which])
            pass(leasing, track, which);
        return true;
    }
    if (fate == FATE_WAITS) {
        wait_for(leasing, track, which, letter->until);
        return true;
    }
    int64_t again = INT64_MAX;
    bool leased = fate == FATE_LEASED && lease(leasing, track, which, letter);
    if (leased)
        again = later(context->now, leasing->box->mailbox.shown.ack_wait);
    else if (fate == FATE_LEASED)
        again = context->now + PATIENCE_MS;
    wait_for(leasing, track, which, again);
    return leased;
}

// Nothing that prefixes mean waits up to this number, so the next reading need
// not look at it again.
static uint64_t looked_at(const struct leasing *leasing)
{
    const struct letterbox *box = leasing->box;
    uint64_t place = leasing->op->head;
    if (box->scan.found)
        place = box->scan.next.number - 1;
    else if (box->scan.spent)
        place = box->scan.place;
    return leasing->meant <= place ? leasing->meant - 1 : place;
}

static bool lags(const struct leasing *leasing, const struct listen *listen,
                 uint64_t place)
{
    uint64_t most = leasing->box->scan.spent ? 0 : LAG_MAX;
    return listen->shown.topic == 0 && listen->shown.seq + most < place;
}

// What was lost on the way is told with that. True: only the writer may.
static bool move_prefixes(struct leasing *leasing)
{
    struct letterbox *box = leasing->box;
    struct txn *txn = box->context->txn;
    uint64_t place = box->prefixes ? looked_at(leasing) : 0;
    bool moved = false;
    for (size_t i = 0; i < box->listens.count; i++) {
        struct listen *listen = &box->listens.items[i];
        if (!lags(leasing, listen, place))
            continue;
        if (!txn->writes)
            return true;
        listen->shown.seq = place;
        listen_save(txn, box->mailbox.shown.id, listen);
        moved = true;
    }
    if (moved && box->reached < place)
        box->reached = place;
    leasing->op->more |= box->scan.spent && moved;
    return false;
}

// True: only the writer may go on.
static bool go_along(struct leasing *leasing)
{
    struct letterbox *box = leasing->box;
    struct track *track;
    size_t which;
    bool more = true;
    while (more && (track = letterbox_next(box, &which)) != NULL) {
        struct letter *letter = letters_find(&leasing->letters, track->number);
        if (is_blocked(leasing, track->topic)) {
            letterbox_step(box, track);
            continue;
        }
        struct wish wish = collect_wish(box, leasing->op, which);
        enum fate fate = judge(leasing, track, &wish, letter);
        bool writes = fate == FATE_LEASED || fate == FATE_DEAD
                      || (fate == FATE_DONE && !leasing->waits[which]);
        if (writes && !box->context->txn->writes)
            return true;
        more = visit(leasing, track, which, fate, letter);
        if (more)
            letterbox_step(box, track);
    }
    return move_prefixes(leasing);
}

// Rows in front of everything that waits are of no use any more: what they
// were of is done with, or lost.
static void clean(struct leasing *leasing)
{
    struct letterbox *box = leasing->box;
    for (size_t i = 0; i < leasing->letters.count; i++) {
        uint64_t number = leasing->letters.items[i].number;
        if (number >= leasing->lowest)
            return;
        letter_remove(box->context->txn, box->mailbox.shown.id, number);
    }
}

static uint64_t leased_by_now(const struct leasing *leasing)
{
    uint64_t count = leasing->op->count;
    for (size_t i = 0; i < leasing->letters.count; i++) {
        const struct letter *letter = &leasing->letters.items[i];
        count += !letter->done && letter->claim != 0
                 && letter->until > leasing->box->context->now;
    }
    return count;
}

static void settle(struct leasing *leasing)
{
    struct letterbox *box = leasing->box;
    struct store_mailbox *shown = &box->mailbox.shown;
    uint64_t place = leasing->done;
    shown->leased = leased_by_now(leasing);
    if (leasing->lowest != UINT64_MAX)
        place = leasing->lowest - 1;
    if (!box->context->txn->writes)
        return;
    clean(leasing);
    if (place <= shown->place)
        return;
    shown->place = place;
    box->changed = true;
}

static bool prepare(struct leasing *leasing)
{
    struct letterbox *box = leasing->box;
    struct engine_context *context = box->context;
    struct arena *scratch = &context->scratch;
    leasing->waits = arena_array(scratch, box->listens.count + 1, sizeof(bool));
    // Each of them has been looked at.
    if (box->prefixes)
        leasing->blocked =
            arena_array(scratch, SCAN_ROWS, sizeof *leasing->blocked);
    if (RAND_bytes((unsigned char *)&leasing->claim, sizeof leasing->claim)
        != 1)
        txn_fail(context->txn, STORE_AGAIN);
    return leasing->waits && (!box->prefixes || leasing->blocked)
           && letters_load(context->txn, scratch, box->mailbox.shown.id,
                           &leasing->letters);
}

bool leasing_collect(struct letterbox *box, struct store_collect *op)
{
    struct leasing leasing = {
        .box = box,
        .op = op,
        .lowest = UINT64_MAX,
        .meant = UINT64_MAX,
    };
    if (!prepare(&leasing))
        return false;
    if (go_along(&leasing))
        return true;
    settle(&leasing);
    op->place = box->mailbox.shown.place;
    // What was lost in front of an event is told with that.
    letterbox_gaps(box, 0, &op->gaps, &op->gap_count);
    return false;
}
