// SPDX-License-Identifier: MIT

#include "hub/config.h"

#include "hub/log.h"
#include "hub/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS_MAX = 80 };

struct fixture {
    struct config config;
    char problem[256];
    char directory[32];
    char file[64];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    snprintf(fixture->directory, sizeof fixture->directory, "%s",
             "/tmp/websubd-config-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    snprintf(fixture->file, sizeof fixture->file, "%s/hub.conf",
             fixture->directory);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    config_clear(&fixture->config);
    unlink(fixture->file);
    rmdir(fixture->directory);
    free(fixture);
    return 0;
}

// Options, NULL after the last.
static enum config_answer read_options(struct fixture *fixture, ...)
{
    char *arguments[ARGUMENTS_MAX] = { (char[]){ "websubd" } };
    int count = 1;
    va_list list;
    va_start(list, fixture);
    for (char *one; (one = va_arg(list, char *));)
        arguments[count++] = one;
    va_end(list);
    config_clear(&fixture->config);
    return config_read(count, arguments, &fixture->config, fixture->problem);
}

static enum config_answer read_text(struct fixture *fixture, const char *text)
{
    FILE *file = fopen(fixture->file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return read_options(fixture, "-c", fixture->file, NULL);
}

static void check_bad(struct fixture *fixture, const char *flag,
                      const char *sentence)
{
    assert_int_equal(read_options(fixture, flag, NULL), CONFIG_BAD);
    assert_string_equal(fixture->problem, sentence);
}

// What the file's problem is, without the name of the file.
static void check_bad_text(struct fixture *fixture, const char *text,
                           const char *sentence)
{
    assert_int_equal(read_text(fixture, text), CONFIG_BAD);
    size_t len = strlen(fixture->file);
    assert_memory_equal(fixture->problem, fixture->file, len);
    assert_string_equal(fixture->problem + len, sentence);
}

static void without_options_everything_has_its_default(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, NULL), CONFIG_RUN);
    const struct config *config = &fixture->config;
    assert_string_equal(config->data, "./websubd-data");
    assert_int_equal(config->listen.count, 1);
    assert_string_equal(config->listen.items[0], "127.0.0.1:8080");
    assert_string_equal(config->public_url, "");
    assert_string_equal(config->admin_socket, "./websubd-data/admin.sock");
    assert_int_equal(config->allow_topic_address.count, 0);
    assert_false(config->pull_open);
    assert_true(config->pull_anonymous);
    assert_int_equal(config->pulls_per_address, 200);
    assert_int_equal(config->pulls_per_token, 1000);
    assert_int_equal(config->max_mailboxes, 100000);
    assert_int_equal(config->mailboxes_per_owner, 1000);
    assert_int_equal(config->lease_min, 5 * 60 * 1000);
    assert_int_equal(config->lease_default, INT64_C(10) * 86400 * 1000);
    assert_int_equal(config->retry_attempts, 19);
    assert_int_equal(config->deliveries, 1024);
    assert_int_equal(config->feed_delivery, CONFIG_FEED_ENTRIES);
    assert_int_equal(config->body_max, 10 << 20);
    assert_int_equal(config->map_size, INT64_C(64) << 30);
    assert_int_equal(config->log_level, LOG_INFO);
    assert_false(config->log_json);
    assert_int_equal(config->drain, 10000);
}

static void every_default_is_within_its_bounds(void **state)
{
    struct config config = { 0 };
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++) {
        char expected[OPTION_EXPECTED];
        if (*table[i].fallback)
            assert_int_equal(
                option_set(&table[i], table[i].fallback, &config, expected),
                OPTION_SET);
    }
    config_clear(&config);
    (void)state;
}

static void names_are_unique(void **state)
{
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(option_find(table[i].name, strlen(table[i].name)),
                         &table[i]);
    (void)state;
}

static void suffixes_multiply(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--retry-first=250ms",
                                  "--retry-max=2h", "--lease-max=40d",
                                  "--fetch-timeout=90s", "--body-max=64KiB",
                                  "--map-size=2TiB", "--retention-bytes=4096",
                                  NULL),
                     CONFIG_RUN);
    const struct config *config = &fixture->config;
    assert_int_equal(config->retry_first, 250);
    assert_int_equal(config->retry_max, 2 * 3600 * 1000);
    assert_int_equal(config->lease_max, INT64_C(40) * 86400 * 1000);
    assert_int_equal(config->fetch_timeout, 90000);
    assert_int_equal(config->body_max, 65536);
    assert_int_equal(config->map_size, INT64_C(2) << 40);
    assert_int_equal(config->retention_bytes, 4096);
}

