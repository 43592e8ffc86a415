// SPDX-License-Identifier: MIT

#include "hub/access_origin.h"

#include "hub/access.h"
#include "hub/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALLOW "Access-Control-Allow-Origin: "

static void set(struct config *config, char *public_url, char *first,
                char *second)
{
    memset(config, 0, sizeof *config);
    config->public_url = public_url;
    config->pull_origin.items[0] = first;
    config->pull_origin.items[1] = second;
    config->pull_origin.count = first ? second ? 2 : 1 : 0;
}

// Both must agree.
static void check(const struct config *config, const char *origin,
                  const char *line)
{
    struct access_origins *origins = access_origins_new(config);
    assert_non_null(origins);
    const char *said = access_origins_line(origins, origin);
    if (line)
        assert_string_equal(said, line);
    else
        assert_null(said);
    assert_int_equal(access_allows_origin(config, origin), line != NULL);
    access_origins_free(origins);
}

static void pages_of_the_hubs_own_origin_may(void **state)
{
    struct config config;
    char url[] = "https://Hub.test:443/sub/";
    set(&config, url, NULL, NULL);
    check(&config, "https://hub.test", ALLOW "https://hub.test");
    check(&config, "http://hub.test", NULL);
    check(&config, "https://hub.test:8443", NULL);
    check(&config, "https://hub.test.evil.test", NULL);
    check(&config, "null", NULL);
    check(&config, "", NULL);
    (void)state;
}

static void listed_ones_may_too(void **state)
{
    struct config config;
    char url[] = "http://127.0.0.1:8080/";
    char first[] = "https://app.test", second[] = "http://localhost:3000";
    set(&config, url, first, second);
    check(&config, "https://app.test", ALLOW "https://app.test");
    check(&config, "http://localhost:3000", ALLOW "http://localhost:3000");
    check(&config, "http://127.0.0.1:8080", ALLOW "http://127.0.0.1:8080");
    check(&config, "http://localhost", NULL);
    check(&config, "https://app.test/path", NULL);
    (void)state;
}

static void the_line_is_never_what_was_sent(void **state)
{
    struct config config;
    char url[] = "https://hub.test/";
    set(&config, url, NULL, NULL);
    check(&config, "https://HUB.test", ALLOW "https://hub.test");
    check(&config, "https://hub.test\r\nX: y", NULL);
    (void)state;
}

static void a_star_is_everybody(void **state)
{
    struct config config;
    char url[] = "https://hub.test/", star[] = "*";
    set(&config, url, star, NULL);
    check(&config, "https://anywhere.test", ALLOW "*");
    check(&config, "null", ALLOW "*");
    check(&config, "https://hub.test", ALLOW "*");
    (void)state;
}

static void who_is_no_page_needs_no_line(void **state)
{
    struct config config;
    char url[] = "https://hub.test/", star[] = "*";
    set(&config, url, star, NULL);
    struct access_origins *origins = access_origins_new(&config);
    assert_null(access_origins_line(origins, NULL));
    assert_true(access_allows_origin(&config, NULL));
    access_origins_free(origins);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_the_hubs_own_origin_may),
        cmocka_unit_test(listed_ones_may_too),
        cmocka_unit_test(the_line_is_never_what_was_sent),
        cmocka_unit_test(a_star_is_everybody),
        cmocka_unit_test(who_is_no_page_needs_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
