// SPDX-License-Identifier: MIT

#include "hub/doubts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t one[16] = { 1 }, two[16] = { 2 };

static void M6_what_may_be_old_is_believed_the_second_time(void **state)
{
    (void)state;
    static struct doubts doubts;
    assert_int_equal(doubts_ask(&doubts, 7, one, 1000), 90000);
    // Not sooner, however often it is asked.
    assert_int_equal(doubts_ask(&doubts, 7, one, 16000), 75000);
    assert_int_equal(doubts_ask(&doubts, 7, one, 90999), 1);
    assert_int_equal(doubts_ask(&doubts, 7, one, 91000), 0);
    // The next time it is doubted anew.
    assert_int_equal(doubts_ask(&doubts, 7, one, 91001), 90000);
}

static void M6_another_answer_is_another_doubt(void **state)
{
    (void)state;
    static struct doubts doubts;
    doubts_ask(&doubts, 7, one, 1000);
    assert_int_equal(doubts_ask(&doubts, 7, two, 60000), 90000);
    assert_int_equal(doubts_ask(&doubts, 7, two, 91000), 59000);
    doubts_drop(&doubts, 7);
    doubts_drop(&doubts, 7);
    assert_int_equal(doubts_ask(&doubts, 7, two, 200000), 90000);
}

static void M6_many_topics_are_doubted_at_a_time(void **state)
{
    (void)state;
    static struct doubts doubts;
    enum { MANY = DOUBTS_SETS * DOUBTS_WAYS };
    for (uint64_t topic = 1; topic <= MANY; topic++)
        assert_int_equal(doubts_ask(&doubts, topic, one, 1000 + (int)topic),
                         90000);
    // The oldest doubt makes room.
    assert_int_equal(doubts_ask(&doubts, MANY + 1, one, 50000), 90000);
    assert_int_equal(doubts_ask(&doubts, MANY, one, 200000), 0);
    assert_int_equal(doubts_ask(&doubts, 1, one, 200000), 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M6_what_may_be_old_is_believed_the_second_time),
        cmocka_unit_test(M6_another_answer_is_another_doubt),
        cmocka_unit_test(M6_many_topics_are_doubted_at_a_time),
    };
    return cmocka_run_group_tests_name("doubts", tests, NULL, NULL);
}
