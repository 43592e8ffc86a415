// SPDX-License-Identifier: MIT

#include "hub/status.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/metrics.h"
#include "hub/services.h"
#include "hub/status_link.h"
#include "hub/status_token.h"

#define ACCEPTED (FAKE_UNIX / 1000)

struct rig {
    struct config config;
    struct metrics metrics;
    struct services services;
    struct status_link *link;
    struct status *status;
    struct fake_request request;
    struct request_field accept;
    char path[64];
};

static struct rig rig;

static void name(uint64_t request, bool unsubscribes)
{
    static const char begin[] = "Link: <https://hub.example/hub/status/";
    const struct status_token token = { request, ACCEPTED, unsubscribes };
    char line[STATUS_LINK_MAX];
    assert_true(status_link_write(rig.link, &token, line));
    assert_int_equal(strncmp(line, begin, strlen(begin)), 0);
    (void)snprintf(rig.path, sizeof rig.path, "/status/%.22s",
                   line + strlen(begin));
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.services = (struct services){ .config = &rig.config,
                                      .store = fake_store(),
                                      .loop = fake_loop(),
                                      .metrics = &rig.metrics,
                                      .hub_url = "https://hub.example/hub" };
    rig.link = status_link_new(&rig.services);
    rig.status = status_new(&rig.services);
    name(7, false);
    return rig.link && rig.status ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = status_idle(rig.status);
    status_free(rig.status);
    status_link_free(rig.link);
    return idle && fake_store_clean() ? 0 : -1;
}

static void get(const char *path, const char *accept)
{
    fake_request_get(&rig.request, path, "");
    rig.accept = (struct request_field){ "Accept", accept };
    rig.request.request.fields = &rig.accept;
    rig.request.request.field_count = accept ? 1 : 0;
    (void)snprintf(rig.request.request.peer, sizeof rig.request.request.peer,
                   "192.0.2.1");
    status_show(rig.status, &rig.request.request, (struct moment){ 0 });
}

static struct store_subscriber subscriber(void)
{
    return (struct store_subscriber){
        .topic = 3,
        .id = 4,
        .lease_end = (ACCEPTED + 1000) * 1000,
        .topic_url = { "http://t.example/f", 18 },
        .callback = { "https://c.example:8443/cb?key=hidden", 36 },
        .profile = { .secret = { "s3cr3t", 6 } },
    };
}

static void answer(enum store_request_state found, int64_t age_s)
{
    struct store_request_status *find = fake_store_take(STORE_STATUS);
    assert_int_equal(find->request, 7);
    find->state = found;
    if (found == STORE_REQUEST_VERIFIED)
        find->subscriber = subscriber();
    fake_loop();
    fake_loop_pass(age_s * 1000);
    fake_store_finish(&find->op, STORE_OK);
    if (found != STORE_REQUEST_VERIFIED)
        return;
    struct store_topic topic = { .id = 3, .head = 9 };
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    assert_int_equal(topics->ids[0], 3);
    topics->items = fake_store_give(&topics->op, &topic, sizeof topic);
    fake_store_finish(&topics->op, STORE_OK);
}

static bool says(const char *text)
{
    return strstr(rig.request.body, text) != NULL;
}

static void assert_private(void)
{
    assert_true(fake_request_has(&rig.request, "Cache-Control: no-store"));
    assert_true(fake_request_has(&rig.request, "Referrer-Policy: no-referrer"));
    assert_true(
        fake_request_has(&rig.request, "X-Content-Type-Options: nosniff"));
    assert_false(says("s3cr3t"));
    assert_false(says("hidden"));
}

static void M18_until_it_is_verified_only_time_tells(void **state)
{
    (void)state;
    static const enum store_request_state same[] = { STORE_REQUEST_PENDING,
                                                     STORE_REQUEST_UNKNOWN };
    static const struct {
        int64_t age_s;
        const char *what;
    } ages[] = {
        { 0, "\"pending\"" },  { 599, "\"pending\"" }, { 659, "\"pending\"" },
        { 660, "\"failed\"" }, { 24 * 3600, NULL },
    };
    for (size_t a = 0; a < sizeof ages / sizeof *ages; a++) {
        struct fake_request shown[2];
        for (size_t i = 0; i < 2; i++) {
            get(rig.path, NULL);
            answer(same[i], ages[a].age_s);
            assert_int_equal(rig.request.status, ages[a].what ? 200 : 404);
            assert_true(!ages[a].what || says(ages[a].what));
            assert_true(!ages[a].what || says("\"mode\":\"subscribe\""));
            assert_false(says("subscription\":"));
            assert_private();
            shown[i] = rig.request;
        }
        assert_string_equal(shown[0].body, shown[1].body);
    }
}

