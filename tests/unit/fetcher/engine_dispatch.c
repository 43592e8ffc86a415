// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

#include <time.h>

enum { MANY = 40, MIX = 5000 };

struct place {
    struct rig rig;
    struct stub *stub;
    char urls[MIX][64];
    struct exchange exchanges[MIX];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->stub = stub_open("0.0.0.0");
    rig_init(&place->rig);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    stub_close(place->stub);
    free(place);
    return 0;
}

static struct exchange *post(struct place *place, size_t i,
                             enum exchange_class class, unsigned address,
                             const char *path)
{
    snprintf(place->urls[i], sizeof place->urls[i], "http://127.0.0.%u:%u%s",
             address, place->stub->port, path);
    place->exchanges[i] = rig_post(place->urls[i]);
    place->exchanges[i].class = class;
    return &place->exchanges[i];
}

static void collect(struct place *place, size_t count,
                    enum exchange_result result)
{
    for (size_t i = 0; i < count; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_non_null(ended);
        if (result)
            assert_int_equal(ended->result, result);
        exchange_clear(ended);
    }
}

static void an_origin_sees_no_more_than_its_share_at_once(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 3;
    rig_open(&place->rig);
    for (size_t i = 0; i < MANY; i++)
        engine_submit(place->rig.engine,
                      post(place, i, EXCHANGE_DELIVER, 1, "/hold"));
    engine_flush(place->rig.engine);
    stub_await(place->stub, &place->stub->holding, 3);
    // Another origin is not in its way.
    struct exchange other = rig_post("");
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.2:%u/", place->stub->port);
    other.url = url;
    rig_run(&place->rig, &other);
    assert_int_equal(other.result, EXCHANGE_ANSWERED);
    exchange_clear(&other);
    stub_release(place->stub);
    collect(place, MANY, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->most_holding, 3);
}

static void classes_do_not_take_each_others_places(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.in_flight[EXCHANGE_DELIVER] = 2;
    place->rig.options.limits.in_flight[EXCHANGE_RETRY] = 2;
    rig_open(&place->rig);
    for (size_t i = 0; i < 6; i++)
        engine_submit(place->rig.engine,
                      post(place, i, i % 2 ? EXCHANGE_DELIVER : EXCHANGE_RETRY,
                           (unsigned)i + 1, "/hold"));
    engine_flush(place->rig.engine);
    stub_await(place->stub, &place->stub->holding, 4);
    struct exchange *verify = post(place, 6, EXCHANGE_VERIFY, 1, "/");
    verify->post = false;
    rig_run(&place->rig, verify);
    assert_int_equal(verify->result, EXCHANGE_ANSWERED);
    exchange_clear(verify);
    stub_release(place->stub);
    collect(place, 6, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->most_holding, 4);
}

static void one_address_has_its_limit_over_all_origins(void **state)
{
    struct place *place = *state;
    struct stub *second = stub_open("127.0.0.1");
    place->rig.options.limits.per_address = 2;
    rig_open(&place->rig);
    for (size_t i = 0; i < MANY; i++) {
        struct exchange *it = post(place, i, EXCHANGE_DELIVER, 1, "/hold");
        if (i % 2)
            snprintf(place->urls[i], sizeof place->urls[i],
                     "http://127.0.0.1:%u/hold", second->port);
        engine_submit(place->rig.engine, it);
    }
    engine_flush(place->rig.engine);
    stub_release(second);
    stub_await(place->stub, &place->stub->holding, 2);
    stub_release(place->stub);
    collect(place, MANY, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->requests + second->requests, MANY);
    assert_true(place->stub->most_holding <= 2);
    stub_close(second);
}

static void all_together_are_no_more_than_the_descriptors_there_are(
    void **state)
{
    struct place *place = *state;
    place->rig.options.limits.at_once = 3;
    rig_open(&place->rig);
    for (size_t i = 0; i < 8; i++)
        engine_submit(place->rig.engine,
                      post(place, i, (enum exchange_class)(i % 4),
                           (unsigned)i + 1, "/hold"));
    engine_flush(place->rig.engine);
    stub_await(place->stub, &place->stub->holding, 3);
    stub_release(place->stub);
    collect(place, 8, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->most_holding, 3);
}

