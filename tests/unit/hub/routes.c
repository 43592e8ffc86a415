// SPDX-License-Identifier: MIT

#include "hub/routes.h"

#include "hub/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// Who answered, and how.
struct kept {
    struct request request; // first: one is made into the other
    const char *handler;
    unsigned status;
    char allow[128];
};

static void keep(struct request *request, const struct reply *reply)
{
    struct kept *kept = (struct kept *)request;
    kept->status = reply->status;
    for (size_t i = 0; i < reply->header_count; i++)
        if (strncmp(reply->headers[i], "Allow: ", 7) == 0)
            snprintf(kept->allow, sizeof kept->allow, "%s",
                     reply->headers[i] + 7);
}

#define HANDLER(name_)                                                         \
    static void name_(void *self, struct request *request, struct moment now)  \
    {                                                                          \
        assert_string_equal(self, "self");                                     \
        assert_int_equal(now.mono, 7);                                         \
        ((struct kept *)request)->handler = #name_;                            \
    }
HANDLER(page)
HANDLER(hub)
HANDLER(events)
HANDLER(anything)
HANDLER(pause)

static const struct route routes[] = {
    { REQUEST_GET, "/", page },
    { REQUEST_POST, "/", hub },
    { REQUEST_POST, "/publish", hub },
    { REQUEST_GET, "/events", events },
    { REQUEST_POST, "/events", events },
    { REQUEST_GET, "/files/*", anything },
    { REQUEST_GET, "/files/pause/*", pause },
    { REQUEST_GET, "/files/page", page },
};

static struct kept dispatch(enum request_method method, const char *path)
{
    static char self[] = "self";
    struct kept kept = {
        .request = { .method = method,
                     .path = path,
                     .query = "",
                     .answer = keep },
        .handler = "",
    };
    routes_dispatch(routes, sizeof routes / sizeof *routes, self, &kept.request,
                    (struct moment){ .mono = 7 });
    return kept;
}

static const char *handler_of(enum request_method method, const char *path)
{
    return dispatch(method, path).handler;
}

static void a_row_is_found_by_method_and_path(void **state)
{
    (void)state;
    assert_string_equal(handler_of(REQUEST_GET, "/"), "page");
    assert_string_equal(handler_of(REQUEST_POST, "/"), "hub");
    assert_string_equal(handler_of(REQUEST_POST, "/publish"), "hub");
}

static void head_is_served_by_get(void **state)
{
    (void)state;
    assert_string_equal(handler_of(REQUEST_HEAD, "/events"), "events");
}

static void an_exact_path_wins_then_the_longest(void **state)
{
    (void)state;
    assert_string_equal(handler_of(REQUEST_GET, "/files/x/y"), "anything");
    assert_string_equal(handler_of(REQUEST_GET, "/files/page"), "page");
    assert_string_equal(handler_of(REQUEST_GET, "/files/pause/7"), "pause");
    assert_string_equal(handler_of(REQUEST_GET, "/files/pause"), "anything");
}

static void unknown_paths_are_404(void **state)
{
    static const char *const paths[] = { "/x",      "/events/", "/files",
                                         "/files/", "//",       "" };
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_int_equal(dispatch(REQUEST_GET, paths[i]).status, 404);
}

static void other_methods_are_405_and_told_which_there_are(void **state)
{
    struct kept kept = dispatch(REQUEST_DELETE, "/");
    (void)state;

    assert_int_equal(kept.status, 405);
    assert_string_equal(kept.allow, "GET, HEAD, POST, OPTIONS");
    kept = dispatch(REQUEST_OTHER, "/publish");
    assert_int_equal(kept.status, 405);
    assert_string_equal(kept.allow, "POST, OPTIONS");
}

static void options_tells_the_methods(void **state)
{
    struct kept kept = dispatch(REQUEST_OPTIONS, "/events");
    (void)state;

    assert_int_equal(kept.status, 204);
    assert_string_equal(kept.allow, "GET, HEAD, POST, OPTIONS");
}

static void what_is_below_a_pattern_is_told(void **state)
{
    (void)state;
    assert_string_equal(routes_below("/a/*", "/a/7/b"), "7/b");
    assert_null(routes_below("/a/*", "/a/"));
    assert_null(routes_below("/a/*", "/a"));
    assert_null(routes_below("/a/*", "/b/7"));
    assert_null(routes_below("/a", "/a/7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_found_by_method_and_path),
        cmocka_unit_test(head_is_served_by_get),
        cmocka_unit_test(an_exact_path_wins_then_the_longest),
        cmocka_unit_test(unknown_paths_are_404),
        cmocka_unit_test(other_methods_are_405_and_told_which_there_are),
        cmocka_unit_test(options_tells_the_methods),
        cmocka_unit_test(what_is_below_a_pattern_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
