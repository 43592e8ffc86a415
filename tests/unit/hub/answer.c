// SPDX-License-Identifier: MIT

#include "hub/answer.h"

#include "hub/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// All of it, put together from pieces of at most `step` bytes.
static void flatten(const struct answer *answer, size_t step, char *out,
                    size_t out_max)
{
    struct iovec rest[2];
    size_t sent = 0;
    while (answer_rest(answer, sent, rest) > 0) {
        size_t len = rest[0].iov_len < step ? rest[0].iov_len : step;
        assert_true(sent + len < out_max);
        memcpy(out + sent, rest[0].iov_base, len);
        sent += len;
    }
    out[sent] = '\0';
}

static void an_answer_has_its_head_and_body(void **state)
{
    struct answer_shelf *shelf =
        answer_shelf_new(NULL, &(struct answer_limits){ 0 });
    struct reply reply = {
        .status = 429,
        .content_type = "text/plain",
        .body = "slow down",
        .body_len = 9,
        .headers = { "Retry-After: 5", "X: y" },
        .header_count = 2,
    };
    struct answer *answer = answer_new(shelf, NULL, &reply, false, true);
    char text[1024];
    (void)state;

    flatten(answer, 3, text, sizeof text);
    assert_int_equal(
        strncmp(text, "HTTP/1.1 429 Too Many Requests\r\nDate: ", 38), 0);
    assert_non_null(strstr(text, " GMT\r\nContent-Type: text/plain\r\n"
                                 "Content-Length: 9\r\nRetry-After: 5\r\n"
                                 "X: y\r\nCache-Control: no-store\r\n"
                                 "Connection: close\r\n\r\nslow down"));
    assert_true(answer_closes(answer));
    answer_free(answer, NULL);
    answer_shelf_free(shelf);
}

static void assert_lacks(const struct reply *reply, bool head_only,
                         const char *text)
{
    struct answer_shelf *shelf =
        answer_shelf_new(NULL, &(struct answer_limits){ 0 });
    struct answer *answer = answer_new(shelf, NULL, reply, head_only, false);
    char all[1024];
    flatten(answer, 1024, all, sizeof all);
    if (strstr(all, text))
        fail_msg("'%s' has '%s'", all, text);
    assert_false(answer_closes(answer));
    answer_free(answer, NULL);
    answer_shelf_free(shelf);
}

static void a_204_has_neither_length_nor_body(void **state)
{
    (void)state;
    assert_lacks(&(struct reply){ .status = 204 }, false, "Content-Length");
    assert_lacks(&(struct reply){ .status = 204 }, false, "Connection");
}

static void a_head_is_answered_without_the_body(void **state)
{
    struct reply reply = {
        .status = 200, .content_type = "a/b", .body = "unseen", .body_len = 6
    };
    (void)state;
    assert_lacks(&reply, true, "unseen");
}

static void what_may_be_cached_can_be_said(void **state)
{
    struct reply reply = { .status = 200,
                           .headers = { "cache-control: max-age=60" },
                           .header_count = 1 };
    (void)state;
    assert_lacks(&reply, false, "no-store");
}

static struct answer *answer_for(struct answer_shelf *shelf,
                                 struct crowd_member *member, const char *body)
{
    struct reply reply = { .status = 200,
                           .content_type = "a/b",
                           .body = body,
                           .body_len = strlen(body) };
    return answer_new(shelf, member, &reply, false, false);
}

static struct answer *answer_of(struct answer_shelf *shelf, const char *body)
{
    return answer_for(shelf, NULL, body);
}

// Where the body of an answer lies.
static const void *body_place(const struct answer *answer)
{
    struct iovec rest[2];
    assert_int_equal(answer_rest(answer, 0, rest), 2);
    return rest[1].iov_base;
}