static void no_more_idle_connections_are_kept_than_allowed(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.kept = 4;
    rig_open(&place->rig);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 8; i++)
            engine_submit(place->rig.engine, post(place, i, EXCHANGE_DELIVER,
                                                  (unsigned)i + 1, "/"));
        engine_flush(place->rig.engine);
        collect(place, 8, EXCHANGE_ANSWERED);
    }
    // Those that were kept are used again, the others made anew.
    assert_int_equal(place->stub->accepted, 8 + 4);
    while (stub_open_connections(place->stub) != 4)
        sched_yield();
}

static void without_descriptors_nothing_is_tried(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    struct exchange *it = post(place, 0, EXCHANGE_DELIVER, 1, "/");
    it->cold = true;
    rig_run(&place->rig, it);
    exchange_clear(it);
    struct rlimit limit, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    int next = dup(place->rig.woken);
    none.rlim_cur = (rlim_t)next;
    close(next);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (size_t i = 1; i < 3; i++) {
        it = post(place, i, i == 1 ? EXCHANGE_DELIVER : EXCHANGE_FETCH, 2, "/");
        rig_run(&place->rig, it);
        assert_int_equal(it->result, EXCHANGE_BUSY);
        exchange_clear(it);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    it = post(place, 3, EXCHANGE_DELIVER, 2, "/");
    rig_run(&place->rig, it);
    assert_int_equal(it->result, EXCHANGE_ANSWERED);
    exchange_clear(it);
}

static void a_retry_stands_behind_first_attempts(void **state)
{
    struct place *place = *state;
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        place->rig.options.limits.per_origin[c] = 1;
    place->rig.options.limits.per_address = 1;
    rig_open(&place->rig);
    engine_submit(place->rig.engine,
                  post(place, 0, EXCHANGE_DELIVER, 1, "/hold"));
    engine_flush(place->rig.engine);
    stub_await(place->stub, &place->stub->holding, 1);
    engine_submit(place->rig.engine, post(place, 1, EXCHANGE_RETRY, 1, "/r"));
    engine_submit(place->rig.engine, post(place, 2, EXCHANGE_DELIVER, 1, "/a"));
    engine_submit(place->rig.engine, post(place, 3, EXCHANGE_DELIVER, 1, "/b"));
    engine_flush(place->rig.engine);
    stub_release(place->stub);
    collect(place, 4, EXCHANGE_ANSWERED);
    assert_string_equal(place->stub->paths, "/hold /a /b /r ");
}

static void origins_take_turns(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.in_flight[EXCHANGE_DELIVER] = 1;
    rig_open(&place->rig);
    static const char *const paths[] = { "/a1", "/a2", "/a3", "/b1", "/b2" };
    for (size_t i = 0; i < 5; i++)
        engine_submit(place->rig.engine, post(place, i, EXCHANGE_DELIVER,
                                              i < 3 ? 1 : 2, paths[i]));
    engine_flush(place->rig.engine);
    collect(place, 5, EXCHANGE_ANSWERED);
    assert_string_equal(place->stub->paths, "/a1 /b1 /a2 /b2 /a3 ");
}

static void a_full_queue_sends_exchanges_back_untried(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 1;
    place->rig.options.limits.queue_max = 5;
    rig_open(&place->rig);
    rig_submit(&place->rig, post(place, 0, EXCHANGE_DELIVER, 1, "/hold"));
    stub_await(place->stub, &place->stub->holding, 1);
    for (size_t i = 1; i < 10; i++)
        engine_submit(place->rig.engine,
                      post(place, i, EXCHANGE_DELIVER, 1, "/"));
    engine_flush(place->rig.engine);
    for (size_t i = 6; i < 10; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_ptr_equal(ended, &place->exchanges[i]);
        assert_int_equal(ended->result, EXCHANGE_BUSY);
        assert_int_equal(ended->started_ms, 0);
    }
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.queued[EXCHANGE_DELIVER], 5);
    assert_int_equal(numbers.in_flight[EXCHANGE_DELIVER], 1);
    stub_release(place->stub);
    collect(place, 6, EXCHANGE_ANSWERED);
}

