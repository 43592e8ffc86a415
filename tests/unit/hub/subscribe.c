// SPDX-License-Identifier: MIT

#include "hub/subscribe.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_rules.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/intent.h"
#include "hub/metrics.h"
#include "hub/services.h"
#include "hub/status_link.h"
#include "hub/status_token.h"

#define BOTH                                                                   \
    "hub.topic=http://t.example/%257Efeed&hub.callback=https://c.example/cb"

struct rig {
    struct config config;
    struct metrics metrics;
    struct services services;
    struct subscribe_means means;
    struct status_link *link;
    struct fake_request request;
    size_t accepted;
    const char *peer;
    bool admin;
};

static struct rig rig;

static void on_accepted(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.accepted++;
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.config = (struct config){ .lease_min = 300000,
                                  .lease_default = 864000000,
                                  .lease_max = 2592000000 };
    rig.services = (struct services){ .config = &rig.config,
                                      .store = fake_store(),
                                      .loop = fake_loop(),
                                      .metrics = &rig.metrics,
                                      .rules = fake_rules(),
                                      .hub_url = "https://hub.example/" };
    rig.link = status_link_new(&rig.services);
    rig.means = (struct subscribe_means){
        &rig.services,
        rig.link,
        on_accepted,
        &rig,
    };
    return rig.link ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    status_link_free(rig.link);
    return fake_store_clean() ? 0 : -1;
}

static struct store_take *post(const char *body)
{
    static const struct request_field field = {
        "Content-Type", "application/x-www-form-urlencoded"
    };
    struct intent intent;
    fake_request_get(&rig.request, "/", "");
    struct request *request = &rig.request.request;
    request->method = REQUEST_POST;
    request->admin = rig.admin;
    (void)snprintf(request->peer, sizeof request->peer, "%s",
                   rig.peer ? rig.peer : "");
    request->fields = &field;
    request->field_count = 1;
    request->body = body;
    request->body_len = strlen(body);
    assert_true(intent_read(request, &intent));
    subscribe_accept(&rig.means, request, &intent);
    return fake_store_take(STORE_TAKE);
}

static void end(struct store_take *take, enum store_taken taken)
{
    take->taken = taken;
    fake_store_finish(&take->op, STORE_OK);
}

static void M2_both_spellings_are_stored_as_given(void **state)
{
    (void)state;
    struct store_take *take = post("hub.mode=subscribe&hub.secret=s3&" BOTH);
    const struct store_request *record = &take->request;
    assert_int_equal(record->mode, STORE_SUBSCRIBE);
    assert_memory_equal(record->topic.at, "http://t.example/%7Efeed",
                        record->topic.len);
    assert_memory_equal(record->topic_normal.at, "http://t.example/~feed",
                        record->topic_normal.len);
    assert_memory_equal(record->callback.at, "https://c.example/cb",
                        record->callback.len);
    assert_memory_equal(record->profile.secret.at, "s3", 2);
    assert_int_equal(record->lease, 864000000);
    assert_int_equal(record->deadline, 600000);
    end(take, STORE_TAKEN_NEW);
}

static void R33_it_is_answered_as_soon_as_it_is_durable(void **state)
{
    (void)state;
    struct store_take *take = post("hub.mode=subscribe&" BOTH);
    assert_int_equal(rig.request.answers, 0);
    take->op.durable(&take->op);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.request.status, 202);
    take->op.durable = NULL; // it was
    end(take, STORE_TAKEN_NEW);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.accepted, 1);
    assert_int_equal(rig.metrics.counts[METRIC_SUBSCRIBES], 1);
}

static void M18_what_changes_nothing_looks_the_same_from_outside(void **state)
{
    (void)state;
    end(post("hub.mode=unsubscribe&" BOTH), STORE_TAKEN_IDLE);
    assert_int_equal(rig.request.status, 202);
    end(post("hub.mode=unsubscribe&" BOTH), STORE_TAKEN_JOINED);
    assert_int_equal(rig.request.status, 202);
    // But there is nothing new to verify.
    assert_int_equal(rig.accepted, 0);
    assert_int_equal(rig.metrics.counts[METRIC_UNSUBSCRIBES], 2);
}

