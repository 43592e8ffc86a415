// SPDX-License-Identifier: MIT

#include "hub/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

// stderr goes into a pipe while an event is logged, so that what was written
// in one call can be read in one.
struct capture {
    int pipe[2];
    int saved;
    char line[16384];
    size_t len;
};

static int set_up(void **state)
{
    struct capture *capture = calloc(1, sizeof *capture);
    assert_non_null(capture);
    // A packet a write: a second write would be a second read.
    assert_int_equal(pipe2(capture->pipe, O_DIRECT | O_NONBLOCK), 0);
    capture->saved = dup(STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    *state = capture;
    return 0;
}

static int tear_down(void **state)
{
    struct capture *capture = *state;
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->pipe[0]);
    close(capture->pipe[1]);
    unsetenv("JOURNAL_STREAM");
    log_setup(LOG_INFO, false);
    free(capture);
    return 0;
}

static const char *after(struct capture *capture, enum log_level level,
                         const char *event, const struct log_field *fields,
                         unsigned count)
{
    dup2(capture->pipe[1], STDERR_FILENO);
    log_event(level, event, fields, count);
    dup2(capture->saved, STDERR_FILENO);
    // A packet is at most a page; the rest follows as another.
    capture->len = 0;
    ssize_t got;
    while ((got = read(capture->pipe[0], capture->line + capture->len,
                       sizeof capture->line - 1 - capture->len))
           > 0)
        capture->len += (size_t)got;
    capture->line[capture->len] = '\0';
    return capture->line;
}

#define AFTER(capture_, level_, event_, ...)                                   \
    after((capture_), (level_), (event_),                                      \
          (const struct log_field[]){ __VA_ARGS__ },                           \
          (unsigned)(sizeof((const struct log_field[]){ __VA_ARGS__ })         \
                     / sizeof(struct log_field)))

enum { TIME_LENGTH = sizeof "2026-11-22T01:31:42.123Z " - 1 };

static void check_text(struct capture *capture, const char *value,
                       const char *written)
{
    log_setup(LOG_INFO, false);
    const char *line = AFTER(capture, LOG_INFO, "e", LOG_T("v", value));
    char expected[1024];
    snprintf(expected, sizeof expected, "info e v=%s\n", written);
    assert_true(strlen(line) > TIME_LENGTH);
    assert_string_equal(line + TIME_LENGTH, expected);
}

static void a_line_has_time_level_event_and_fields(void **state)
{
    struct capture *capture = *state;
    log_setup(LOG_INFO, false);
    const char *line =
        AFTER(capture, LOG_INFO, "subscription.active", LOG_N("id", 7),
              LOG_T("host", "h"), LOG_N("least", INT64_MIN));
    assert_string_equal(
        line + TIME_LENGTH,
        "info subscription.active id=7 host=h least=-9223372036854775808\n");
    int year, month, day, hour, minute, second, ms, end = 0;
    assert_int_equal(sscanf(line, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year,
                            &month, &day, &hour, &minute, &second, &ms, &end),
                     7);
    assert_int_equal(end, TIME_LENGTH);
}

static void values_with_blanks_are_quoted(void **state)
{
    struct capture *capture = *state;
    check_text(capture, "plain-word/1", "plain-word/1");
    check_text(capture, "two words", "\"two words\"");
    check_text(capture, "", "\"\"");
    check_text(capture, "a=b", "\"a=b\"");
}

static void a_value_cannot_begin_another_line(void **state)
{
    struct capture *capture = *state;
    check_text(capture, "a\nerror forged", "\"a\\x0aerror forged\"");
    check_text(capture, "\"quoted\\", "\"\\\"quoted\\\\\"");
    check_text(capture, "\x1b[2J\x7f", "\"\\x1b[2J\\x7f\"");
    check_text(capture, "\xc3\xa4", "\"\\xc3\\xa4\"");
}

static void json_lines_are_json(void **state)
{
    struct capture *capture = *state;
    log_setup(LOG_INFO, true);
    const char *line =
        AFTER(capture, LOG_WARN, "x.y", LOG_T("v", "a\"b\\c\n\x01\x7f\xc3\xa4"),
              LOG_N("n", -5));
    json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "v")),
                        "a\"b\\c\n\x01\x7f\xc3\xa4");
    assert_string_equal(json_string_value(json_object_get(json, "event")),
                        "x.y");
    assert_string_equal(json_string_value(json_object_get(json, "level")),
                        "warn");
    assert_int_equal(json_integer_value(json_object_get(json, "n")), -5);
    assert_int_equal(json_string_length(json_object_get(json, "time")),
                     TIME_LENGTH - 1);
    json_decref(json);
}

