// SPDX-License-Identifier: MIT

#include "hub/held.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct request *hold(char *text, void *owner)
{
    struct head head;
    const char *problem = NULL;
    struct sockaddr_in peer = { .sin_family = AF_INET };
    inet_pton(AF_INET, "192.0.2.7", &peer.sin_addr);
    assert_int_equal(head_read(text, strlen(text), &head, &problem), 0);
    return held_new(&head, (struct sockaddr *)&peer, owner);
}

static void a_request_outlives_the_buffer_it_came_in(void **state)
{
    char text[] = "GET /events?a=b HTTP/1.1\r\nHost: h\r\nX-Y: z\r\n\r\n";
    int owner;
    struct request *request = hold(text, &owner);
    (void)state;

    memset(text, 'x', sizeof text);
    assert_string_equal(request->path, "/events");
    assert_string_equal(request->query, "a=b");
    assert_string_equal(request_field(request, "host"), "h");
    assert_string_equal(request_field(request, "x-y"), "z");
    assert_string_equal(request->peer, "192.0.2.7");
    assert_string_equal(request->body, "");
    assert_ptr_equal(held_owner(request), &owner);
    held_free(request);
    held_free(NULL);
}

static void fields_that_no_answer_depends_on_are_left_out(void **state)
{
    char text[] = "GET /events HTTP/1.1\r\nUser-Agent: long\r\nHost: h\r\n"
                  "accept-encoding: gzip\r\nAccept: a/b\r\n\r\n";
    struct request *request = hold(text, NULL);
    (void)state;

    assert_int_equal(request->field_count, 2);
    assert_null(request_field(request, "User-Agent"));
    assert_string_equal(request_field(request, "Accept"), "a/b");
    held_free(request);
}

static void a_body_is_taken_over(void **state)
{
    char text[] = "POST /events HTTP/1.1\r\nHost: h\r\n\r\n";
    struct request *request = hold(text, NULL);
    char *body = malloc(4);
    (void)state;

    assert_non_null(body);
    memcpy(body, "abc", 3);
    held_take_body(request, body, 3);
    assert_string_equal(request->body, "abc");
    assert_int_equal(request->body_len, 3);
    held_free(request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_outlives_the_buffer_it_came_in),
        cmocka_unit_test(fields_that_no_answer_depends_on_are_left_out),
        cmocka_unit_test(a_body_is_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
