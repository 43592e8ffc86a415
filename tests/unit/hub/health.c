// SPDX-License-Identifier: MIT

#include "hub/health.h"

#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static unsigned said;
static char text[128];

static void answer(struct request *request, const struct reply *reply)
{
    (void)request;
    said = reply->status;
    memcpy(text, reply->body,
           reply->body_len < sizeof text ? reply->body_len : sizeof text - 1);
}

static bool asked(const char *path, int64_t stuck_ms)
{
    struct request request = { .path = path, .answer = answer };
    said = 0;
    memset(text, 0, sizeof text);
    return health_answered(stuck_ms, &request);
}

static void a_hub_that_turns_answers_itself(void **state)
{
    (void)state;
    assert_false(asked("/healthz", 0));
    assert_false(asked("/readyz", HEALTH_STUCK_MS - 1));
    assert_int_equal(said, 0);
}

static void a_hub_that_hangs_is_not_ready_and_says_for_how_long(void **state)
{
    (void)state;
    assert_true(asked("/readyz", 12345));
    assert_int_equal(said, 503);
    assert_non_null(strstr(text, "hung for 12 seconds"));
    assert_true(asked("/healthz", HEALTH_STUCK_MS));
    assert_int_equal(said, 503);
}

static void all_else_waits_for_the_hub(void **state)
{
    (void)state;
    assert_false(asked("/", 1000000));
    assert_false(asked("/readyz/more", 1000000));
    assert_int_equal(said, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hub_that_turns_answers_itself),
        cmocka_unit_test(a_hub_that_hangs_is_not_ready_and_says_for_how_long),
        cmocka_unit_test(all_else_waits_for_the_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