static void a_bad_number_is_told_with_what_was_expected(void **state)
{
    struct fixture *fixture = *state;
    check_bad(fixture, "--delivery-timeout=15",
              "--delivery-timeout must be a time from 100ms to 1h, not "
              "\"15\"");
    check_bad(fixture, "--delivery-timeout=2h",
              "--delivery-timeout must be a time from 100ms to 1h, not "
              "\"2h\"");
    check_bad(fixture, "--body-max=1GB",
              "--body-max must be a size from 1KiB to 256MiB, not \"1GB\"");
    check_bad(fixture, "--deliveries=-1",
              "--deliveries must be a number from 1 to 100000, not \"-1\"");
    check_bad(fixture, "--deliveries=",
              "--deliveries must be a number from 1 to 100000");
    check_bad(fixture, "--deliveries=99999999999999999999",
              "--deliveries must be a number from 1 to 100000, not "
              "\"99999999999999999999\"");
    check_bad(fixture, "--map-size=9223372036854775807TiB",
              "--map-size must be a size from 1MiB to 16TiB, not "
              "\"9223372036854775807TiB\"");
}

static void words_are_chosen_from_a_list(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--log=debug", "--log-format=json",
                                  "--feed-delivery=full", "--pull-open", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.log_level, LOG_DEBUG);
    assert_true(fixture->config.log_json);
    assert_int_equal(fixture->config.feed_delivery, CONFIG_FEED_FULL);
    assert_true(fixture->config.pull_open);
    check_bad(fixture, "--log=loud",
              "--log must be one of: error warn info debug, not \"loud\"");
    check_bad(fixture, "--log-format",
              "--log-format needs a value: "
              "--log-format=VALUE");
    check_bad(fixture, "--pull-open=yes",
              "--pull-open must be one of: off on, not \"yes\"");
}

static void what_is_no_option_is_refused(void **state)
{
    struct fixture *fixture = *state;
    check_bad(fixture, "--lease=5m",
              "there is no option --lease; --help lists all");
    check_bad(fixture, "topic", "\"topic\" is not an option; --help lists all");
    check_bad(fixture, "--", "\"--\" is not an option; --help lists all");
    check_bad(fixture, "-c", "-c needs a file");
}

static void a_file_is_read(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_text(fixture,
                               "# a comment\n"
                               "data = \"/var/lib/a hub\" // another\n"
                               "listen = 127.0.0.1:81\n"
                               "listen = [::1]:82\n"
                               "trusted-proxy = { 10.0.0.0/8, fd00::/8 }\n"
                               "public-url = https://hub.example/push\n"
                               "/* and\n one more */ lease-min = 1h\n"),
                     CONFIG_RUN);
    const struct config *config = &fixture->config;
    assert_string_equal(config->data, "/var/lib/a hub");
    assert_string_equal(config->admin_socket, "/var/lib/a hub/admin.sock");
    assert_int_equal(config->listen.count, 2);
    assert_string_equal(config->listen.items[0], "127.0.0.1:81");
    assert_string_equal(config->listen.items[1], "[::1]:82");
    assert_int_equal(config->trusted_proxy.count, 2);
    assert_string_equal(config->trusted_proxy.items[1], "fd00::/8");
    assert_string_equal(config->public_url, "https://hub.example/push");
    assert_int_equal(config->lease_min, 3600 * 1000);
}

static void a_problem_in_a_file_has_its_line(void **state)
{
    struct fixture *fixture = *state;
    check_bad_text(fixture, "# one\n# two\n\nlease-min = soon\n",
                   ":4: lease-min must be a time from 1s to 3650d, not "
                   "\"soon\"");
    check_bad_text(fixture, "log = info\nlisten = { 127.0.0.1:1,\n hub }\n",
                   ":3: listen must be an address and a port such as "
                   "127.0.0.1:8080 or [::1]:8080, not \"hub\"");
    check_bad_text(fixture, "\n/* a\n b */\nlese-min = 1h\n",
                   ":4: no such option 'lese-min'");
    check_bad_text(fixture, "log = info\nlog = debug\n",
                   ":2: log was given before, in line 1");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "-c", fixture->file, NULL),
                     CONFIG_BAD);
    assert_non_null(strstr(fixture->problem, "No such file"));
    assert_int_equal(read_options(fixture, "-c", fixture->directory, NULL),
                     CONFIG_BAD);
    assert_non_null(strstr(fixture->problem, "is not a file"));
}

