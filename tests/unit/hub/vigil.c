// SPDX-License-Identifier: MIT
//
// A random life with leases: a loop that sleeps exactly as long as it may, and
// a store that answers later, in the order in which it was asked.

#include "hub/vigil.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
    LEASES = 200,
    LIVES = 2000,
    ADDS = 60,
    BEGIN = 1000000,
    PAGE = 3,       // so many ends are seen by one look
    ANSWER_MS = 40, // at most, from being asked to being heard
    SAME_MS = 10,   // ends are multiples of that: many are equal
};

enum doing { NOTHING, ADD, LOOK };

// An operation of the store: it happens when it is heard at the latest.
struct work {
    enum doing doing;
    int64_t happens, heard;
    bool done, failed, told;
    int64_t end;  // that is added
    int64_t next; // that was seen
};

struct life {
    struct vigil vigil;
    uint64_t seed;
    int64_t now, free; // until then the store is busy
    int64_t ends[LEASES];
    bool told[LEASES]; // somebody said when it ends
    size_t count;
    struct work queue[LEASES];
    size_t first, last;
    int adds, failures, looks;
    // How this life is.
    uint64_t gap_ms, lease_ms; // between two that are made; at most
    int failures_max;
};

static uint64_t below(struct life *life, uint64_t max)
{
    life->seed ^= life->seed << 13;
    life->seed ^= life->seed >> 7;
    life->seed ^= life->seed << 17;
    return life->seed % max;
}

// Both clocks are one, but the store reads it later than the loop.
static void submit(struct life *life, struct work work)
{
    int64_t from = life->now > life->free ? life->now : life->free;
    work.happens = from + (int64_t)below(life, ANSWER_MS / 2);
    work.heard = work.happens + (int64_t)below(life, ANSWER_MS / 2);
    // The answers come in the order of what they answer.
    if (life->last > life->first
        && work.heard < life->queue[(life->last - 1) % LEASES].heard)
        work.heard = life->queue[(life->last - 1) % LEASES].heard;
    life->free = work.happens;
    assert_true(life->last - life->first < LEASES);
    life->queue[life->last++ % LEASES] = work;
}

static void add(struct life *life)
{
    int64_t lease = (int64_t)below(life, life->lease_ms);
    int64_t end = (life->now + lease) / SAME_MS * SAME_MS;
    life->adds++;
    submit(life, (struct work){
                     .doing = ADD, .end = end, .told = below(life, 20) != 0 });
}

// How late the end of a lease may be seen: all else that the store has to do,
// looks that failed; a minute, if nobody spoke of it.
static int64_t latest(const struct life *life, size_t at)
{
    int64_t looks = 4 + ADDS / PAGE + ADDS / 2;
    return life->ends[at] + looks * 2 * ANSWER_MS
           + life->failures_max * (VIGIL_PAUSE_MS + 2 * ANSWER_MS)
           + (life->told[at] ? 0 : VIGIL_LOOK_MS);
}

static void end_page(struct life *life, struct work *work)
{
    size_t ended = 0;
    work->next = INT64_MAX;
    for (size_t i = 0; i < life->count;) {
        if (life->ends[i] > work->happens || ended == PAGE) {
            if (life->ends[i] < work->next)
                work->next = life->ends[i];
            i++;
            continue;
        }
        ended++;
        life->count--;
        life->ends[i] = life->ends[life->count];
        life->told[i] = life->told[life->count];
    }
}

static void happen(struct life *life, struct work *work)
{
    work->done = true;
    if (work->doing == ADD) {
        life->ends[life->count] = work->end;
        life->told[life->count++] = work->told;
        return;
    }
    work->failed = life->failures < life->failures_max && below(life, 4) == 0;
    life->failures += work->failed;
    if (!work->failed)
        end_page(life, work);
}

