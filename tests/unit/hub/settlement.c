// SPDX-License-Identifier: MIT

#include "hub/settlement.h"

#include "fakes/history.h"

static struct settlements settlements;
static enum store_status status;
static size_t times;

static void on_settled(struct observation *observation,
                       const struct store_op *op)
{
    assert_ptr_equal(observation, history.now);
    status = op->status;
    times++;
}

static int setup(void **state)
{
    int result = history_setup(state);
    settlements = (struct settlements){ .store = fake_store() };
    times = 0;
    return result;
}

static char *long_text(size_t len)
{
    char *text = malloc(len + 1);
    assert_non_null(text);
    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

static void settle_one(void)
{
    settlement_begin(&settlements, history.now, on_settled);
}

static void finish_chunk(uint32_t index, enum store_status with)
{
    struct store_put_chunk *chunk = fake_store_take(STORE_PUT_CHUNK);
    assert_int_equal(chunk->index, index);
    assert_int_equal(chunk->seq, history.item.topic.head + 1);
    fake_store_finish(&chunk->op, with);
}

static void finish_publish(enum store_status with)
{
    struct store_publish *publish = fake_store_take(STORE_PUBLISH);
    assert_int_equal(times, 0);
    fake_store_finish(&publish->op, with);
    assert_int_equal(times, 1);
    assert_int_equal(status, with);
    assert_null(settlements.putting);
}

static void small_bodies_go_with_the_one_operation(void **state)
{
    (void)state;
    fetch("hello", "text/plain");
    assert_false(settlement_waits(&settlements, history.now));
    settle_one();
    finish_publish(STORE_OK);
}

static void large_bodies_go_ahead(void **state)
{
    (void)state;
    char *text = long_text(STORE_CHUNK + 1);
    fetch(text, "text/plain");
    settle_one();
    finish_chunk(0, STORE_OK);
    finish_chunk(1, STORE_OK);
    finish_publish(STORE_CONFLICT);
    free(text);
}

static void a_piece_that_failed_is_the_end(void **state)
{
    (void)state;
    char *text = long_text(3 * STORE_CHUNK);
    fetch(text, "text/plain");
    settle_one();
    finish_chunk(0, STORE_OK);
    finish_chunk(1, STORE_FULL);
    assert_int_equal(times, 1);
    assert_int_equal(status, STORE_FULL);
    assert_null(settlements.putting);
    assert_int_equal(fake_store_waiting_all(), 0);
    // And what follows begins anew, with what there is then.
    times = 0;
    observation_settle(history.now, STORE_FETCH_FAILED);
    settle_one();
    finish_publish(STORE_OK);
    free(text);
}

static void of_one_topic_one_puts_at_a_time(void **state)
{
    (void)state;
    char *text = long_text(2 * STORE_CHUNK);
    fetch(text, "text/plain");
    settle_one();
    struct observation *first = history.now;
    history.now = NULL;
    fetch(text, "text/plain");
    assert_true(settlement_waits(&settlements, history.now));
    // Nothing of it lies where the pieces lie.
    observation_settle(history.now, STORE_FETCH_UNCHANGED);
    assert_false(settlement_waits(&settlements, history.now));
    history.item.topic.id++;
    fetch(text, "text/plain");
    assert_false(settlement_waits(&settlements, history.now));
    forget();
    history.now = first;
    history.item.topic.id--;
    finish_chunk(0, STORE_OK);
    finish_chunk(1, STORE_OK);
    finish_publish(STORE_OK);
    free(text);
}

#define SETTLED(test)                                                          \
    cmocka_unit_test_setup_teardown(test, setup, history_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SETTLED(small_bodies_go_with_the_one_operation),
        SETTLED(large_bodies_go_ahead),
        SETTLED(a_piece_that_failed_is_the_end),
        SETTLED(of_one_topic_one_puts_at_a_time),
    };
    document_setup();
    return cmocka_run_group_tests_name("settlement", tests, NULL, NULL);
}
