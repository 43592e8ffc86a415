// SPDX-License-Identifier: MIT

#include "hub/console_assets.h"

#include "hub/console_files.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LINE_MAX_ = 400 };

// What was answered.
struct kept {
    struct request request; // first: one is made into the other
    struct request_field fields[2];
    unsigned status;
    char type[64];
    size_t len;
    unsigned char begin[2];
    char lines[REPLY_HEADERS_MAX][LINE_MAX_];
};

static void keep(struct request *request, const struct reply *reply)
{
    struct kept *kept = (struct kept *)request;
    kept->status = reply->status;
    kept->len = reply->body_len;
    if (reply->content_type)
        snprintf(kept->type, sizeof kept->type, "%s", reply->content_type);
    if (reply->body_len >= 2)
        memcpy(kept->begin, reply->body, 2);
    for (size_t i = 0; i < reply->header_count; i++)
        snprintf(kept->lines[i], LINE_MAX_, "%s", reply->headers[i]);
}

static const char *line_of(const struct kept *kept, const char *name)
{
    for (size_t i = 0; i < REPLY_HEADERS_MAX; i++)
        if (strncmp(kept->lines[i], name, strlen(name)) == 0)
            return kept->lines[i] + strlen(name) + 2;
    return NULL;
}

static struct kept ask_with(const char *path, const char *coding,
                            const char *tag)
{
    struct kept kept = {
        .request = { .method = REQUEST_GET,
                     .path = path,
                     .query = "",
                     .body = "",
                     .answer = keep },
    };
    if (coding)
        kept.fields[kept.request.field_count++] =
            (struct request_field){ "Accept-Encoding", coding };
    if (tag)
        kept.fields[kept.request.field_count++] =
            (struct request_field){ "If-None-Match", tag };
    kept.request.fields = kept.fields;
    console_assets_show(&kept.request);
    kept.request.fields = NULL;
    return kept;
}

static struct kept ask(const char *path)
{
    return ask_with(path, NULL, NULL);
}

static void every_file_is_served_as_what_it_is(void **state)
{
    (void)state;
    size_t count;
    const struct console_file *files = console_files(&count);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        char path[128];
        snprintf(path, sizeof path, "/console/%s", files[i].path);
        assert_true(console_assets_know(path));
        struct kept kept = ask(path);
        assert_int_equal(kept.status, 200);
        assert_string_equal(kept.type, files[i].type);
        assert_int_equal(kept.len, files[i].plain_len);
        assert_null(line_of(&kept, "Content-Encoding"));
    }
}

// Its last four bytes say how long it was (RFC 1952, 2.3.1).
static void what_is_packed_is_what_is_plain(void **state)
{
    (void)state;
    size_t count;
    const struct console_file *files = console_files(&count);
    for (size_t i = 0; i < count; i++) {
        const unsigned char *end = files[i].packed + files[i].packed_len;
        size_t len = (size_t)end[-4] | (size_t)end[-3] << 8
                     | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
        assert_int_equal(len, files[i].plain_len);
        // No time: the same sources make the same program.
        assert_memory_equal(files[i].packed + 4, "\0\0\0\0", 4);
        assert_true(end[-5] || end[-6] || end[-7] || end[-8]);
    }
}

static void only_what_is_below_it_is_of_the_console(void **state)
{
    (void)state;
    assert_true(console_assets_know("/console"));
    assert_true(console_assets_know("/console/"));
    assert_false(console_assets_know("/consoles"));
    assert_false(console_assets_know("/"));
    assert_false(console_assets_know("/admin/status"));
    assert_int_equal(ask("/console/no.js").status, 404);
    assert_int_equal(ask("/console/../style.css").status, 404);
    assert_int_equal(ask("/console//").status, 404);
}

static void the_name_alone_leads_to_the_page(void **state)
{
    (void)state;
    struct kept kept = ask("/console");
    assert_int_equal(kept.status, 308);
    assert_string_equal(line_of(&kept, "Location"), "console/");
}

static void whoever_takes_gzip_gets_it(void **state)
{
    (void)state;
    static const char *const takers[] = { "gzip", "br, gzip;q=0.5",
                                          "deflate,GZIP", "gzip;q=1.0" };
    static const char *const others[] = { "br",       "x-gzip",
                                          "gzip;q=0", "gzip; q=0.000, br",
                                          "gzipped",  "" };
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        struct kept kept = ask_with("/console/style.css", takers[i], NULL);
        assert_string_equal(line_of(&kept, "Content-Encoding"), "gzip");
        assert_int_equal(kept.begin[0], 0x1f);
        assert_int_equal(kept.begin[1], 0x8b);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct kept kept = ask_with("/console/style.css", others[i], NULL);
        assert_null(line_of(&kept, "Content-Encoding"));
        assert_string_equal(line_of(&kept, "Vary"), "Accept-Encoding");
    }
}

static void what_is_known_is_not_sent_again(void **state)
{
    (void)state;
    struct kept plain = ask("/console/");
    struct kept packed = ask_with("/console/", "gzip", NULL);
    const char *tag = line_of(&plain, "ETag");
    assert_string_not_equal(tag, line_of(&packed, "ETag"));

    struct kept again = ask_with("/console/", NULL, tag);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.len, 0);
    assert_string_equal(line_of(&again, "ETag"), tag);
    assert_int_equal(ask_with("/console/", "gzip", tag).status, 200);
    assert_int_equal(ask_with("/console/", NULL, "\"old\"").status, 200);
}

static void the_policy_allows_nothing_but_these_files(void **state)
{
    (void)state;
    struct kept kept = ask("/console/");
    const char *policy = line_of(&kept, "Content-Security-Policy");
    assert_non_null(strstr(policy, "default-src 'none'"));
    assert_non_null(strstr(policy, "script-src 'self'"));
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_null(strstr(policy, "unsafe"));
    assert_string_equal(line_of(&kept, "X-Content-Type-Options"), "nosniff");
}

static void it_can_only_be_read(void **state)
{
    (void)state;
    struct kept kept = {
        .request = { .method = REQUEST_POST,
                     .path = "/console/",
                     .query = "",
                     .body = "",
                     .answer = keep },
    };
    console_assets_show(&kept.request);
    assert_int_equal(kept.status, 405);
    assert_string_equal(line_of(&kept, "Allow"), "GET, HEAD");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_served_as_what_it_is),
        cmocka_unit_test(what_is_packed_is_what_is_plain),
        cmocka_unit_test(only_what_is_below_it_is_of_the_console),
        cmocka_unit_test(the_name_alone_leads_to_the_page),
        cmocka_unit_test(whoever_takes_gzip_gets_it),
        cmocka_unit_test(what_is_known_is_not_sent_again),
        cmocka_unit_test(the_policy_allows_nothing_but_these_files),
        cmocka_unit_test(it_can_only_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
