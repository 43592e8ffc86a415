// SPDX-License-Identifier: MIT

#include "hub/mailbox_expiry.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"
#include "storage/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { MINUTE = 60000 };

struct rig {
    struct metrics metrics;
    struct mailbox_expiry *expiry;
    uint64_t ended;
    const char *why;
    size_t times;
};

static struct rig rig;

static void on_ended(void *context, uint64_t mailbox, const char *why)
{
    assert_ptr_equal(context, &rig);
    rig.ended = mailbox;
    rig.why = why;
    rig.times++;
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .expiry = NULL };
    struct services services = {
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
    };
    log_setup(LOG_ERROR, false);
    rig.expiry = mailbox_expiry_new(&services, on_ended, &rig);
    return rig.expiry ? 0 : -1;
}

static void step(void)
{
    mailbox_expiry_step(rig.expiry, loop_now());
}

// A page of them at the start, each with this `inactivity`.
static void show(uint64_t id, int64_t inactivity, bool last)
{
    struct store_page_mailboxes *op = fake_store_take(STORE_PAGE_MAILBOXES);
    const struct store_mailbox one = {
        .id = id, .owner = id, .name = { "a", 1 }, .inactivity = inactivity
    };
    op->items = fake_store_give(&op->op, &one, sizeof one);
    op->count = 1;
    op->end = last;
    fake_store_finish(&op->op, STORE_OK);
}

static int setup_greeted(void **state)
{
    if (setup(state))
        return -1;
    step();
    show(1, 0, true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = mailbox_expiry_idle(rig.expiry);
    mailbox_expiry_free(rig.expiry);
    return idle && fake_store_clean() ? 0 : -1;
}

static void expire(size_t count, int64_t lease_end, bool more, int64_t next)
{
    struct store_expire_mailboxes *op = fake_store_take(STORE_EXPIRE_MAILBOXES);
    const struct store_mailbox ended[] = { { .id = 7,
                                             .lease_end = lease_end } };
    op->items = fake_store_give(&op->op, ended, count * sizeof *ended);
    op->count = count;
    op->more = more;
    op->next_end = next;
    fake_store_finish(&op->op, STORE_OK);
}

static void what_ended_is_told_with_its_reason(void **state)
{
    (void)state;
    step();
    expire(1, loop_now().unix, true, INT64_MAX);
    assert_int_equal(rig.ended, 7);
    assert_non_null(strstr(rig.why, "lease"));
    step(); // there was more
    expire(1, loop_now().unix + 1, false, INT64_MAX);
    assert_non_null(strstr(rig.why, "nobody"));
    assert_int_equal(rig.metrics.counts[METRIC_MAILBOXES_ENDED], 2);
}

static void it_looks_when_the_next_may_end(void **state)
{
    (void)state;
    step();
    expire(0, 0, false, loop_now().unix + 5000);
    assert_int_equal(mailbox_expiry_patience(rig.expiry, loop_now()), 5000);
    mailbox_expiry_due(rig.expiry, loop_now().unix + 1000);
    assert_int_equal(mailbox_expiry_patience(rig.expiry, loop_now()), 1000);
    fake_loop_pass(999);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
    fake_loop_pass(1);
    step();
    expire(0, 0, false, INT64_MAX);
    // And now and then if nothing says so.
    assert_in_range(mailbox_expiry_patience(rig.expiry, loop_now()), 1, MINUTE);
}

static void a_store_that_fails_is_asked_again(void **state)
{
    (void)state;
    step();
    struct store_op *op = fake_store_take(STORE_EXPIRE_MAILBOXES);
    fake_store_finish(op, STORE_AGAIN);
    assert_in_range(mailbox_expiry_patience(rig.expiry, loop_now()), 1, MINUTE);
    mailbox_expiry_drain(rig.expiry);
    fake_loop_pass(MINUTE);
    step();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void R68_at_its_start_the_hub_gives_readers_their_time(void **state)
{
    (void)state;
    step();
    show(1, 0, false);
    step();
    struct store_page_mailboxes *page = fake_store_take(STORE_PAGE_MAILBOXES);
    assert_int_equal(page->after_owner, 1);
    assert_string_equal(page->after_name.at, "a");
    fake_store_finish(&page->op, STORE_AGAIN);
    fake_loop_pass(1000);
    step();
    show(2, 45000, true);
    step();
    // Nothing ends before that is stored.
    assert_int_equal(fake_store_waiting(STORE_EXPIRE_MAILBOXES), 0);
    struct store_touch_mailbox *op = fake_store_take(STORE_TOUCH_MAILBOX);
    assert_int_equal(op->mailbox, 2);
    assert_true(op->now);
    fake_store_finish(&op->op, STORE_OK);
    step();
    expire(0, 0, false, INT64_MAX);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, setup_greeted, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_ended_is_told_with_its_reason),
        TEST(it_looks_when_the_next_may_end),
        TEST(a_store_that_fails_is_asked_again),
        cmocka_unit_test_setup_teardown(
            R68_at_its_start_the_hub_gives_readers_their_time, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