static void M18_a_verified_one_shows_its_subscription(void **state)
{
    (void)state;
    get(rig.path, NULL);
    answer(STORE_REQUEST_VERIFIED, 1);
    assert_int_equal(rig.request.status, 200);
    assert_string_equal(rig.request.type, "application/json");
    assert_true(says("\"request\":\"verified\""));
    assert_true(says("\"state\":\"active\""));
    assert_true(says("\"topic\":\"http://t.example/f\""));
    assert_true(says("\"callback_host\":\"c.example\""));
    assert_private();
}

static void M18_browsers_get_a_page(void **state)
{
    (void)state;
    static const enum store_request_state all[] = { STORE_REQUEST_PENDING,
                                                    STORE_REQUEST_VERIFIED,
                                                    STORE_REQUEST_ENDED };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        get(rig.path, "text/html,application/xhtml+xml,*/*;q=0.8");
        answer(all[i], 1);
        assert_int_equal(rig.request.status, 200);
        assert_string_equal(rig.request.type, "text/html; charset=utf-8");
        assert_private();
    }
}

static void M18_what_has_ended_is_told_so(void **state)
{
    (void)state;
    for (int leaves = 0; leaves < 2; leaves++) {
        name(7, leaves);
        get(rig.path, "*/*");
        answer(STORE_REQUEST_ENDED, 5);
        assert_int_equal(rig.request.status, 200);
        assert_true(says("\"request\":\"verified\""));
        assert_true(says(
            leaves ? "\"subscription\":{\"state\":\"ended\"}"
                   : "\"subscription\":{\"state\":\"ended or replaced\"}"));
        assert_true(says(leaves ? "\"mode\":\"unsubscribe\""
                                : "\"mode\":\"subscribe\""));
        assert_private();
    }
}

static void M18_every_wrong_token_is_the_same_404(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "/status/x",
        "/status/AAAAAAAAAAAAAAAAAAAAAA",
        "/status/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "/status/%00",
        "/hub/status/AAAAAAAAAAAAAAAAAAAAAA",
    };
    get(rig.path, NULL);
    answer(STORE_REQUEST_UNKNOWN, 24 * 3600);
    struct fake_request forgotten = rig.request;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        get(wrong[i], NULL);
        assert_int_equal(rig.request.status, 404);
        assert_string_equal(rig.request.body, forgotten.body);
        assert_int_equal(rig.request.header_count, forgotten.header_count);
        for (size_t h = 0; h < rig.request.header_count; h++)
            assert_string_equal(rig.request.headers[h], forgotten.headers[h]);
        assert_private();
    }
    char longer[80];
    (void)snprintf(longer, sizeof longer, "%s/", rig.path);
    get(longer, NULL);
    assert_int_equal(rig.request.status, 404);
}

static void below_another_path_it_is_the_same(void **state)
{
    (void)state;
    char path[80];
    (void)snprintf(path, sizeof path, "/hub%s", rig.path);
    get(path, NULL);
    answer(STORE_REQUEST_PENDING, 1);
    assert_int_equal(rig.request.status, 200);
}

static void a_store_that_cannot_tell_is_a_503(void **state)
{
    (void)state;
    get(rig.path, NULL);
    struct store_request_status *find = fake_store_take(STORE_STATUS);
    fake_store_finish(&find->op, STORE_CORRUPT);
    assert_int_equal(rig.request.status, 503);
    assert_true(fake_request_has(&rig.request, "Retry-After: 2"));
}

// Or one could guess without end.
static void thirty_a_minute_are_answered(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        get("/status/x", NULL);
        assert_int_equal(rig.request.status, 404);
    }
    get(rig.path, NULL);
    assert_int_equal(rig.request.status, 429);
    assert_true(fake_request_has(&rig.request, "Retry-After: 2"));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(M18_until_it_is_verified_only_time_tells),
        WITH(M18_a_verified_one_shows_its_subscription),
        WITH(M18_browsers_get_a_page),
        WITH(M18_what_has_ended_is_told_so),
        WITH(M18_every_wrong_token_is_the_same_404),
        WITH(below_another_path_it_is_the_same),
        WITH(a_store_that_cannot_tell_is_a_503),
        WITH(thirty_a_minute_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
