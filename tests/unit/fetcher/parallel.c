// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/parallel.h"

#include <stdbool.h>
#include <stdlib.h>

static const struct parallel_bounds eight = { .first = 8, .most = 64 };

// A server of so many workers, asked by as many as it gets at a time.
enum { ASKERS_MAX = 256 };

struct server {
    unsigned workers;
    int64_t service_ms, rtt_ms;
    int64_t each_ms;  // more for each that is asked at the same time
    unsigned refuses; // beyond so many at a time; 0: never
    int64_t free_ms[ASKERS_MAX];
};

struct asker {
    bool busy, refused;
    int64_t sent_ms, done_ms;
};

struct world {
    struct server server;
    struct parallel parallel;
    struct asker askers[ASKERS_MAX];
    unsigned busy, answered, refused, most;
    int64_t now_ms;
};

static void ask(struct world *world, struct asker *asker)
{
    struct server *server = &world->server;
    size_t worker = 0;
    for (size_t i = 1; i < server->workers; i++)
        if (server->free_ms[i] < server->free_ms[worker])
            worker = i;
    *asker = (struct asker){ .busy = true, .sent_ms = world->now_ms };
    world->busy++;
    if (world->busy > world->most)
        world->most = world->busy;
    asker->refused = server->refuses > 0 && world->busy > server->refuses;
    int64_t start_ms = world->now_ms;
    if (server->free_ms[worker] > start_ms)
        start_ms = server->free_ms[worker];
    int64_t end_ms =
        start_ms + server->service_ms + server->each_ms * world->busy;
    if (asker->refused)
        end_ms = world->now_ms;
    else
        server->free_ms[worker] = end_ms;
    asker->done_ms = end_ms + server->rtt_ms;
}

static void hear(struct world *world, struct asker *asker)
{
    struct parallel_request request = {
        .sent_ms = asker->sent_ms,
        .now_ms = world->now_ms,
        .wanted = world->busy >= world->parallel.limit,
    };
    if (asker->refused)
        parallel_failed(&world->parallel, &request);
    else
        parallel_answered(&world->parallel, &eight, &request);
    world->answered += !asker->refused;
    world->refused += asker->refused;
    world->busy--;
    asker->busy = false;
}

// There is always more to ask.
static void live(struct world *world, int64_t for_ms)
{
    world->answered = 0;
    world->refused = 0;
    world->most = 0;
    for (int64_t end = world->now_ms + for_ms; world->now_ms < end;
         world->now_ms++) {
        for (size_t i = 0; i < ASKERS_MAX; i++)
            if (world->askers[i].busy
                && world->askers[i].done_ms <= world->now_ms)
                hear(world, &world->askers[i]);
        for (size_t i = 0;
             i < ASKERS_MAX && world->busy < world->parallel.limit; i++)
            if (!world->askers[i].busy)
                ask(world, &world->askers[i]);
    }
}

static struct world *world_of(struct server server)
{
    static struct world world;
    world = (struct world){ .server = server, .now_ms = 1000 };
    parallel_begin(&world.parallel, &eight);
    return &world;
}

static void whoever_answers_fast_gets_all_there_is(void **state)
{
    (void)state;
    struct world *world = world_of(
        (struct server){ .workers = 256, .service_ms = 5, .rtt_ms = 50 });
    live(world, 1000);
    assert_int_equal(world->parallel.limit, 64);
    live(world, 10000);
    assert_int_equal(world->parallel.limit, 64);
}

static void it_settles_near_what_a_few_workers_can_do(void **state)
{
    (void)state;
    struct world *world = world_of(
        (struct server){ .workers = 12, .service_ms = 40, .rtt_ms = 10 });
    live(world, 5000);
    live(world, 5000);
    // All workers have work, 12 every 40 ms, and few stand in line for them.
    assert_true(world->answered > 5000 / 40 * 12 * 9 / 10);
    assert_in_range(world->parallel.limit, 12, 40);
}

static void a_single_worker_is_not_buried(void **state)
{
    (void)state;
    struct world *world =
        world_of((struct server){ .workers = 1, .service_ms = 200 });
    live(world, 20000);
    assert_in_range(world->parallel.limit, 1, 4);
    live(world, 20000);
    assert_true(world->answered > 90);
    assert_in_range(world->parallel.limit, 1, 4);
}

static void a_server_that_slows_down_by_load_gets_less(void **state)
{
    (void)state;
    struct world *world = world_of(
        (struct server){ .workers = 64, .service_ms = 20, .each_ms = 60 });
    live(world, 30000);
    assert_in_range(world->parallel.limit, 1, 4);
}

