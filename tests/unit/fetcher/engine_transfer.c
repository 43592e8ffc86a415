// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names.h"
#include "rig.h"
#include "stub.h"

#include <time.h>

static struct name_record records[] = {
    { .name = "good.test", .addresses = { "127.0.0.2" }, .ttl = 300 },
    { .name = "bad.test", .addresses = { "10.0.0.1", "127.9.9.9" } },
    { .name = "mixed.test",
      .addresses = { "10.0.0.1", "127.0.0.2", "169.254.169.254" },
      .ttl = 300 },
    { .name = "rebind.test",
      .addresses = { "127.0.0.2" },
      .later = "127.9.9.9",
      .ttl = 0 },
    { .name = "dead.test", .silent = true },
    { .name = "half.test",
      .addresses = { "127.0.0.3", "127.0.0.2" },
      .ttl = 300 },
};
enum { GOOD, BAD, MIXED, REBIND, DEAD, HALF };

struct place {
    struct rig rig;
    struct stub *stub;      // 127.0.0.2, which may be called
    struct stub *forbidden; // 127.9.9.9, which may not
    struct names *names;
    char url[512];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        records[i].asked = 0;
    place->stub = stub_open("127.0.0.2");
    place->forbidden = stub_open("127.9.9.9");
    place->names = names_open(records, sizeof records / sizeof *records);
    rig_init(&place->rig);
    place->rig.allow[0] = "127.0.0.0/24";
    place->rig.dns[0] = place->names->server;
    place->rig.options.dns_server_count = 1;
    rig_open(&place->rig);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    stub_close(place->stub);
    stub_close(place->forbidden);
    names_close(place->names);
    free(place);
    return 0;
}

static struct exchange get(struct place *place, const char *host,
                           const char *path)
{
    snprintf(place->url, sizeof place->url, "http://%s:%u%s", host,
             place->stub->port, path);
    return rig_get(place->url);
}

static void expect(struct place *place, struct exchange exchange,
                   enum exchange_result result)
{
    rig_run(&place->rig, &exchange);
    if (exchange.result != result)
        print_error("%s: %s\n", exchange.url,
                    exchange_result_name(exchange.result));
    assert_int_equal(exchange.result, result);
    exchange_clear(&exchange);
}

static void a_name_is_called_at_its_address(void **state)
{
    struct place *place = *state;
    expect(place, get(place, "GOOD.test", "/"), EXCHANGE_ANSWERED);
    char host[64];
    snprintf(host, sizeof host, "\r\nHost: good.test:%u\r\n",
             place->stub->port);
    assert_non_null(strstr(place->stub->last, host));
    struct exchange post = get(place, "good.test", "/");
    post.class = EXCHANGE_DELIVER;
    post.post = true;
    expect(place, post, EXCHANGE_ANSWERED);
    assert_non_null(strstr(place->stub->last, host));
    assert_int_equal(names_asked(place->names, GOOD), 1);
}

static void a_forbidden_address_sees_no_connection(void **state)
{
    static const char *const hosts[] = {
        "127.9.9.9",
        "2131298569",
        "0x7f.0x9.0x9.0x9",
        "0177.011.011.011",
        "127.9.2313",
        "[::ffff:127.9.9.9]",
        "[64:ff9b::127.9.9.9]",
        "[2002:7f09:909::1]",
        "[::1]",
        "[::127.9.9.9]",
        "bad.test",
        "127.9.9.9.",
        "%31%32%37.9.9.9",
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct exchange exchange = get(place, hosts[i], "/");
        snprintf(place->url, sizeof place->url, "http://%s:%u/", hosts[i],
                 place->forbidden->port);
        expect(place, exchange, EXCHANGE_REFUSED);
        exchange.class = EXCHANGE_DELIVER;
        exchange.post = true;
        expect(place, exchange, EXCHANGE_REFUSED);
    }
    assert_int_equal(place->forbidden->accepted, 0);
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.refused, 2 * sizeof hosts / sizeof *hosts);
    assert_int_equal(numbers.connections, 0);
}

