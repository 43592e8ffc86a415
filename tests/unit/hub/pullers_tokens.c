// SPDX-License-Identifier: MIT

#include "hub/pullers.h"

#include "pull_rig.h"

#include "fakes/fake_request.h"

enum { TOKEN = 7, MANY = 1000 };

static void begin_with_token(size_t n)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, "/events", WAITING);
    rig.fields[n][0] = (struct request_field){
        "Authorization",
        "Bearer wsd_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAx",
    };
    fake->request.fields = rig.fields[n];
    fake->request.field_count = 1;
    pull_handle(rig.pull, &fake->request, loop_now());
    struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
    find->token = (struct store_token){
        .id = TOKEN,
        .name = { "name", 4 },
        .owner = { "name", 4 },
        .rights = STORE_RIGHT_PULL,
        .scope = { "*", 1 },
    };
    fake_store_finish(&find->op, STORE_OK);
    turn();
    follow(TOPIC);
    assert_int_equal(fake->answers, 0);
}

static void revoke_it_and_many_others(void)
{
    pullers_revoke(rig.pullers, TOKEN);
    for (uint64_t other = 0; other < MANY; other++)
        pullers_revoke(rig.pullers, TOKEN + 1 + other);
}

static void it_ends_what_it_holds_however_many_end_with_it(void **state)
{
    (void)state;
    begin_with_token(0);
    end_empty(reading());
    assert_int_equal(pull_held(rig.pull), 1);
    revoke_it_and_many_others();
    turn();
    assert_int_equal(rig.requests[0].status, 401);
    assert_non_null(strstr(rig.requests[0].body, "token-revoked"));
    assert_int_equal(pull_held(rig.pull), 0);
}

static void it_holds_nothing_that_was_asked_before_it_ended(void **state)
{
    (void)state;
    begin_with_token(0);
    pullers_revoke(rig.pullers, TOKEN);
    turn();
    end_empty(reading());
    assert_int_equal(rig.requests[0].status, 401);
    assert_int_equal(pull_held(rig.pull), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(it_ends_what_it_holds_however_many_end_with_it),
        PULLED(it_holds_nothing_that_was_asked_before_it_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