static void a_server_that_refuses_is_asked_for_no_more_than_it_takes(
    void **state)
{
    (void)state;
    struct world *world = world_of(
        (struct server){ .workers = 64, .service_ms = 30, .refuses = 20 });
    live(world, 1000);
    live(world, 10000);
    assert_true(world->answered > 10 * world->refused);
    assert_in_range(world->parallel.limit, 8, 24);
    // One that is down altogether is tried one at a time.
    world->server.refuses = 1;
    live(world, 3000);
    assert_in_range(world->parallel.limit, 1, 2);
}

static void whoever_recovers_gets_more_again(void **state)
{
    (void)state;
    struct world *world = world_of(
        (struct server){ .workers = 64, .service_ms = 20, .each_ms = 60 });
    live(world, 30000);
    world->server.each_ms = 0;
    live(world, 10000);
    assert_int_equal(world->parallel.limit, 64);
}

static void whoever_became_slower_for_good_is_measured_anew(void **state)
{
    (void)state;
    struct world *world =
        world_of((struct server){ .workers = 256, .service_ms = 5 });
    live(world, 5000);
    assert_int_equal(world->parallel.limit, 64);
    world->server.service_ms = 900;
    live(world, 20000);
    assert_true(world->parallel.limit < 32);
    live(world, 180000);
    assert_int_equal(world->parallel.limit, 64);
}

static void who_wants_no_more_gets_no_more(void **state)
{
    (void)state;
    struct parallel parallel;
    parallel_begin(&parallel, &eight);
    for (int64_t now = 1; now < 1000; now++)
        parallel_answered(&parallel, &eight,
                          &(struct parallel_request){ now, now + 1, false });
    assert_int_equal(parallel.limit, 8);
}

static void what_fails_at_once_counts_once(void **state)
{
    (void)state;
    struct parallel parallel;
    parallel_begin(&parallel, &eight);
    struct parallel_request request = { 5, 7, false };
    for (int i = 0; i < 8; i++)
        parallel_failed(&parallel, &request);
    assert_int_equal(parallel.limit, 4);
    request = (struct parallel_request){ 9, 10, false };
    for (int i = 0; i < 8; i++)
        parallel_failed(&parallel, &request);
    assert_int_equal(parallel.limit, 2);
    for (int64_t now = 20; now < 30; now++)
        parallel_failed(&parallel,
                        &(struct parallel_request){ now, now, false });
    assert_int_equal(parallel.limit, 1);
}

static void a_first_number_over_the_most_is_the_most(void **state)
{
    (void)state;
    struct parallel_bounds bounds = { .first = 100, .most = 64 };
    struct parallel parallel;
    parallel_begin(&parallel, &bounds);
    for (int64_t now = 1; now < 2000; now++)
        parallel_answered(&parallel, &bounds,
                          &(struct parallel_request){ now, now + 1, true });
    assert_int_equal(parallel.limit, 100);
}

static void what_was_learned_is_kept_for_a_while(void **state)
{
    (void)state;
    struct parallel_memory *memory = calloc(1, sizeof *memory);
    struct parallel parallel, out;
    assert_non_null(memory);
    assert_false(parallel_recall(memory, 0, 1, &out));
    parallel_begin(&parallel, &eight);
    parallel_failed(&parallel, &(struct parallel_request){ 999, 1000, false });
    parallel_keep(memory, 77, &parallel);
    assert_true(parallel_recall(memory, 77, 1000 + PARALLEL_KNOWN_MS, &out));
    assert_int_equal(out.limit, 4);
    assert_false(parallel_recall(memory, 77, 1001 + PARALLEL_KNOWN_MS, &out));
    assert_false(parallel_recall(memory, 78, 1000, &out));
    // Others may need the room.
    parallel_keep(memory, 77 + PARALLEL_KNOWN_MAX, &parallel);
    assert_false(parallel_recall(memory, 77, 1000, &out));
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_answers_fast_gets_all_there_is),
        cmocka_unit_test(it_settles_near_what_a_few_workers_can_do),
        cmocka_unit_test(a_single_worker_is_not_buried),
        cmocka_unit_test(a_server_that_slows_down_by_load_gets_less),
        cmocka_unit_test(
            a_server_that_refuses_is_asked_for_no_more_than_it_takes),
        cmocka_unit_test(whoever_recovers_gets_more_again),
        cmocka_unit_test(whoever_became_slower_for_good_is_measured_anew),
        cmocka_unit_test(who_wants_no_more_gets_no_more),
        cmocka_unit_test(what_fails_at_once_counts_once),
        cmocka_unit_test(a_first_number_over_the_most_is_the_most),
        cmocka_unit_test(what_was_learned_is_kept_for_a_while),
    };
    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