static void any_bytes_make_valid_json(void **state)
{
    struct capture *capture = *state;
    log_setup(LOG_INFO, true);
    for (unsigned first = 1; first < 256; first++) {
        for (unsigned second = 1; second < 256; second += 7) {
            char value[3] = { (char)first, (char)second, '\0' };
            const char *line = AFTER(capture, LOG_INFO, "e", LOG_T("v", value));
            assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
            json_t *json = json_loads(line, 0, NULL);
            assert_non_null(json);
            json_decref(json);
        }
    }
}

static void a_long_value_is_cut_within_a_whole_line(void **state)
{
    struct capture *capture = *state;
    char value[4001];
    for (size_t i = 0; i + 2 < sizeof value; i += 2)
        memcpy(value + i, "\xc3\xa4", 2);
    value[4000] = '\0';
    struct log_field fields[16];
    for (size_t i = 0; i < 16; i++)
        fields[i] = LOG_T("a-name-of-some-length", value);

    log_setup(LOG_INFO, true);
    const char *line = after(capture, LOG_INFO, "e", fields, 16);
    json_t *json = json_loads(line, 0, NULL);
    assert_non_null(json);
    assert_non_null(strstr(line, "...\"}"));
    json_decref(json);

    log_setup(LOG_INFO, false);
    line = after(capture, LOG_INFO, "e", fields, 16);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

static void levels_above_the_wanted_are_silent(void **state)
{
    struct capture *capture = *state;
    log_setup(LOG_WARN, false);
    assert_false(log_wants(LOG_INFO));
    assert_true(log_wants(LOG_WARN));
    assert_string_equal(AFTER(capture, LOG_INFO, "e", LOG_N("n", 1)), "");
    assert_string_not_equal(AFTER(capture, LOG_ERROR, "e", LOG_N("n", 1)), "");
}

static void the_journal_gets_a_priority_and_no_time(void **state)
{
    struct capture *capture = *state;
    struct stat stat;
    assert_int_equal(fstat(capture->pipe[1], &stat), 0);
    char stream[64];
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)stat.st_dev,
             (uintmax_t)stat.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);

    dup2(capture->pipe[1], STDERR_FILENO);
    log_setup(LOG_DEBUG, false);
    dup2(capture->saved, STDERR_FILENO);
    assert_string_equal(AFTER(capture, LOG_ERROR, "e", LOG_N("n", 1)),
                        "<3>error e n=1\n");
    assert_string_equal(AFTER(capture, LOG_DEBUG, "e", LOG_N("n", 1)),
                        "<7>debug e n=1\n");
}

static void a_journal_that_is_not_ours_is_ignored(void **state)
{
    struct capture *capture = *state;
    setenv("JOURNAL_STREAM", "1:1", 1);
    log_setup(LOG_INFO, false);
    const char *line = AFTER(capture, LOG_INFO, "e", LOG_N("n", 1));
    assert_string_equal(line + TIME_LENGTH, "info e n=1\n");
}

static void logging_leaves_errno_alone(void **state)
{
    struct capture *capture = *state;
    dup2(capture->pipe[0], STDERR_FILENO); // not for writing
    errno = ERANGE;
    LOG(LOG_ERROR, "e", LOG_N("n", 1));
    int left = errno;
    dup2(capture->saved, STDERR_FILENO);
    assert_int_equal(left, ERANGE);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_time_level_event_and_fields),
        TEST(values_with_blanks_are_quoted),
        TEST(a_value_cannot_begin_another_line),
        TEST(json_lines_are_json),
        TEST(any_bytes_make_valid_json),
        TEST(a_long_value_is_cut_within_a_whole_line),
        TEST(levels_above_the_wanted_are_silent),
        TEST(the_journal_gets_a_priority_and_no_time),
        TEST(a_journal_that_is_not_ours_is_ignored),
        TEST(logging_leaves_errno_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
