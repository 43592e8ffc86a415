// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/unzip.h"

#include "fetcher/coding.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { TEXT_MAX = 200000, PACKED_MAX = 210000 };

struct place {
    char text[TEXT_MAX], packed[PACKED_MAX], out[TEXT_MAX];
    size_t text_len, packed_len, out_len, out_max;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->out_max = TEXT_MAX;
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

enum { GZIP = 16 + 15, ZLIB = 15, RAW = -15 };

// Appends it as one stream. Numbers do not pack well, so that there is
// something to cut.
static void pack_as(struct place *place, int format, size_t len)
{
    unsigned random = 1;
    char *text = place->text + place->text_len;
    for (size_t i = 0; i < len; i++) {
        random = random * 1664525U + 1013904223U;
        text[i] = (char)('a' + (random >> 24) % 16);
    }
    z_stream stream = { 0 };
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY),
        Z_OK);
    stream.next_in = (Bytef *)text;
    stream.avail_in = (unsigned)len;
    stream.next_out = (Bytef *)place->packed + place->packed_len;
    stream.avail_out = (unsigned)(PACKED_MAX - place->packed_len);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    place->packed_len += stream.total_out;
    place->text_len += len;
    deflateEnd(&stream);
}

static void pack(struct place *place, size_t len)
{
    pack_as(place, GZIP, len);
}

static bool take(void *context, const char *bytes, size_t len)
{
    struct place *place = context;
    if (place->out_len + len > place->out_max)
        return false;
    memcpy(place->out + place->out_len, bytes, len);
    place->out_len += len;
    return true;
}

// In pieces of that many bytes.
static enum coding_step undo_as(const struct coding *coding,
                                struct place *place, size_t piece, bool *whole)
{
    void *state = coding->begin();
    enum coding_step step = CODING_ON;
    assert_non_null(state);
    place->out_len = 0;
    for (size_t at = 0; at < place->packed_len && step == CODING_ON;
         at += piece) {
        size_t left = place->packed_len - at;
        step = coding->feed(state, place->packed + at,
                            left < piece ? left : piece, take, place);
    }
    *whole = coding->is_whole(state);
    coding->end(state);
    return step;
}

static enum coding_step undo(struct place *place, size_t piece, bool *whole)
{
    return undo_as(unzip_gzip(), place, piece, whole);
}

static void expect_all(struct place *place, size_t piece)
{
    bool whole;
    assert_int_equal(undo(place, piece, &whole), CODING_ON);
    assert_true(whole);
    assert_int_equal(place->out_len, place->text_len);
    assert_memory_equal(place->out, place->text, place->text_len);
}

static void what_was_packed_comes_out_in_pieces_of_any_size(void **state)
{
    static const size_t pieces[] = { 1, 7, 1000, 16384, PACKED_MAX };
    struct place *place = *state;
    pack(place, 150000);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        expect_all(place, pieces[i]);
}

static void nothing_packed_is_whole_and_nothing_at_all_is_not(void **state)
{
    struct place *place = *state;
    bool whole;
    assert_int_equal(undo(place, 1, &whole), CODING_ON);
    assert_false(whole);
    pack(place, 0);
    expect_all(place, 1);
}

static void what_breaks_off_is_not_whole(void **state)
{
    struct place *place = *state;
    bool whole;
    pack(place, 1000);
    for (size_t len = place->packed_len; len-- > 0;) {
        place->packed_len = len;
        assert_int_equal(undo(place, 64, &whole), CODING_ON);
        assert_false(whole);
    }
}

static void streams_may_follow_each_other(void **state)
{
    struct place *place = *state;
    bool whole;
    pack(place, 1000);
    pack(place, 0);
    pack(place, 30000);
    for (size_t piece = 1; piece < 40; piece++)
        expect_all(place, piece);
    place->packed_len--;
    assert_int_equal(undo(place, 100, &whole), CODING_ON);
    assert_false(whole);
}

static void what_else_comes_behind_one_is_passed_over(void **state)
{
    struct place *place = *state;
    pack(place, 1000);
    size_t len = place->packed_len;
    memset(place->packed + len, 0, 20);
    place->packed[len + 10] = 0x1f;
    place->packed_len = len + 20;
    expect_all(place, 1);
    expect_all(place, 100);
    expect_all(place, PACKED_MAX);
}

static void what_is_no_gzip_or_fails_its_sum_is_broken(void **state)
{
    struct place *place = *state;
    bool whole;
    pack(place, 1000);
    for (size_t at = 0; at < place->packed_len; at++) {
        // The time, its flags and the system are nobody's business.
        if (at >= 3 && at < 10)
            continue;
        place->packed[at] ^= 0x20;
        enum coding_step step = undo(place, PACKED_MAX, &whole);
        assert_true(step == CODING_BROKEN || !whole);
        place->packed[at] ^= 0x20;
    }
    memcpy(place->packed, "this is no gzip", 15);
    place->packed_len = 15;
    assert_int_equal(undo(place, 1, &whole), CODING_BROKEN);
}

static void who_has_enough_gets_no_more(void **state)
{
    struct place *place = *state;
    bool whole;
    pack(place, 100000);
    place->out_max = 40000;
    assert_int_equal(undo(place, PACKED_MAX, &whole), CODING_STOPPED);
    assert_false(whole);
    assert_true(place->out_len <= 40000);
}

static void deflate_comes_in_zlibs_format_or_without(void **state)
{
    static const int formats[] = { ZLIB, RAW };
    static const size_t pieces[] = { 1, 2, 3, 1000, PACKED_MAX };
    struct place *place = *state;
    bool whole;
    for (size_t f = 0; f < 2; f++) {
        place->packed_len = place->text_len = 0;
        pack_as(place, formats[f], 5000);
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            assert_int_equal(undo_as(unzip_deflate(), place, pieces[i], &whole),
                             CODING_ON);
            assert_true(whole);
            assert_int_equal(place->out_len, place->text_len);
            assert_memory_equal(place->out, place->text, place->text_len);
        }
        for (size_t len = place->packed_len; len-- > 0;) {
            place->packed_len = len;
            assert_int_equal(undo_as(unzip_deflate(), place, 100, &whole),
                             CODING_ON);
            assert_false(whole);
        }
    }
    memcpy(place->packed, "\x78\x9cthis is not", 14);
    place->packed_len = 14;
    assert_int_equal(undo_as(unzip_deflate(), place, 1, &whole), CODING_BROKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_packed_comes_out_in_pieces_of_any_size),
        TEST(nothing_packed_is_whole_and_nothing_at_all_is_not),
        TEST(what_breaks_off_is_not_whole),
        TEST(streams_may_follow_each_other),
        TEST(what_else_comes_behind_one_is_passed_over),
        TEST(what_is_no_gzip_or_fails_its_sum_is_broken),
        TEST(who_has_enough_gets_no_more),
        TEST(deflate_comes_in_zlibs_format_or_without),
    };
    return cmocka_run_group_tests_name("unzip", tests, NULL, NULL);
}
