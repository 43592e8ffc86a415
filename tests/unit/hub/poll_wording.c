// SPDX-License-Identifier: MIT

#include "hub/poll_wording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/config.h"
#include "poll_looks.h"

#include <string.h>

static const struct config CONFIG = { .poll_min = 5 * MINUTE, .poll_max = DAY };

static const char *say(const struct poll_plan *plan)
{
    static char said[POLL_WORDING_MAX];
    uint8_t bytes[STORE_PLAN_MAX];
    size_t len = poll_plan_write(plan, bytes);
    const struct store_topic topic = { .plan = { (const char *)bytes, len } };
    return poll_wording(&topic, &CONFIG, plan->last_look * 1000, said);
}

static void a_topic_without_a_plan_says_nothing(void **state)
{
    (void)state;
    char said[POLL_WORDING_MAX];
    const struct store_topic topic = { .id = 1 };
    assert_string_equal(poll_wording(&topic, &CONFIG, START, said), "");
}

static void what_was_learnt_and_the_bounds_are_said(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    poll_plan_next(&plan, now, &BOUNDS, 1);
    const char *said = say(&plan);
    assert_non_null(strstr(said, "when a poll is worth it"));
    assert_non_null(strstr(said, "5 minutes to 24 hours"));
    assert_non_null(strstr(said, "updates a week are expected"));
}

static void what_is_dead_is_hardly_expected_to_change(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    look(&plan, START + INT64_C(2000) * DAY, POLL_SAME, false);
    poll_plan_next(&plan, START + INT64_C(2000) * DAY, &BOUNDS, 1);
    const char *said = say(&plan);
    assert_non_null(strstr(said, "as late as poll-max allows"));
    assert_non_null(strstr(said, "hardly any update is expected"));
}

static void every_reason_has_its_own_words(void **state)
{
    (void)state;
    char all[POLL_REASONS][POLL_WORDING_MAX];
    struct poll_plan plan = { .looks = 1 };
    for (unsigned i = 0; i < POLL_REASONS; i++) {
        plan.reason = i;
        memcpy(all[i], say(&plan), POLL_WORDING_MAX);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(all[i], all[j]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_without_a_plan_says_nothing),
        cmocka_unit_test(what_was_learnt_and_the_bounds_are_said),
        cmocka_unit_test(what_is_dead_is_hardly_expected_to_change),
        cmocka_unit_test(every_reason_has_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
