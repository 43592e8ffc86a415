// SPDX-License-Identifier: MIT

#include "hub/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetcher/url.h"
#include "hub/config.h"

// Options are text of one's own.
#define OWN(text_) ((char[]){ text_ })

static bool own(const struct config *config, const char *text)
{
    struct url url;
    assert_null(url_read(text, strlen(text), &url));
    return policy_is_own(config, &url);
}

static void secrets_are_pinned_by_the_callbacks_domain(void **state)
{
    (void)state;
    struct config config = { .pin_secret = { { OWN("example.com") }, 1 } };
    static const char inside[] = "https://www.example.com/cb";
    static const char outside[] = "https://badexample.com/cb";
    assert_true(policy_pins_secret(&config, inside, sizeof inside - 1));
    assert_false(policy_pins_secret(&config, outside, sizeof outside - 1));
    assert_false(policy_pins_secret(&config, "", 0));
    config.pin_secret.count = 0;
    assert_false(policy_pins_secret(&config, inside, sizeof inside - 1));
}

static void S18_the_hub_knows_its_own_url(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("https://Hub.example/hub/"),
                             .hub_alias = { { OWN("http://[::1]:8080/") },
                                            1 } };
    assert_true(own(&config, "https://hub.example/hub"));
    assert_true(own(&config, "https://hub.example./hub/"));
    assert_true(own(&config, "https://hub.example:443/%68ub/publish"));
    assert_true(own(&config, "https://hub.example/hub?x=1"));
    assert_true(own(&config, "http://hub.example/hub"));
    assert_true(own(&config, "http://[0:0::1]:8080/anything/at/all"));
    assert_false(own(&config, "https://hub.example/hubris"));
    assert_false(own(&config, "https://hub.example/"));
    assert_false(own(&config, "https://hub.example/?/hub"));
    assert_false(own(&config, "https://hub.example:8443/hub"));
    assert_false(own(&config, "https://www.hub.example/hub"));
    assert_false(own(&config, "http://[::1]:8081/"));
}

static void S18_a_hub_at_the_root_has_all_of_its_origin(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("http://127.0.0.1:8080/") };
    assert_true(own(&config, "http://127.0.0.1:8080"));
    assert_true(own(&config, "http://127.1:8080/events?topic=x"));
    assert_false(own(&config, "http://127.0.0.1:8081/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_pinned_by_the_callbacks_domain),
        cmocka_unit_test(S18_the_hub_knows_its_own_url),
        cmocka_unit_test(S18_a_hub_at_the_root_has_all_of_its_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