static void what_waits_can_be_cancelled_and_what_runs_goes_on(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 1;
    rig_open(&place->rig);
    rig_submit(&place->rig, post(place, 0, EXCHANGE_DELIVER, 1, "/hold"));
    stub_await(place->stub, &place->stub->holding, 1);
    for (size_t i = 1; i < 4; i++)
        rig_submit(&place->rig, post(place, i, EXCHANGE_DELIVER, 1, "/x"));
    engine_cancel(place->rig.engine, &place->exchanges[0]);
    engine_cancel(place->rig.engine, &place->exchanges[2]);
    struct exchange *ended = rig_next(&place->rig);
    assert_ptr_equal(ended, &place->exchanges[2]);
    assert_int_equal(ended->result, EXCHANGE_CANCELLED);
    assert_int_equal(ended->started_ms, 0);
    engine_cancel(place->rig.engine, ended);
    stub_release(place->stub);
    collect(place, 3, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->requests, 3);
}

static void one_not_even_flushed_can_be_cancelled(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    struct exchange *it = post(place, 0, EXCHANGE_DELIVER, 1, "/");
    engine_submit(place->rig.engine, it);
    engine_cancel(place->rig.engine, it);
    assert_ptr_equal(rig_next(&place->rig), it);
    assert_int_equal(it->result, EXCHANGE_CANCELLED);
    assert_int_equal(place->stub->requests, 0);
}

static void closing_ends_what_is_under_way(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 2;
    rig_open(&place->rig);
    for (size_t i = 0; i < MANY; i++)
        engine_submit(place->rig.engine,
                      post(place, i, EXCHANGE_DELIVER, 1 + (unsigned)i % 4,
                           i % 3 ? "/hold" : "/drip"));
    struct exchange *get = post(place, MANY, EXCHANGE_FETCH, 9, "/endless");
    get->post = false;
    get->body_max = SIZE_MAX;
    engine_submit(place->rig.engine, get);
    engine_flush(place->rig.engine);
    stub_await(place->stub, &place->stub->requests, 9);
}