static void localhost_is_judged_like_any_name(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    place->rig.allow[0] = "127.0.0.2";
    rig_open(&place->rig);
    struct exchange exchange = get(place, "localhost", "/");
    expect(place, exchange, EXCHANGE_REFUSED);
}

static void topics_and_callbacks_have_their_own_ranges(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    place->rig.options.allowed.callback_count = 0;
    rig_open(&place->rig);
    struct exchange exchange = get(place, "good.test", "/");
    expect(place, exchange, EXCHANGE_ANSWERED);
    exchange.class = EXCHANGE_VERIFY;
    expect(place, exchange, EXCHANGE_REFUSED);
    exchange.class = EXCHANGE_RETRY;
    exchange.post = true;
    expect(place, exchange, EXCHANGE_REFUSED);
    assert_int_equal(place->stub->accepted, 1);
}

static void what_is_let_through_can_change_while_it_runs(void **state)
{
    struct place *place = *state;
    const char *const all[] = { "127.0.0.0/24", "127.9.9.9" };
    const char *const wrong[] = { "127.0.0.1/8" };
    expect(place, get(place, "good.test", "/"), EXCHANGE_ANSWERED);
    assert_true(engine_set_allowed(place->rig.engine,
                                   &(struct engine_allowed){ .topic = NULL }));
    // What is connected is of no use either.
    expect(place, get(place, "good.test", "/"), EXCHANGE_REFUSED);
    expect(place, get(place, "127.0.0.2", "/"), EXCHANGE_REFUSED);
    assert_false(engine_set_allowed(
        place->rig.engine,
        &(struct engine_allowed){ .topic = wrong, .topic_count = 1 }));
    expect(place, get(place, "good.test", "/"), EXCHANGE_REFUSED);
    assert_true(engine_set_allowed(
        place->rig.engine,
        &(struct engine_allowed){ .topic = all, .topic_count = 2 }));
    expect(place, get(place, "good.test", "/"), EXCHANGE_ANSWERED);
    struct exchange exchange = get(place, "good.test", "/");
    exchange.class = EXCHANGE_VERIFY;
    expect(place, exchange, EXCHANGE_REFUSED);
    assert_int_equal(place->forbidden->accepted, 0);
}

static void of_mixed_answers_only_the_allowed_is_called(void **state)
{
    struct place *place = *state;
    expect(place, get(place, "mixed.test", "/"), EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->accepted, 1);
}

static void the_next_address_is_tried_when_one_does_not_connect(void **state)
{
    struct place *place = *state;
    // Nobody listens on 127.0.0.3, whichever of the two comes first.
    for (int i = 0; i < 3; i++) {
        expect(place, get(place, "half.test", "/"), EXCHANGE_ANSWERED);
        struct exchange post = get(place, "half.test", "/");
        post.class = EXCHANGE_DELIVER;
        post.post = true;
        expect(place, post, EXCHANGE_ANSWERED);
    }
}

static void a_redirect_to_a_forbidden_address_is_not_followed(void **state)
{
    static const char *const hosts[] = { "127.9.9.9", "0x7f090909",
                                         "[::ffff:127.9.9.9]", "bad.test" };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char path[128];
        snprintf(path, sizeof path, "/to/302/http://%s:%u/", hosts[i],
                 place->forbidden->port);
        expect(place, get(place, "127.0.0.2", path), EXCHANGE_REFUSED);
    }
    assert_int_equal(place->forbidden->accepted, 0);
}

static void a_redirect_to_another_origin_is_followed(void **state)
{
    struct place *place = *state;
    char path[128];
    snprintf(path, sizeof path, "/to/302/http://good.test:%u/ok",
             place->stub->port);
    struct exchange exchange = get(place, "127.0.0.2", path);
    rig_run(&place->rig, &exchange);
    assert_int_equal(exchange.result, EXCHANGE_ANSWERED);
    assert_string_equal(exchange.final_url, strstr(path, "http"));
    exchange_clear(&exchange);
}

