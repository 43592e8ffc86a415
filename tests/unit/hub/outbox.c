// SPDX-License-Identifier: MIT

#include "hub/outbox.h"

#include "hub/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool put(struct outbox *outbox, const void *bytes, size_t len)
{
    struct parcel *parcel = parcel_new(bytes, len);
    bool fine = outbox_put(outbox, parcel);
    parcel_free(parcel);
    return fine;
}

static bool put_text(struct outbox *outbox, const char *text)
{
    return put(outbox, text, strlen(text));
}

// Takes `step` bytes at a time, from at most `pieces` pieces.
static void flatten(struct outbox *outbox, size_t step, int pieces, char *out)
{
    struct iovec rest[8];
    size_t len = 0;
    int count;
    while ((count = outbox_rest(outbox, rest, pieces)) > 0) {
        size_t left = step;
        for (int i = 0; i < count && left > 0; i++) {
            size_t part = rest[i].iov_len < left ? rest[i].iov_len : left;
            memcpy(out + len, rest[i].iov_base, part);
            len += part;
            left -= part;
        }
        outbox_sent(outbox, step - left);
    }
    out[len] = '\0';
}

static void they_leave_in_their_order_however_cut(void **state)
{
    char wanted[1000] = "";
    char got[1000];
    (void)state;

    for (size_t step = 1; step < 40; step++) {
        struct outbox outbox = { 0 };
        size_t len = 0;
        for (unsigned i = 0; i < 30; i++) {
            char text[32];
            int size = snprintf(text, sizeof text, "parcel %u;", i);
            memcpy(wanted + len, text, (size_t)size + 1);
            len += (size_t)size;
            assert_true(put_text(&outbox, text));
        }
        flatten(&outbox, step, (int)(step % 8 + 1), got);
        assert_string_equal(got, wanted);
        assert_int_equal(outbox.count, 0);
        assert_int_equal(outbox.bytes, 0);
        assert_null(outbox.items);
    }
}

static void it_says_how_many_are_done_with(void **state)
{
    struct outbox outbox = { 0 };
    (void)state;

    assert_true(put_text(&outbox, "abc"));
    assert_true(put_text(&outbox, "")); // nothing to send
    assert_true(put_text(&outbox, "de"));
    assert_int_equal(outbox.count, 2);
    assert_int_equal(outbox_sent(&outbox, 2), 0);
    assert_int_equal(outbox_sent(&outbox, 2), 1);
    assert_int_equal(outbox_sent(&outbox, 1), 1);
    assert_true(put_text(&outbox, "f"));
    assert_true(put_text(&outbox, "g"));
    assert_int_equal(outbox_sent(&outbox, 2), 2);
}

static void only_so_much_waits_beside_the_largest(void **state)
{
    static char big[OUTBOX_WAITING_MAX * 4];
    struct outbox outbox = { 0 };
    (void)state;

    assert_true(put_text(&outbox, "head"));
    assert_true(put(&outbox, big, sizeof big));
    assert_true(put(&outbox, big, OUTBOX_WAITING_MAX / 2));
    assert_false(put(&outbox, big, OUTBOX_WAITING_MAX / 2));
    assert_int_equal(outbox.count, 3);
    // Once all is sent it begins anew.
    assert_int_equal(outbox_sent(&outbox, outbox.bytes), 3);
    assert_true(put(&outbox, big, 100));
    assert_true(put(&outbox, big, OUTBOX_WAITING_MAX / 2));
    assert_true(put(&outbox, big, OUTBOX_WAITING_MAX / 2));
    assert_false(put(&outbox, big, OUTBOX_WAITING_MAX / 2));
    outbox_clear(&outbox);
    assert_int_equal(outbox.count, 0);
}

static void many_small_ones_count_too(void **state)
{
    struct outbox outbox = { 0 };
    unsigned count = 0;
    (void)state;

    while (count < OUTBOX_WAITING_MAX && put_text(&outbox, "x"))
        count++;
    assert_in_range(count, 1000, OUTBOX_WAITING_MAX / 8);
    outbox_clear(&outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_leave_in_their_order_however_cut),
        cmocka_unit_test(it_says_how_many_are_done_with),
        cmocka_unit_test(only_so_much_waits_beside_the_largest),
        cmocka_unit_test(many_small_ones_count_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