static void the_command_line_wins_over_the_file(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_text(fixture, "drain = 5s\nretry-attempts = 3\n"
                                        "listen = 127.0.0.1:81\n"
                                        "listen = 127.0.0.1:82\n"),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.drain, 5000);
    assert_int_equal(read_options(fixture, "--drain=1s", "-c", fixture->file,
                                  "--listen=127.0.0.1:90", "--drain=2s", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.drain, 2000);
    assert_int_equal(fixture->config.retry_attempts, 3);
    assert_int_equal(fixture->config.listen.count, 1);
    assert_string_equal(fixture->config.listen.items[0], "127.0.0.1:90");
}

static void allowing_an_address_allows_it_for_topics_and_callbacks(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--allow-address=127.0.0.0/8",
                                  "--allow-topic-address=10.0.0.0/8", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.allow_topic_address.count, 2);
    assert_string_equal(fixture->config.allow_topic_address.items[1],
                        "127.0.0.0/8");
    assert_int_equal(fixture->config.allow_callback_address.count, 1);
}

static void ranges_that_are_none_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "--allow-address=10.0.0.1/8", "--allow-address=10.0.0.0/33",
        "--allow-address=10.0/8",     "--allow-address=fd00::1/8",
        "--allow-address=10.0.0.0/",  "--allow-address=hub.example",
        "--allow-address=",           "--allow-address=10.0.0.0/+8",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_options(fixture, bad[i], NULL), CONFIG_BAD);
    assert_int_equal(read_options(fixture, "--allow-address=10.1.2.3",
                                  "--allow-address=0.0.0.0/0",
                                  "--allow-address=::/0", NULL),
                     CONFIG_RUN);
}

static void a_list_has_a_ceiling(void **state)
{
    struct fixture *fixture = *state;
    char text[CONFIG_LIST_MAX * 32] = "";
    size_t len = 0;
    for (int i = 0; i <= CONFIG_LIST_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "dns-server = 127.0.0.1:%d\n", 1000 + i);
    check_bad_text(fixture, text,
                   ":65: dns-server must be given at most 64 times, not "
                   "\"127.0.0.1:1064\"");
}

static void what_belongs_together_must_be_in_order(void **state)
{
    struct fixture *fixture = *state;
    check_bad(fixture, "--lease-min=11d",
              "lease-min must not be more than lease-default");
    check_bad(fixture, "--lease-max=9d",
              "lease-default must not be more than lease-max");
    check_bad(fixture, "--retry-max=9s",
              "retry-first must not be more than retry-max");
    check_bad(fixture, "--poll-max=1m",
              "poll-min must not be more than poll-max");
    check_bad(fixture, "--pulls=20000",
              "pulls must not be more than connections");
}

static void fewer_connections_hold_fewer_pulls(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--connections=100", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.pulls, 75);
    assert_int_equal(
        read_options(fixture, "--connections=100", "--pulls=100", NULL),
        CONFIG_RUN);
    assert_int_equal(fixture->config.pulls, 100);
}

static void fewer_connections_of_an_address_hold_fewer_pulls(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        read_options(fixture, "--connections-per-address=10", NULL),
        CONFIG_RUN);
    assert_int_equal(fixture->config.pulls_per_address, 8);
    assert_int_equal(read_options(fixture, "--connections-per-address=10",
                                  "--pulls-per-address=9", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.pulls_per_address, 9);
}

static void origins_of_pages_have_no_path(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--pull-origin=https://a.test",
                                  "--pull-origin=http://b.test:81",
                                  "--pull-origin=*", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.pull_origin.count, 3);
    check_bad(fixture, "--pull-origin=https://a.test/",
              "--pull-origin must be an origin such as https://app.example, "
              "or *, not \"https://a.test/\"");
}

