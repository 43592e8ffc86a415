// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "poll_looks.h"

#include <string.h>

static void a_plan_survives_its_bytes(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 }, read;
    int64_t now = busy(&plan);
    const struct document_hints hints = { .ttl = 900,
                                          .skip_hours = 0x800001,
                                          .skip_days = 0x41 };
    poll_plan_learn(&plan, &(struct poll_look){ .now = now,
                                                .finding = POLL_NEW,
                                                .fresh = 77000,
                                                .hints = &hints });
    ping_often(&plan, now, 9);
    plan.missed = 2;
    plan.reason = POLL_PINGS;
    plan.moved_day = 200;
    uint8_t bytes[STORE_PLAN_MAX], again[STORE_PLAN_MAX];
    size_t len = poll_plan_write(&plan, bytes);
    poll_plan_read((struct bytes){ (const char *)bytes, len }, &read);
    assert_int_equal(read.fresh, 77);
    assert_int_equal(read.ttl, 900);
    assert_int_equal(read.skip_hours, 0x800001);
    assert_int_equal(read.skip_days, 0x41);
    assert_int_equal(read.announced, plan.announced);
    assert_int_equal(read.missed, 2);
    assert_int_equal(read.doubted, plan.doubted);
    assert_int_equal(read.reason, POLL_PINGS);
    assert_int_equal(read.moved_day, 200);
    assert_int_equal(read.last_look, plan.last_look);
    assert_int_equal(read.rhythm.last, plan.rhythm.last);
    double ratio = poll_plan_rate(&read, now) / poll_plan_rate(&plan, now);
    assert_true(ratio > 0.99 && ratio < 1.01);
    assert_int_equal(poll_plan_write(&read, again), len);
    assert_memory_equal(again, bytes, 12);
}

static void what_is_no_plan_is_a_new_one(void **state)
{
    (void)state;
    struct poll_plan plan, none = { 0 };
    uint8_t bytes[STORE_PLAN_MAX + 1] = { 0 };
    for (size_t len = 0; len <= sizeof bytes; len++) {
        memset(&plan, 1, sizeof plan);
        poll_plan_read((struct bytes){ (const char *)bytes, len }, &plan);
        assert_memory_equal(&plan, &none, sizeof plan);
    }
}

static void any_bytes_are_a_plan_that_can_be_followed(void **state)
{
    (void)state;
    uint8_t bytes[STORE_PLAN_MAX];
    struct poll_plan plan = { 0 };
    size_t len = poll_plan_write(&plan, bytes);
    uint32_t noise = 1;
    for (int round = 0; round < 300; round++) {
        for (size_t i = 1; i < len; i++) {
            noise = noise * 1664525 + 1013904223;
            bytes[i] = (uint8_t)(noise >> 24);
        }
        poll_plan_read((struct bytes){ (const char *)bytes, len }, &plan);
        look(&plan, START, POLL_NEW, noise & 1);
        int64_t delay = poll_plan_next(&plan, START, &BOUNDS, noise) - START;
        assert_in_range(delay, BOUNDS.min, 8 * (int64_t)DAY);
        assert_non_null(poll_reason_name(plan.reason));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_survives_its_bytes),
        cmocka_unit_test(what_is_no_plan_is_a_new_one),
        cmocka_unit_test(any_bytes_are_a_plan_that_can_be_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