static void hear(struct life *life, const struct work *work)
{
    if (work->doing == ADD && work->told)
        vigil_due(&life->vigil, work->end);
    if (work->doing == LOOK && work->failed)
        vigil_failed(&life->vigil, life->now);
    if (work->doing == LOOK && !work->failed)
        vigil_saw(&life->vigil, life->now, work->next);
}

static void turn(struct life *life)
{
    for (size_t i = life->first; i < life->last; i++) {
        struct work *work = &life->queue[i % LEASES];
        if (!work->done && work->happens <= life->now)
            happen(life, work);
    }
    while (life->first < life->last
           && life->queue[life->first % LEASES].heard <= life->now)
        hear(life, &life->queue[life->first++ % LEASES]);
    for (size_t i = 0; i < life->count; i++)
        assert_true(life->now <= latest(life, i));
    if (!vigil_begins(&life->vigil, life->now))
        return;
    submit(life, (struct work){ .doing = LOOK });
    life->looks++;
}

// Until something is due: no tick helps who has forgotten.
static void sleep_on(struct life *life)
{
    int64_t patience = vigil_patience(&life->vigil, life->now);
    int64_t until = patience < INT64_MAX ? life->now + patience : INT64_MAX;
    for (size_t i = life->first; i < life->last; i++) {
        const struct work *work = &life->queue[i % LEASES];
        int64_t at = work->done ? work->heard : work->happens;
        until = at < until ? at : until;
    }
    assert_true(until < INT64_MAX);
    int64_t chance = life->now + (int64_t)below(life, life->gap_ms);
    if (life->adds < ADDS && chance < until) {
        life->now = chance;
        add(life);
    } else {
        life->now = until;
    }
}

static void live(uint64_t seed)
{
    static const uint64_t times[] = { 10, 100, 1000, 5000 };
    struct life life = { .seed = seed, .now = BEGIN };
    life.gap_ms = times[below(&life, 4)];
    life.lease_ms = times[below(&life, 4)];
    life.failures_max = (int)below(&life, 3);
    while (life.adds < ADDS || life.count > 0 || life.first < life.last) {
        turn(&life);
        sleep_on(&life);
    }
    // For each end, for each failure before it, and each minute.
    int64_t most =
        4 + ADDS * (1 + life.failures_max) + (life.now - BEGIN) / VIGIL_LOOK_MS;
    assert_true(life.looks <= most);
}

static void no_end_is_ever_missed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= LIVES; seed++)
        live(seed * UINT64_C(0x9e3779b97f4a7c15));
}

static void one_made_during_a_look_is_not_forgotten(void **state)
{
    (void)state;
    struct vigil vigil = { 0 };
    assert_true(vigil_begins(&vigil, 100));
    assert_false(vigil_begins(&vigil, 100));
    vigil_due(&vigil, 150);
    assert_false(vigil_begins(&vigil, 200));
    vigil_saw(&vigil, 200, INT64_MAX);
    assert_int_equal(vigil_patience(&vigil, 200), 0);
    assert_true(vigil_begins(&vigil, 200));
}

static void what_nobody_spoke_of_is_looked_for(void **state)
{
    (void)state;
    struct vigil vigil = { 0 };
    assert_true(vigil_begins(&vigil, 100));
    vigil_saw(&vigil, 200, INT64_MAX);
    assert_int_equal(vigil_patience(&vigil, 200), VIGIL_LOOK_MS);
}

static void a_failure_makes_a_pause(void **state)
{
    (void)state;
    struct vigil vigil = { 0 };
    assert_true(vigil_begins(&vigil, 100));
    vigil_due(&vigil, 0);
    vigil_failed(&vigil, 200);
    assert_int_equal(vigil_patience(&vigil, 200), VIGIL_PAUSE_MS);
    assert_int_equal(vigil_patience(&vigil, 200 + VIGIL_PAUSE_MS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_end_is_ever_missed),
        cmocka_unit_test(one_made_during_a_look_is_not_forgotten),
        cmocka_unit_test(what_nobody_spoke_of_is_looked_for),
        cmocka_unit_test(a_failure_makes_a_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
