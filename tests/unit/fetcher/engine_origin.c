// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/engine_origin.h"
#include "names.h"
#include "rig.h"
#include "stub.h"

#include <time.h>

static struct name_record records[] = {
    { .name = "moving.test",
      .addresses = { "127.0.0.2" },
      .later = "127.0.0.3",
      .ttl = 0 },
    { .name = "walking.test",
      .addresses = { "127.0.0.2" },
      .later = "127.0.0.3",
      .ttl = 0 },
    { .name = "half.test",
      .addresses = { "127.0.0.4", "127.0.0.2" },
      .ttl = 300 },
};

enum { TRIES_MAX = 100, CONNECT_MS = 3000 };

struct place {
    struct rig rig;
    struct stub *old, *new; // of one port, at 127.0.0.2 and 127.0.0.3
    struct names *names;
    char url[128];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        records[i].asked = 0;
    for (int i = 0; i < TRIES_MAX && !place->new; i++) {
        if (place->old)
            stub_close(place->old);
        place->old = stub_open("127.0.0.2");
        place->new = stub_open_at("127.0.0.3", place->old->port);
    }
    assert_non_null(place->new);
    place->names = names_open(records, sizeof records / sizeof *records);
    rig_init(&place->rig);
    place->rig.dns[0] = place->names->server;
    place->rig.options.dns_server_count = 1;
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    stub_close(place->old);
    stub_close(place->new);
    names_close(place->names);
    free(place);
    return 0;
}

static const char *url(struct place *place, const char *host, const char *path)
{
    snprintf(place->url, sizeof place->url, "http://%s:%u%s", host,
             place->old->port, path);
    return place->url;
}

static void pause_a_moment(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

// What is remembered of a name lasts for the least time there is, 5 s.
static void follow(struct place *place, struct exchange exchange)
{
    bool moved = false;
    int64_t begun_ms = 0;
    while (!moved) {
        rig_run(&place->rig, &exchange);
        assert_int_equal(exchange.result, EXCHANGE_ANSWERED);
        begun_ms = begun_ms > 0 ? begun_ms : exchange.started_ms;
        assert_in_range(exchange.started_ms - begun_ms, 0, 120000);
        exchange_clear(&exchange);
        pause_a_moment();
        pthread_mutex_lock(&place->new->lock);
        moved = place->new->requests > 0;
        pthread_mutex_unlock(&place->new->lock);
    }
    assert_int_equal(place->old->accepted, 1);
    unsigned before = place->old->requests;
    for (int i = 0; i < 3; i++) {
        rig_run(&place->rig, &exchange);
        assert_int_equal(exchange.result, EXCHANGE_ANSWERED);
        exchange_clear(&exchange);
    }
    assert_int_equal(place->old->requests, before);
    assert_int_equal(place->new->accepted, 1);
}

static void a_delivery_goes_where_the_name_has_moved_to(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    follow(place, rig_post(url(place, "moving.test", "/")));
    // The connection that was kept is of no use any more.
    while (stub_open_connections(place->old) > 0)
        pause_a_moment();
}

static void a_fetch_goes_where_the_name_has_moved_to(void **state)
{
    struct place *place = *state;
    rig_open(&place->rig);
    follow(place, rig_get(url(place, "walking.test", "/")));
}

// A listener whose queue is full drops further SYNs.
struct hole {
    int fd, fill[4];
};

static bool dig(struct hole *hole, const char *address, unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, address, &at.sin_addr);
    hole->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(hole->fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(hole->fd);
        return false;
    }
    assert_int_equal(listen(hole->fd, 0), 0);
    for (size_t i = 0; i < 4; i++) {
        hole->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(hole->fill[i], (struct sockaddr *)&at, sizeof at);
    }
    return true;
}

static void an_address_that_does_not_connect_is_tried_last(void **state)
{
    struct place *place = *state;
    struct hole hole;
    if (!dig(&hole, "127.0.0.4", place->old->port))
        skip();
    rig_open(&place->rig);
    int64_t took_ms[2][2];
    for (int i = 0; i < 2; i++) {
        struct exchange tries[2] = {
            rig_post(url(place, "half.test", "/")),
            rig_get(url(place, "half.test", "/")),
        };
        for (int k = 0; k < 2; k++) {
            // Only where no connection is kept it matters.
            tries[k].cold = true;
            if (i + k == 0)
                tries[k].connect_timeout_ms = CONNECT_MS;
            rig_run(&place->rig, &tries[k]);
            assert_int_equal(tries[k].result, EXCHANGE_ANSWERED);
            took_ms[i][k] = tries[k].ended_ms - tries[k].started_ms;
            exchange_clear(&tries[k]);
        }
    }
    // Whoever tried it first would have used up his time, or half of it.
    assert_true(took_ms[0][1] < RIG_PATIENCE_MS / 4);
    assert_true(took_ms[1][0] < RIG_PATIENCE_MS / 4);
    assert_true(took_ms[1][1] < RIG_PATIENCE_MS / 4);
    for (size_t i = 0; i < 4; i++)
        close(hole.fill[i]);
    close(hole.fd);
}