// What the link of the last answer names.
static struct status_token linked(void)
{
    static const char begin[] = "Link: <https://hub.example/status/";
    static const char end[] = ">; rel=\"status\"";
    struct status_token token = { 0 };
    char path[64];
    assert_int_equal(rig.request.header_count, 2);
    assert_true(
        fake_request_has(&rig.request, "X-Content-Type-Options: nosniff"));
    const char *line = rig.request.headers[1];
    assert_int_equal(strncmp(line, begin, strlen(begin)), 0);
    assert_int_equal(strlen(line),
                     strlen(begin) + STATUS_TOKEN_TEXT - 1 + strlen(end));
    assert_string_equal(line + strlen(line) - strlen(end), end);
    (void)snprintf(path, sizeof path, "/status/%.*s", STATUS_TOKEN_TEXT - 1,
                   line + strlen(begin));
    assert_true(status_link_read(rig.link, path, &token));
    return token;
}

static void M18_every_202_has_a_link_of_one_shape(void **state)
{
    (void)state;
    static const enum store_taken all[] = { STORE_TAKEN_NEW, STORE_TAKEN_JOINED,
                                            STORE_TAKEN_IDLE };
    static const uint64_t ids[] = { 7, 7, 0, 1, (uint64_t)1 << 47 };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        for (int leaves = 0; leaves < 2; leaves++) {
            struct store_take *take = post(leaves ? "hub.mode=unsubscribe&" BOTH
                                                  : "hub.mode=subscribe&" BOTH);
            take->id = ids[i];
            end(take, all[i % 3]);
            struct status_token token = linked();
            assert_int_equal(token.request, ids[i]);
            assert_int_equal(token.unsubscribes, leaves);
        }
}

static void M18_joining_a_request_does_not_show_by_the_link(void **state)
{
    (void)state;
    char before[384] = "";
    for (int i = 0; i < 100; i++) {
        struct store_take *take = post("hub.mode=unsubscribe&" BOTH);
        take->id = 7;
        end(take, i ? STORE_TAKEN_JOINED : STORE_TAKEN_NEW);
        assert_string_not_equal(rig.request.headers[1], before);
        memcpy(before, rig.request.headers[1], sizeof before);
    }
}

static void R20_the_lease_is_granted_within_bounds(void **state)
{
    (void)state;
    struct store_take *take =
        post("hub.mode=subscribe&hub.lease_seconds=1&" BOTH);
    assert_int_equal(take->request.lease, 300000);
    end(take, STORE_TAKEN_NEW);
    take = post("hub.mode=subscribe&hub.lease_seconds=99999999&" BOTH);
    assert_int_equal(take->request.lease, 2592000000);
    end(take, STORE_TAKEN_NEW);
}

static void R32_what_could_not_be_stored_is_refused(void **state)
{
    (void)state;
    struct store_take *take = post("hub.mode=subscribe&" BOTH);
    fake_store_finish(&take->op, STORE_FULL);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.request.status, 503);
    take = post("hub.mode=subscribe&" BOTH);
    fake_store_finish(&take->op, STORE_CONFLICT);
    assert_int_equal(rig.request.status, 429);
    assert_int_equal(rig.accepted, 0);
    assert_int_equal(rig.metrics.counts[METRIC_SUBSCRIBES], 0);
}

static void post_refused(const char *body)
{
    static const struct request_field field = {
        "Content-Type", "application/x-www-form-urlencoded"
    };
    struct intent intent;
    fake_request_get(&rig.request, "/", "");
    rig.request.request.fields = &field;
    rig.request.request.field_count = 1;
    rig.request.request.body = body;
    rig.request.request.body_len = strlen(body);
    assert_true(intent_read(&rig.request.request, &intent));
    subscribe_accept(&rig.means, &rig.request.request, &intent);
    assert_int_equal(rig.request.answers, 1);
}