static void equal_long_bodies_are_kept_once(void **state)
{
    struct answer_shelf *shelf =
        answer_shelf_new(NULL, &(struct answer_limits){ 0 });
    char one[4096];
    char other[4096];
    char text[8192];
    (void)state;

    memset(one, 'a', sizeof one - 1);
    one[sizeof one - 1] = '\0';
    memcpy(other, one, sizeof one);
    struct answer *first = answer_of(shelf, one);
    struct answer *second = answer_of(shelf, other);
    other[4000] = 'b';
    struct answer *third = answer_of(shelf, other);
    assert_ptr_equal(body_place(first), body_place(second));
    assert_ptr_not_equal(body_place(first), body_place(third));

    answer_free(first, NULL);
    flatten(second, 1000, text, sizeof text);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, one);
    flatten(third, 1000, text, sizeof text);
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, other);
    answer_free(second, NULL);
    answer_free(third, NULL);
    answer_shelf_free(shelf);
}

static void only_so_many_bytes_are_under_way(void **state)
{
    struct answer_shelf *shelf =
        answer_shelf_new(NULL, &(struct answer_limits){ .all = 10000 });
    char bodies[3][4096] = { "" };
    (void)state;

    for (int i = 0; i < 3; i++)
        memset(bodies[i], 'a' + i, sizeof bodies[i] - 1);
    struct answer *first = answer_of(shelf, bodies[0]);
    struct answer *second = answer_of(shelf, bodies[1]);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(answer_of(shelf, bodies[2]));
    // What is there already, and what is small, is no burden.
    struct answer *again = answer_of(shelf, bodies[1]);
    struct answer *small = answer_of(shelf, "small");
    assert_non_null(again);
    assert_non_null(small);
    answer_free(first, NULL);
    struct answer *third = answer_of(shelf, bodies[2]);
    assert_non_null(third);
    answer_free(second, NULL);
    answer_free(again, NULL);
    answer_free(small, NULL);
    answer_free(third, NULL);
    answer_shelf_free(shelf);
}

static void an_address_has_its_share_of_them(void **state)
{
    struct crowd *crowd = crowd_new(8);
    struct answer_shelf *shelf = answer_shelf_new(
        crowd, &(struct answer_limits){ .all = 100000, .per_address = 5000 });
    struct crowd_member *me = crowd_join(crowd, (uint8_t[16]){ 1 }, 1);
    struct crowd_member *he = crowd_join(crowd, (uint8_t[16]){ 2 }, 1);
    char one[4096] = "", other[4096] = "";
    (void)state;

    memset(one, 'a', sizeof one - 1);
    memset(other, 'b', sizeof other - 1);
    struct answer *first = answer_for(shelf, me, one);
    struct answer *same = answer_for(shelf, me, one);
    struct answer *small = answer_for(shelf, me, "small");
    assert_non_null(first);
    assert_non_null(same);
    assert_non_null(small);
    assert_null(answer_for(shelf, me, other));
    // Others have theirs, and who is not counted has any number.
    struct answer *his = answer_for(shelf, he, other);
    struct answer *third = answer_for(shelf, NULL, one);
    struct answer *fourth = answer_for(shelf, NULL, other);
    assert_non_null(his);
    assert_non_null(third);
    assert_non_null(fourth);

    answer_free(first, me);
    assert_null(answer_for(shelf, me, other));
    answer_free(same, me);
    first = answer_for(shelf, me, other);
    assert_non_null(first);
    answer_free(first, me);
    answer_free(small, me);
    answer_free(his, he);
    answer_free(third, NULL);
    answer_free(fourth, NULL);
    answer_shelf_free(shelf);
    crowd_leave(crowd, me);
    crowd_leave(crowd, he);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_its_head_and_body),
        cmocka_unit_test(a_204_has_neither_length_nor_body),
        cmocka_unit_test(a_head_is_answered_without_the_body),
        cmocka_unit_test(what_may_be_cached_can_be_said),
        cmocka_unit_test(equal_long_bodies_are_kept_once),
        cmocka_unit_test(only_so_many_bytes_are_under_way),
        cmocka_unit_test(an_address_has_its_share_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