static void an_origin_keeps_as_many_connections_as_it_can_use(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 4;
    rig_open(&place->rig);
    struct exchange posts[4];
    char hold[128];
    memcpy(hold, url(place, "127.0.0.2", "/hold"), sizeof hold);
    for (size_t i = 0; i < 4; i++) {
        posts[i] = rig_post(hold);
        rig_submit(&place->rig, &posts[i]);
    }
    stub_await(place->old, &place->old->holding, 4);
    stub_release(place->old);
    for (size_t i = 0; i < 4; i++)
        exchange_clear(rig_next(&place->rig));
    assert_int_equal(stub_open_connections(place->old), 4);
    for (int i = 0; i < 2; i++) {
        struct exchange post = rig_post(url(place, "127.0.0.2", "/status/503"));
        rig_run(&place->rig, &post);
        exchange_clear(&post);
        pause_a_moment();
    }
    // One at a time it gets now. This one is kept, and used again.
    struct exchange post = rig_post(url(place, "127.0.0.2", "/"));
    rig_run(&place->rig, &post);
    exchange_clear(&post);
    while (stub_open_connections(place->old) != 1)
        pause_a_moment();
    rig_run(&place->rig, &post);
    assert_int_equal(post.result, EXCHANGE_ANSWERED);
    exchange_clear(&post);
    assert_int_equal(place->old->accepted, 4);
}

// ---------------------------------------------------- the bookkeeping itself

static struct origin *origin_of(struct origins *origins, const char *where,
                                int64_t now_ms)
{
    struct target target;
    assert_true(target_read(where, &target));
    struct origin *origin = origins_at(origins, &target, now_ms);
    assert_non_null(origin);
    return origin;
}

static struct address address_of(const char *text)
{
    struct address out;
    assert_int_equal(address_read(text, false, &out), ADDRESS_LITERAL);
    return out;
}

static void open_origins(struct origins *origins)
{
    struct siphash_key key = { 0 };
    struct engine_limits limits = { .per_origin = { 8, 8, 8, 8 },
                                    .per_origin_max = 64 };
    assert_true(origins_init(origins, NULL, &key, &limits));
}

static void addresses_are_put_first_and_last(void **state)
{
    static const char *const texts[] = { "192.0.2.1", "192.0.2.2",
                                         "192.0.2.3" };
    struct origins origins;
    struct address all[3];
    (void)state;
    open_origins(&origins);
    struct origin *origin = origin_of(&origins, "http://name.test/", 1);
    for (size_t i = 0; i < 3; i++)
        origin->answer.addresses[i] = all[i] = address_of(texts[i]);
    origin->answer.count = 3;
    struct address none = address_of("192.0.2.4");
    origin_prefer(origin, &none);
    origin_shun(origin, &none);
    assert_false(origin_has_address(origin, &none));
    origin_prefer(origin, &origin->answer.addresses[2]); // 3 1 2
    assert_true(address_same(&origin->answer.addresses[0], &all[2]));
    assert_true(address_same(&origin->answer.addresses[2], &all[1]));
    origin_shun(origin, &origin->answer.addresses[0]); // 1 2 3
    for (size_t i = 0; i < 3; i++)
        assert_true(address_same(&origin->answer.addresses[i], &all[i]));
    assert_true(origin_has_address(origin, &all[2]));
    origins_clear(&origins);
}

static void what_an_origin_takes_is_known_when_it_comes_back(void **state)
{
    struct origins origins;
    (void)state;
    open_origins(&origins);
    struct origin *origin = origin_of(&origins, "http://name.test/", 1);
    assert_int_equal(origin->parallel.limit, 8);
    parallel_failed(&origin->parallel,
                    &(struct parallel_request){ 1, 2, false });
    origin_settle(origin);
    origins_drop_idle(&origins);
    assert_int_equal(origins.count, 0);
    origin = origin_of(&origins, "http://name.test/", 1000);
    assert_int_equal(origin->parallel.limit, 4);
    origin_settle(origin);
    origins_drop_idle(&origins);
    origin = origin_of(&origins, "http://name.test/", 3600000);
    assert_int_equal(origin->parallel.limit, 8);
    origins_clear(&origins);
}

static bool always_crowded(const struct origin *origin)
{
    (void)origin;
    return true;
}

static void where_connections_are_many_an_origin_does_with_its_own(void **state)
{
    struct origins origins;
    struct exchange post = { .class = EXCHANGE_DELIVER };
    (void)state;
    open_origins(&origins);
    origins.crowded = always_crowded;
    struct origin *origin = origin_of(&origins, "https://name.test/", 1);
    origin_append(origin, &post);
    origin_settle(origin); // it has none yet
    assert_true(origin->in_ring[EXCHANGE_DELIVER]);
    origin->connections = 2;
    origin->in_flight[EXCHANGE_DELIVER] = 1;
    origin_settle(origin); // one of them is free
    assert_true(origin->in_ring[EXCHANGE_DELIVER]);
    origin->in_flight[EXCHANGE_DELIVER] = 2;
    origin_settle(origin);
    assert_false(origin->in_ring[EXCHANGE_DELIVER]);
    origin->in_flight[EXCHANGE_DELIVER] = 1;
    origin->slow = 1;
    origin_settle(origin);
    assert_false(origin->in_ring[EXCHANGE_DELIVER]);
    origin->in_flight[EXCHANGE_DELIVER] = 0;
    origin->slow = 2;
    origin_settle(origin); // nobody waits for slow ones alone
    assert_true(origin->in_ring[EXCHANGE_DELIVER]);
    origin->slow = 0;
    origin_pop(origin, EXCHANGE_DELIVER);
    origin->connections = 0;
    origin_settle(origin);
    origins_clear(&origins);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_delivery_goes_where_the_name_has_moved_to),
        TEST(a_fetch_goes_where_the_name_has_moved_to),
        TEST(an_address_that_does_not_connect_is_tried_last),
        TEST(an_origin_keeps_as_many_connections_as_it_can_use),
        cmocka_unit_test(addresses_are_put_first_and_last),
        cmocka_unit_test(
            where_connections_are_many_an_origin_does_with_its_own),
        cmocka_unit_test(what_an_origin_takes_is_known_when_it_comes_back),
    };
    return cmocka_run_group_tests_name("engine_origin", tests, NULL, NULL);
}