static void deliveries_at_an_origin_given_alone_are_its_ceiling(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, NULL), CONFIG_RUN);
    assert_int_equal(fixture->config.deliveries_per_origin_max, 64);
    assert_int_equal(read_options(fixture, "--deliveries-per-origin=3", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.deliveries_per_origin_max, 3);
    assert_int_equal(read_options(fixture, "--deliveries-per-origin=3",
                                  "--deliveries-per-origin-max=9", NULL),
                     CONFIG_RUN);
    assert_int_equal(fixture->config.deliveries_per_origin_max, 9);
}

static void a_public_listener_needs_a_public_url(void **state)
{
    struct fixture *fixture = *state;
    check_bad(fixture, "--listen=0.0.0.0:80",
              "listen 0.0.0.0:80 can be reached from outside, so public-url "
              "must say what the hub is called there");
    assert_int_equal(read_options(fixture, "--listen=[::]:80", NULL),
                     CONFIG_BAD);
    assert_int_equal(read_options(fixture, "--listen=0.0.0.0:80",
                                  "--public-url=http://hub.example/", NULL),
                     CONFIG_RUN);
    assert_int_equal(
        read_options(fixture, "--listen=127.9.9.9:0", "--listen=[::1]:0", NULL),
        CONFIG_RUN);
}

static void public_urls_that_are_none_are_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "--public-url=hub.example",       "--public-url=ftp://hub.example/",
        "--public-url=http://",           "--public-url=http:///x",
        "--public-url=http://h/?a",       "--public-url=http://h/#a",
        "--public-url=http://u@h/",       "--public-url=http://h:0/",
        "--public-url=http://h:70000/",   "--public-url=http://h:/",
        "--public-url=http://h/a b",      "--public-url=http://h/>",
        "--public-url=http://[::1/",      "--public-url=http://[127.0.0.1]/",
        "--public-url=http://[::1]8080/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_options(fixture, bad[i], NULL), CONFIG_BAD);
    static const char *const good[] = { "--public-url=HTTPS://Hub.Example",
                                        "--public-url=http://[::1]:80/a/b",
                                        "--public-url=http://127.0.0.1:8080/" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(read_options(fixture, good[i], NULL), CONFIG_RUN);
}

static void an_admin_socket_with_a_slash_stays_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--data=d", NULL), CONFIG_RUN);
    assert_string_equal(fixture->config.admin_socket, "d/admin.sock");
    assert_int_equal(
        read_options(fixture, "--data=d", "--admin-socket=/run/a", NULL),
        CONFIG_RUN);
    assert_string_equal(fixture->config.admin_socket, "/run/a");
    char path[160] = "--admin-socket=/";
    memset(path + strlen(path), 'x', 108);
    assert_int_equal(read_options(fixture, path, NULL), CONFIG_BAD);
}

static void checking_ends_without_running(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_options(fixture, "--check", NULL), CONFIG_DONE);
    assert_int_equal(read_options(fixture, "--check", "--drain=x", NULL),
                     CONFIG_BAD);
    assert_int_equal(read_options(fixture, "--drain=x", "--help", NULL),
                     CONFIG_DONE);
    assert_int_equal(read_options(fixture, "--version", NULL), CONFIG_DONE);
}

static void help_names_every_option(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    config_help(file);
    fclose(file);
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++) {
        char line[64];
        snprintf(line, sizeof line, "  --%s=", table[i].name);
        assert_non_null(strstr(text, line));
    }
    free(text);
    (void)state;
}

#define SECRET "0123456789abcdef"
#define KEY    "https://blog.example/ " SECRET

static void publisher_keys_are_a_prefix_and_a_secret(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        read_text(fixture, "publisher-key = { \"" KEY "\",\n"
                           "  \"http://b.example:8080/feeds/ " SECRET "\" }\n"),
        CONFIG_RUN);
    assert_int_equal(fixture->config.publisher_key.count, 2);
    assert_string_equal(fixture->config.publisher_key.items[0], KEY);
    check_bad(fixture, "--publisher-key=",
              "--publisher-key must be \"PREFIX SECRET\", such as "
              "https://HOST/ and 16 to 199 bytes without a blank");
}