static void R19_what_the_operator_denies_is_a_403(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_CALLBACK, "c.example");
    post_refused("hub.mode=subscribe&" BOTH);
    assert_int_equal(rig.request.status, 403);
    assert_string_equal(rig.request.type, "text/plain; charset=utf-8");
    assert_true(fake_request_has(&rig.request, "Hub-Error: callback.denied"));
    fake_rule(STORE_RULE_ALLOW_TOPIC, "x.example");
    post_refused("hub.mode=subscribe&" BOTH);
    assert_int_equal(rig.request.status, 403);
    assert_true(fake_request_has(&rig.request, "Hub-Error: topic.denied"));
    assert_int_equal(rig.metrics.counts[METRIC_REQUESTS_REFUSED], 2);
    // Nobody is kept from leaving.
    end(post("hub.mode=unsubscribe&" BOTH), STORE_TAKEN_IDLE);
    assert_int_equal(rig.request.status, 202);
}

static void S18_the_hubs_own_address_is_a_400(void **state)
{
    (void)state;
    char own[] = "https://c.example/", other[] = "http://hub.example/hub";
    rig.config.public_url = own;
    post_refused("hub.mode=subscribe&" BOTH);
    assert_int_equal(rig.request.status, 400);
    assert_true(fake_request_has(&rig.request, "Hub-Error: callback.own"));
    rig.config.public_url = other;
    post_refused("hub.mode=subscribe&hub.topic=http://hub.example/hub/x"
                 "&hub.callback=http://c.example/");
    assert_int_equal(rig.request.status, 400);
    assert_true(fake_request_has(&rig.request, "Hub-Error: topic.own"));
}

static uint64_t host_of(const char *body)
{
    struct store_take *take = post(body);
    uint64_t host = take->request.host;
    end(take, STORE_TAKEN_NEW);
    return host;
}

static void S5_requests_are_counted_by_the_callbacks_host(void **state)
{
    (void)state;
#define MODE "hub.mode=subscribe&hub.topic=http://t.example/&hub.callback="
    uint64_t host = host_of(MODE "http://c.example/a");
    assert_int_not_equal(host, 0);
    assert_true(host == host_of(MODE "https://C.example.:8443/b?c"));
    assert_true(host != host_of(MODE "http://d.example/a"));
    assert_true(host != host_of(MODE "http://x.c.example/a"));
#undef MODE
}

static uint64_t asker_of(const char *peer, bool admin)
{
    rig.peer = peer;
    rig.admin = admin;
    struct store_take *take = post("hub.mode=subscribe&" BOTH);
    uint64_t asker = take->request.asker;
    end(take, STORE_TAKEN_NEW);
    return asker;
}

static void S5_requests_are_counted_by_who_asks(void **state)
{
    (void)state;
    uint64_t asker = asker_of("192.0.2.1", false);
    assert_true(asker != 0);
    assert_true(asker == asker_of("192.0.2.1", false));
    assert_true(asker != asker_of("192.0.2.2", false));
    assert_true(asker_of("", true) == 0);
}

static void S5_a_crowded_host_is_a_429(void **state)
{
    (void)state;
    struct store_take *take = post("hub.mode=subscribe&" BOTH);
    take->taken = STORE_TAKEN_CROWDED;
    fake_store_finish(&take->op, STORE_CONFLICT);
    assert_int_equal(rig.request.status, 429);
    assert_true(fake_request_has(&rig.request, "Retry-After: 60"));
    assert_true(fake_request_has(&rig.request, "Hub-Error: callback.crowded"));
}

#define TAKEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TAKEN(M2_both_spellings_are_stored_as_given),
        TAKEN(R33_it_is_answered_as_soon_as_it_is_durable),
        TAKEN(M18_what_changes_nothing_looks_the_same_from_outside),
        TAKEN(M18_every_202_has_a_link_of_one_shape),
        TAKEN(M18_joining_a_request_does_not_show_by_the_link),
        TAKEN(R20_the_lease_is_granted_within_bounds),
        TAKEN(R19_what_the_operator_denies_is_a_403),
        TAKEN(S18_the_hubs_own_address_is_a_400),
        TAKEN(S5_requests_are_counted_by_the_callbacks_host),
        TAKEN(S5_requests_are_counted_by_who_asks),
        TAKEN(S5_a_crowded_host_is_a_429),
        TAKEN(R32_what_could_not_be_stored_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