static void M20_who_is_called_by_leave_alone_is_told_as_inside(void **state)
{
    struct place *place = *state;
    struct exchange fetch = get(place, "good.test", "/");
    rig_run(&place->rig, &fetch);
    assert_int_equal(fetch.result, EXCHANGE_ANSWERED);
    assert_true(fetch.inside);
    exchange_clear(&fetch);
    assert_false(fetch.inside);

    char path[128];
    snprintf(path, sizeof path, "/to/302/http://127.0.0.2:%u/ok",
             place->stub->port);
    fetch = get(place, "good.test", path);
    rig_run(&place->rig, &fetch);
    assert_non_null(fetch.final_url);
    assert_true(fetch.inside);
    exchange_clear(&fetch);

    struct exchange refused = get(place, "bad.test", "/");
    rig_run(&place->rig, &refused);
    assert_int_equal(refused.result, EXCHANGE_REFUSED);
    assert_false(refused.inside);
    exchange_clear(&refused);
}

static void a_name_that_changes_its_mind_is_refused(void **state)
{
    struct place *place = *state;
    struct exchange exchange = get(place, "rebind.test", "/");
    expect(place, exchange, EXCHANGE_ANSWERED);
    // Its answer is kept for the least time there is, so keep asking.
    for (;;) {
        rig_run(&place->rig, &exchange);
        if (exchange.result != EXCHANGE_ANSWERED)
            break;
        exchange_clear(&exchange);
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    }
    assert_int_equal(exchange.result, EXCHANGE_REFUSED);
    assert_int_equal(names_asked(place->names, REBIND), 2);
    assert_int_equal(place->forbidden->accepted, 0);
    exchange_clear(&exchange);
}

static void who_answers_vouches_for_where_he_really_is(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    place->rig.allow[0] = "127.0.0.0/8";
    place->rig.options.limits.strangers = 12; // two at once
    rig_open(&place->rig);
    // By both kinds of connections, which are kept.
    struct exchange both[2];
    for (size_t i = 0; i < 2; i++) {
        both[i] = get(place, "rebind.test", "/");
        both[i].class = EXCHANGE_VERIFY;
        both[i].redirects_max = 0;
        both[i].decode = i > 0;
    }
    for (bool moved = false; !moved;)
        for (size_t i = 0; i < 2; i++) {
            rig_run(&place->rig, &both[i]);
            moved = both[i].result != EXCHANGE_ANSWERED;
            if (!moved)
                engine_vouch(place->rig.engine, &both[i]);
            else
                assert_int_equal(both[i].result, EXCHANGE_NO_CONNECT);
            exchange_clear(&both[i]);
            nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
        }
    // Where the name leads now nobody has agreed to anything.
    rig_run(&place->rig, &both[0]);
    rig_run(&place->rig, &both[1]);
    assert_int_equal(both[1].result, EXCHANGE_LIMITED);
    exchange_clear(&both[1]);
}

static void a_dead_address_does_not_use_up_what_another_may(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    place->rig.options.limits.strangers = 12; // two at once
    rig_open(&place->rig);
    struct exchange half = get(place, "half.test", "/");
    half.class = EXCHANGE_VERIFY;
    half.redirects_max = 0;
    for (size_t i = 0; i < 20; i++) {
        rig_run(&place->rig, &half);
        assert_int_equal(half.result, EXCHANGE_ANSWERED);
        engine_vouch(place->rig.engine, &half);
        exchange_clear(&half);
    }
    // And it was not that one that answered.
    struct exchange dead = get(place, "127.0.0.3", "/");
    dead.class = EXCHANGE_VERIFY;
    dead.redirects_max = 0;
    expect(place, dead, EXCHANGE_NO_CONNECT);
    rig_run(&place->rig, &dead);
    expect(place, dead, EXCHANGE_LIMITED);
}