static void each_of_many_comes_back_exactly_once(void **state)
{
    static const char *const paths[] = { "/",        "/status/500", "/cut",
                                         "/close",   "/hang-up",    "/big/9",
                                         "/garbage", "/to/302//",   "/",
                                         "/chunked" };
    struct place *place = *state;
    place->rig.options.threads = 3;
    rig_open(&place->rig);
    for (size_t i = 0; i < MIX; i++) {
        struct exchange *it =
            post(place, i, (enum exchange_class)(i % EXCHANGE_CLASSES),
                 1 + (unsigned)(i % 50), paths[i / 7 % 10]);
        it->post = i % 3 > 0;
        it->redirects_max = 3;
        it->owner = it;
        engine_submit(place->rig.engine, it);
        if (i % 10 == 0)
            engine_cancel(place->rig.engine, it);
        if (i % 64 == 0)
            engine_flush(place->rig.engine);
    }
    engine_flush(place->rig.engine);
    for (size_t i = 0; i < MIX; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_non_null(ended);
        assert_ptr_equal(ended->owner, ended);
        assert_int_not_equal(ended->result, 0);
        ended->owner = NULL;
        exchange_clear(ended);
    }
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    for (int c = 0; c < EXCHANGE_CLASSES; c++) {
        assert_int_equal(numbers.ended[c], MIX / EXCHANGE_CLASSES);
        assert_int_equal(numbers.queued[c], 0);
    }
}

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void outlive(int64_t moment_ms)
{
    while (wall_ms() <= moment_ms)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void what_is_after_its_time_is_not_started(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    for (int c = 0; c < EXCHANGE_CLASSES; c++) {
        struct exchange *it = post(place, 0, (enum exchange_class)c, 1, "/ok");
        it->not_after = wall_ms() - 1;
        rig_run(&place->rig, it);
        assert_int_equal(it->result, EXCHANGE_CANCELLED);
        assert_int_equal(it->started_ms, 0);
        exchange_clear(it);
    }
    assert_int_equal(place->stub->accepted, 0);
    struct exchange *it = post(place, 0, EXCHANGE_DELIVER, 1, "/ok");
    it->not_after = wall_ms() + 3600000;
    rig_run(&place->rig, it);
    assert_int_equal(it->result, EXCHANGE_ANSWERED);
    exchange_clear(it);
}

static void what_waits_beyond_its_time_is_not_started(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 1;
    rig_open(&place->rig);
    rig_submit(&place->rig, post(place, 0, EXCHANGE_DELIVER, 1, "/hold"));
    stub_await(place->stub, &place->stub->holding, 1);
    struct exchange *late = post(place, 1, EXCHANGE_DELIVER, 1, "/ok");
    late->not_after = wall_ms() + 1;
    rig_submit(&place->rig, late);
    outlive(late->not_after);
    stub_release(place->stub);
    collect(place, 1, EXCHANGE_ANSWERED);
    assert_ptr_equal(rig_next(&place->rig), late);
    assert_int_equal(late->result, EXCHANGE_CANCELLED);
    assert_int_equal(place->stub->requests, 1);
    exchange_clear(late);
}

static bool dawdle(const struct exchange *exchange,
                   char line[EXCHANGE_LINE_MAX])
{
    (void)line;
    outlive(exchange->not_after);
    return true;
}

static void a_hop_beyond_its_time_is_not_made(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    struct exchange *get = post(place, 0, EXCHANGE_FETCH, 1, "/to/302//ok");
    get->post = false;
    get->redirects_max = 1;
    get->not_after = wall_ms() + 500;
    get->prepare = dawdle;
    rig_run(&place->rig, get);
    assert_int_equal(get->result, EXCHANGE_CANCELLED);
    assert_int_equal(place->stub->requests, 1);
    exchange_clear(get);
}

static void strangers_share_what_an_address_is_called(void **state)
{
    struct place *place = *state;
    struct stub *second = stub_open("127.0.0.1");
    place->rig.options.threads = 4;
    place->rig.options.limits.strangers = 12;
    rig_open(&place->rig);
    enum exchange_result results[] = { EXCHANGE_ANSWERED, EXCHANGE_ANSWERED,
                                       EXCHANGE_LIMITED, EXCHANGE_LIMITED };
    // Two origins, and so perhaps two threads; one address.
    for (size_t i = 0; i < 4; i++) {
        struct exchange *it = post(place, 0, EXCHANGE_VERIFY, 1, "/ok");
        if (i % 2)
            snprintf(place->urls[0], sizeof place->urls[0],
                     "http://127.0.0.1:%u/", second->port);
        it->stranger = true;
        rig_run(&place->rig, it);
        assert_int_equal(it->result, results[i]);
        assert_int_equal(it->started_ms == 0, it->result == EXCHANGE_LIMITED);
        exchange_clear(it);
    }
    assert_int_equal(place->stub->accepted + second->accepted, 2);
    // Neither another address nor who is no stranger is in it.
    struct exchange *it = post(place, 0, EXCHANGE_VERIFY, 2, "/ok");
    it->stranger = true;
    rig_run(&place->rig, it);
    assert_int_equal(it->result, EXCHANGE_ANSWERED);
    exchange_clear(it);
    it = post(place, 0, EXCHANGE_VERIFY, 1, "/ok");
    rig_run(&place->rig, it);
    assert_int_equal(it->result, EXCHANGE_ANSWERED);
    exchange_clear(it);
    stub_close(second);
}

static void whom_we_know_is_counted_until_somebody_vouches(void **state)
{
    struct place *place = *state;
    place->rig.options.threads = 4;
    place->rig.options.limits.strangers = 12;
    rig_open(&place->rig);
    static const enum exchange_result results[] = { EXCHANGE_ANSWERED,
                                                    EXCHANGE_ANSWERED,
                                                    EXCHANGE_LIMITED };
    for (size_t i = 0; i < 6; i++) {
        struct exchange *it = post(place, 0, EXCHANGE_VERIFY, 1, "/ok");
        it->renews = i >= 3;
        rig_run(&place->rig, it);
        assert_int_equal(it->result, results[i % 3]);
        exchange_clear(it);
    }
    // A delivery says nothing of who wants to be asked.
    struct exchange *it = post(place, 0, EXCHANGE_DELIVER, 1, "/ok");
    rig_run(&place->rig, it);
    exchange_clear(it);
    // Whoever answers elsewhere vouches for elsewhere.
    it = post(place, 0, EXCHANGE_VERIFY, 2, "/ok");
    rig_run(&place->rig, it);
    engine_vouch(place->rig.engine, it);
    exchange_clear(it);
    for (unsigned i = 0; i < MANY; i++) {
        unsigned where = 1 + i % 2;
        it = post(place, 0, EXCHANGE_VERIFY, where, "/ok");
        rig_run(&place->rig, it);
        assert_int_equal(it->result,
                         where == 2 ? EXCHANGE_ANSWERED : EXCHANGE_LIMITED);
        exchange_clear(it);
    }
}

static void fetches_of_strangers_are_counted_apart_and_hop_by_hop(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.strangers = 6;
    place->rig.options.limits.stranger_fetches = 18;
    rig_open(&place->rig);
    // Two hops, and one, and there is no more; but for verifications.
    static const struct {
        enum exchange_class class;
        const char *path;
        enum exchange_result result;
        unsigned requests;
    } cases[] = {
        { EXCHANGE_FETCH, "/to/302//ok", EXCHANGE_ANSWERED, 2 },
        { EXCHANGE_FETCH, "/to/302//ok", EXCHANGE_LIMITED, 3 },
        { EXCHANGE_FETCH, "/ok", EXCHANGE_LIMITED, 3 },
        { EXCHANGE_VERIFY, "/ok", EXCHANGE_ANSWERED, 4 },
        { EXCHANGE_VERIFY, "/ok", EXCHANGE_LIMITED, 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct exchange *it = post(place, 0, cases[i].class, 1, cases[i].path);
        it->post = false;
        it->redirects_max = cases[i].class == EXCHANGE_FETCH ? 5 : 0;
        it->stranger = true;
        rig_run(&place->rig, it);
        assert_int_equal(it->result, cases[i].result);
        assert_int_equal(place->stub->requests, cases[i].requests);
        exchange_clear(it);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_origin_sees_no_more_than_its_share_at_once),
        TEST(classes_do_not_take_each_others_places),
        TEST(one_address_has_its_limit_over_all_origins),
        TEST(all_together_are_no_more_than_the_descriptors_there_are),
        TEST(no_more_idle_connections_are_kept_than_allowed),
        TEST(without_descriptors_nothing_is_tried),
        TEST(a_retry_stands_behind_first_attempts),
        TEST(origins_take_turns),
        TEST(a_full_queue_sends_exchanges_back_untried),
        TEST(what_waits_can_be_cancelled_and_what_runs_goes_on),
        TEST(one_not_even_flushed_can_be_cancelled),
        TEST(closing_ends_what_is_under_way),
        TEST(each_of_many_comes_back_exactly_once),
        TEST(what_is_after_its_time_is_not_started),
        TEST(what_waits_beyond_its_time_is_not_started),
        TEST(a_hop_beyond_its_time_is_not_made),
        TEST(strangers_share_what_an_address_is_called),
        TEST(whom_we_know_is_counted_until_somebody_vouches),
        TEST(fetches_of_strangers_are_counted_apart_and_hop_by_hop),
    };
    return cmocka_run_group_tests_name("engine_dispatch", tests, NULL, NULL);
}