static void S_a_secret_is_in_no_message(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {
        "--publisher-key=" SECRET,
        "--publisher-key=" SECRET " https://blog.example/",
        "--publisher-key=https://x/ short-secret",
        "--publisher-key=https://x/ " SECRET " more",
        "--publisher-key=https://x " SECRET,
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_options(fixture, bad[i], NULL), CONFIG_BAD);
        assert_null(strstr(fixture->problem, "0123"));
        assert_null(strstr(fixture->problem, "short"));
    }
    assert_int_equal(read_options(fixture, "--publisher-key", KEY, NULL),
                     CONFIG_BAD);
    assert_null(strstr(fixture->problem, "0123"));
    assert_int_equal(read_text(fixture, "publisher-key = " KEY "\n"),
                     CONFIG_BAD);
    assert_null(strstr(fixture->problem, "0123"));
    assert_int_equal(read_text(fixture, "publisher-key = \"" KEY "\n"),
                     CONFIG_BAD);
    assert_null(strstr(fixture->problem, "0123"));
}

static void S_secrets_that_others_can_read_are_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(read_text(fixture, "publisher-key = \"" KEY "\"\n"),
                     CONFIG_RUN);
    assert_int_equal(chmod(fixture->file, 0644), 0);
    assert_int_equal(read_options(fixture, "-c", fixture->file, NULL),
                     CONFIG_RUN);
    assert_non_null(strstr(fixture->config.exposed, "chmod o-r"));
    assert_int_equal(chmod(fixture->file, 0640), 0);
    assert_int_equal(read_options(fixture, "-c", fixture->file, NULL),
                     CONFIG_RUN);
    assert_null(fixture->config.exposed);
    assert_int_equal(read_options(fixture, "--publisher-key=" KEY, NULL),
                     CONFIG_RUN);
    assert_non_null(strstr(fixture->config.exposed, "command line"));
}

static void rules_of_what_to_ignore_are_checked(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(
        read_options(
            fixture, "--ignore=parameter utm_*", "--ignore=element urn:x views",
            "--ignore=image ads.example/pixel",
            "--ignore=attribute - data-seen", "--ignore=link feeds.example/~r",
            "--ignore-default=off", "--remember-entries=100", NULL),
        CONFIG_RUN);
    assert_int_equal(fixture->config.ignore.count, 5);
    assert_false(fixture->config.ignore_default);
    assert_int_equal(fixture->config.remember_entries, 100);
    assert_int_equal(read_options(fixture, "--ignore=", NULL), CONFIG_BAD);
    assert_int_equal(read_options(fixture, "--ignore=colour", NULL),
                     CONFIG_BAD);
    // What only the start would refuse is refused here.
    static const char *const bad[] = {
        "--ignore=parameter ",    "--ignore=element - ", "--ignore=image a b",
        "--ignore=parameter a*b", "--ignore=link 1x1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(read_options(fixture, bad[i], NULL), CONFIG_BAD);
    assert_int_equal(read_options(fixture, "--remember-entries=99", NULL),
                     CONFIG_BAD);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_options_everything_has_its_default),
        cmocka_unit_test(every_default_is_within_its_bounds),
        cmocka_unit_test(names_are_unique),
        TEST(suffixes_multiply),
        TEST(a_bad_number_is_told_with_what_was_expected),
        TEST(words_are_chosen_from_a_list),
        TEST(what_is_no_option_is_refused),
        TEST(a_file_is_read),
        TEST(a_problem_in_a_file_has_its_line),
        TEST(a_file_that_cannot_be_read_is_told),
        TEST(the_command_line_wins_over_the_file),
        TEST(allowing_an_address_allows_it_for_topics_and_callbacks),
        TEST(ranges_that_are_none_are_refused),
        TEST(a_list_has_a_ceiling),
        TEST(what_belongs_together_must_be_in_order),
        TEST(fewer_connections_hold_fewer_pulls),
        TEST(fewer_connections_of_an_address_hold_fewer_pulls),
        TEST(origins_of_pages_have_no_path),
        TEST(deliveries_at_an_origin_given_alone_are_its_ceiling),
        TEST(a_public_listener_needs_a_public_url),
        TEST(public_urls_that_are_none_are_refused),
        TEST(an_admin_socket_with_a_slash_stays_where_it_is),
        TEST(checking_ends_without_running),
        TEST(publisher_keys_are_a_prefix_and_a_secret),
        TEST(S_a_secret_is_in_no_message),
        TEST(S_secrets_that_others_can_read_are_told),
        TEST(rules_of_what_to_ignore_are_checked),
        cmocka_unit_test(help_names_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