static void a_dead_name_server_fails_its_own_names_alone(void **state)
{
    struct place *place = *state;
    struct exchange dead = get(place, "dead.test", "/");
    char url[512];
    memcpy(url, place->url, sizeof url);
    dead.url = url;
    rig_submit(&place->rig, &dead);
    expect(place, get(place, "good.test", "/"), EXCHANGE_ANSWERED);
    assert_ptr_equal(rig_next(&place->rig), &dead);
    assert_int_equal(dead.result, EXCHANGE_NO_NAME);
    assert_true(dead.ended_ms > 0);
    expect(place, get(place, "nowhere.test", "/"), EXCHANGE_NO_NAME);
    // And it is remembered.
    rig_run(&place->rig, &dead);
    assert_int_equal(dead.result, EXCHANGE_NO_NAME);
    assert_int_equal(names_asked(place->names, DEAD), 2);
}

static void closing_while_names_are_looked_up_leaks_nothing(void **state)
{
    static struct exchange dead;
    static char url[512];
    struct place *place = *state;
    dead = get(place, "dead.test", "/");
    memcpy(url, place->url, sizeof url);
    dead.url = url;
    rig_submit(&place->rig, &dead);
    expect(place, get(place, "good.test", "/"), EXCHANGE_ANSWERED);
}

// Opens the engine again as one that listens at `host`, port of the stub.
static void listen_at(struct place *place, const char *host)
{
    static char address[64];
    static const char *own[1] = { address };
    rig_close(&place->rig);
    snprintf(address, sizeof address, "%s:%u", host, place->stub->port);
    place->rig.options.own = own;
    place->rig.options.own_count = 1;
    rig_open(&place->rig);
}

static void it_never_calls_itself_whatever_is_allowed(void **state)
{
    static const char *const listen[] = { "127.0.0.2", "0.0.0.0", "[::]" };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof listen / sizeof *listen; i++) {
        listen_at(place, listen[i]);
        expect(place, get(place, "127.0.0.2", "/"), EXCHANGE_REFUSED);
        expect(place, get(place, "[::ffff:127.0.0.2]", "/"), EXCHANGE_REFUSED);
        expect(place, get(place, "good.test", "/"), EXCHANGE_REFUSED);
        struct exchange post = get(place, "good.test", "/");
        post.class = EXCHANGE_DELIVER;
        post.post = true;
        expect(place, post, EXCHANGE_REFUSED);
    }
    assert_int_equal(place->stub->accepted, 0);
    // Its neighbour at another port, and another address at its own one.
    listen_at(place, "127.0.0.3");
    expect(place, get(place, "127.0.0.2", "/"), EXCHANGE_ANSWERED);
    expect(place, get(place, "127.0.0.3", "/"), EXCHANGE_REFUSED);
}

static void a_redirect_to_itself_is_not_followed(void **state)
{
    struct place *place = *state;
    struct stub *other = stub_open("127.0.0.2");
    listen_at(place, "127.0.0.2");
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.2:%u/to/307/http://good.test:%u/",
             other->port, place->stub->port);
    expect(place, rig_get(url), EXCHANGE_REFUSED);
    assert_int_equal(other->accepted, 1);
    assert_int_equal(place->stub->accepted, 0);
    stub_close(other);
}

static void a_port_of_another_protocol_is_never_called(void **state)
{
    struct place *place = *state;
    expect(place, rig_get("http://127.0.0.2:25/"), EXCHANGE_REFUSED);
    expect(place, rig_get("http://good.test:6379/"), EXCHANGE_REFUSED);
    struct exchange post = rig_post("http://127.0.0.2:11211/");
    expect(place, post, EXCHANGE_REFUSED);
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.connections, 0);
    expect(place, get(place, "127.0.0.2", "/to/302/http://127.0.0.2:25/"),
           EXCHANGE_REDIRECTS);
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.connections, 1);
}

