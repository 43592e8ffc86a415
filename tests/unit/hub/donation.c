// SPDX-License-Identifier: MIT

#include "hub/donation.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "hub/given.h"
#include "hub/intent.h"
#include "hub/metrics.h"
#include "hub/replay_log.h"
#include "hub/replays.h"
#include "hub/services.h"

#include <stdlib.h>
#include <unistd.h>

enum { NOW = 1700000000 };

#define MAC "0123456789abcdef0123456789abcdef"

static struct metrics metrics;
static struct services services = { .metrics = &metrics };
static struct donations donations;
static char directory[40];
static size_t recalled;
static struct given *given[DONATIONS_MAX + 1];
static size_t given_count;

static void give(void *context, struct given *one)
{
    assert_ptr_equal(context, &given);
    given[given_count++] = one;
}

static void on_recall(void *context, const uint8_t mac[PUBLISHER_MAC],
                      int64_t until_s)
{
    (void)context;
    (void)mac;
    assert_true(until_s == NOW + REPLAYS_WINDOW_S);
    recalled++;
}

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "%s", "/tmp/websubd-donation-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    services.loop = fake_loop();
    metrics = (struct metrics){ .counts = { 0 } };
    given_count = 0;
    donations = (struct donations){
        .services = &services,
        .replays = replays_new(),
        .log = replay_log_open(directory, NOW, on_recall, NULL),
        .give = give,
        .context = &given,
    };
    return donations.replays && donations.log ? 0 : -1;
}

static int teardown(void **state)
{
    char file[64];
    (void)state;
    replays_free(donations.replays);
    replay_log_close(donations.log);
    snprintf(file, sizeof file, "%s/replays", directory);
    unlink(file);
    rmdir(directory);
    return donations.under_way == 0 ? 0 : -1;
}

static void send(struct fake_request *fake)
{
    static const struct request_field field = {
        "Content-Type", "application/x-www-form-urlencoded"
    };
    struct intent intent;
    fake_request_get(fake, "/", "");
    fake->request.method = REQUEST_POST;
    fake->request.fields = &field;
    fake->request.field_count = 1;
    fake->request.body = "hub.mode=publish&hub.url=http://a.example/&"
                         "hub.content=news&hub.timestamp=1700000000&"
                         "hub.signature=sha256=" MAC MAC;
    fake->request.body_len = strlen(fake->request.body);
    assert_true(intent_read(&fake->request, &intent));
    replays_note(donations.replays, intent.mac, NOW, NOW);
    donation_accept(&donations, &fake->request, &intent,
                    (struct moment){ .unix = INT64_C(1000) * NOW });
}

// And it is written that it was.
static void send_on(struct fake_request *fake)
{
    send(fake);
    assert_int_equal(given_count, 0);
    assert_int_equal(fake_loop_work(), 1);
}

static void end(size_t at, enum given_result result)
{
    given[at]->result = result;
    given[at]->done(given[at]);
}

static bool is_remembered(void)
{
    uint8_t mac[PUBLISHER_MAC];
    assert_true(publisher_mac_read("sha256=" MAC MAC, mac));
    return replays_note(donations.replays, mac, NOW, NOW) == REPLAY_SEEN;
}

static void M19_it_is_answered_when_it_is_durable(void **state)
{
    struct fake_request fake;
    (void)state;
    send_on(&fake);
    assert_int_equal(fake.answers, 0);
    assert_int_equal(given[0]->document.len, 4);
    assert_memory_equal(given[0]->document.at, "news", 4);
    assert_null(given[0]->content_type);
    end(0, GIVEN_TAKEN);
    assert_int_equal(fake.answers, 1);
    assert_int_equal(fake.status, 204);
    assert_true(is_remembered());
    assert_int_equal(metrics.counts[METRIC_PINGS_GIVEN], 1);
    assert_int_equal(metrics.counts[METRIC_PINGS_KNOWN], 1);
}

static void R72_what_nobody_follows_is_204_too(void **state)
{
    struct fake_request fake;
    (void)state;
    send_on(&fake);
    end(0, GIVEN_UNKNOWN);
    assert_int_equal(fake.status, 204);
    assert_int_equal(metrics.counts[METRIC_PINGS_KNOWN], 0);
}

static void what_is_not_taken_may_be_sent_again(void **state)
{
    static const struct {
        enum given_result result;
        unsigned status;
    } cases[] = {
        { GIVEN_REFUSED, 422 },
        { GIVEN_FULL, 503 },
        { GIVEN_LATER, 503 },
    };
    struct fake_request fake;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        given_count = 0;
        send_on(&fake);
        end(0, cases[i].result);
        assert_int_equal(fake.status, cases[i].status);
        assert_false(is_remembered());
    }
}

static void documents_under_way_are_few(void **state)
{
    struct fake_request fakes[DONATIONS_MAX + 1];
    (void)state;
    for (size_t i = 0; i <= DONATIONS_MAX; i++)
        send(&fakes[i]);
    assert_int_equal(fake_loop_work(), DONATIONS_MAX);
    assert_int_equal(given_count, DONATIONS_MAX);
    assert_int_equal(fakes[DONATIONS_MAX].status, 503);
    for (size_t i = 0; i < DONATIONS_MAX; i++)
        end(i, GIVEN_TAKEN);
    given_count = 0;
    send_on(&fakes[0]);
    assert_int_equal(given_count, 1);
    end(0, GIVEN_TAKEN);
}

static void M19_it_is_taken_once_whatever_happens_then(void **state)
{
    struct fake_request fake;
    (void)state;
    send_on(&fake);
    // Written before it was given: the process may end here.
    replay_log_close(donations.log);
    recalled = 0;
    donations.log = replay_log_open(directory, NOW, on_recall, NULL);
    assert_non_null(donations.log);
    assert_int_equal(recalled, 1);
    end(0, GIVEN_TAKEN);
}

static void what_cannot_be_written_is_not_taken(void **state)
{
    struct fake_request fake;
    (void)state;
    fake_loop_starve();
    send(&fake);
    assert_int_equal(given_count, 0);
    assert_int_equal(fake.status, 503);
    assert_false(is_remembered());
}

#define DONATED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DONATED(M19_it_is_answered_when_it_is_durable),
        DONATED(R72_what_nobody_follows_is_204_too),
        DONATED(what_is_not_taken_may_be_sent_again),
        DONATED(documents_under_way_are_few),
        DONATED(M19_it_is_taken_once_whatever_happens_then),
        DONATED(what_cannot_be_written_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
