// SPDX-License-Identifier: MIT

#include "hub/turn_away.h"

#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void one_hears_why_and_when_to_come_again(void **state)
{
    int ends[2];
    (void)state;

    wire_pair(ends);
    wire_send(ends[0], "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    turn_away(ends[1]);
    char *answer = wire_answer(ends[0]);
    assert_int_equal(strncmp(answer, "HTTP/1.1 503 ", 13), 0);
    assert_non_null(strstr(answer, "\r\nRetry-After: "));
    assert_non_null(strstr(answer, "\r\n\r\ntoo many connections\n"));
    assert_true(wire_ends(ends[0]));
    free(answer);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_hears_why_and_when_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