static void expect_judgement(struct place *place, const char *url,
                             enum exchange_result result, const char *told)
{
    struct exchange exchange = rig_post(url);
    exchange.class = EXCHANGE_VERIFY;
    exchange.judge_only = true;
    exchange.stranger = true;
    rig_run(&place->rig, &exchange);
    assert_int_equal(exchange.result, result);
    assert_int_equal(exchange.status, 0);
    assert_int_equal(exchange.started_ms > 0, result == EXCHANGE_NO_NAME);
    if (told) {
        assert_string_equal(exchange.response, told);
        assert_int_equal(exchange.response_len, strlen(told));
    } else {
        assert_null(exchange.response);
    }
    exchange_clear(&exchange);
}

static void a_judgement_calls_nobody(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.strangers = 1;
    listen_at(place, "127.0.0.3");
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.3:%u/", place->stub->port);
    expect_judgement(place, "http://good.test/", EXCHANGE_ANSWERED,
                     "127.0.0.2 allowed\n");
    struct exchange bad = rig_get("http://bad.test/x");
    bad.judge_only = true;
    rig_run(&place->rig, &bad);
    assert_int_equal(bad.result, EXCHANGE_REFUSED);
    // Which of them would be first is the resolver's business.
    assert_non_null(strstr(bad.response, "10.0.0.1 refused\n"));
    assert_non_null(strstr(bad.response, "127.9.9.9 refused\n"));
    exchange_clear(&bad);
    expect_judgement(place, "http://0x7f.9/", EXCHANGE_ANSWERED,
                     "127.0.0.9 allowed\n");
    expect_judgement(place, url, EXCHANGE_REFUSED, "127.0.0.3 own\n");
    expect_judgement(place, "http://[2606:4700::1]:25/", EXCHANGE_REFUSED,
                     "2606:4700::1 port\n");
    expect_judgement(place, "http://nowhere.test/", EXCHANGE_NO_NAME, NULL);
    expect_judgement(place, "ftp://nowhere.test/", EXCHANGE_BAD_URL, NULL);
    assert_int_equal(place->stub->accepted, 0);
    struct engine_numbers numbers;
    engine_numbers(place->rig.engine, &numbers);
    assert_int_equal(numbers.connections, 0);
}

static void a_listener_that_is_no_address_opens_nothing(void **state)
{
    static const char *own[1] = { "nowhere:80" };
    struct place *place = *state;
    struct engine_options options = place->rig.options;
    const char *problem = NULL;
    options.own = own;
    options.own_count = 1;
    assert_null(engine_open(&options, &problem));
    assert_non_null(problem);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_called_at_its_address),
        TEST(a_forbidden_address_sees_no_connection),
        TEST(localhost_is_judged_like_any_name),
        TEST(topics_and_callbacks_have_their_own_ranges),
        TEST(what_is_let_through_can_change_while_it_runs),
        TEST(of_mixed_answers_only_the_allowed_is_called),
        TEST(the_next_address_is_tried_when_one_does_not_connect),
        TEST(a_redirect_to_a_forbidden_address_is_not_followed),
        TEST(a_redirect_to_another_origin_is_followed),
        TEST(M20_who_is_called_by_leave_alone_is_told_as_inside),
        TEST(a_name_that_changes_its_mind_is_refused),
        TEST(who_answers_vouches_for_where_he_really_is),
        TEST(a_dead_address_does_not_use_up_what_another_may),
        TEST(a_dead_name_server_fails_its_own_names_alone),
        TEST(closing_while_names_are_looked_up_leaks_nothing),
        TEST(it_never_calls_itself_whatever_is_allowed),
        TEST(a_redirect_to_itself_is_not_followed),
        TEST(a_port_of_another_protocol_is_never_called),
        TEST(a_judgement_calls_nobody),
        TEST(a_listener_that_is_no_address_opens_nothing),
    };
    return cmocka_run_group_tests_name("engine_transfer", tests, NULL, NULL);
}
