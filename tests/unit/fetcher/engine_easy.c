// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { HANDSHAKES = 20 };

struct place {
    char folder[32], key[64], certificate[64], bundle[64], page[64], url[128];
    pid_t server;
    FILE *said;
    struct rig rig;
};

static pid_t spawn(char *command, int out)
{
    pid_t pid;
    char shell[] = "sh", flag[] = "-c";
    char *words[] = { shell, flag, command, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, 1);
    int failed = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? -1 : pid;
}

static bool make_certificate(struct place *place)
{
    char command[512];
    snprintf(command, sizeof command,
             "exec openssl req -x509 -newkey ec -pkeyopt "
             "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test "
             "-addext subjectAltName=IP:127.0.0.1 -keyout %s -out %s",
             place->key, place->certificate);
    int status = -1;
    pid_t pid = spawn(command, -1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

// `mode` is what openssl calls how it answers.
static void start_server(struct place *place, const char *mode)
{
    char command[512];
    snprintf(command, sizeof command,
             "cd %s && exec openssl s_server -accept 127.0.0.1:0 %s -key %s "
             "-cert %s",
             place->folder, mode, place->key, place->certificate);
    int ends[2];
    char line[128];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    place->server = spawn(command, ends[1]);
    assert_true(place->server > 0);
    close(ends[1]);
    place->said = fdopen(ends[0], "r");
    while (fgets(line, sizeof line, place->said)) {
        unsigned port;
        if (sscanf(line, "ACCEPT 127.0.0.1:%u", &port) != 1)
            continue;
        snprintf(place->url, sizeof place->url, "https://127.0.0.1:%u/", port);
        return;
    }
    fail_msg("the server does not say its port");
}

static void stop_server(struct place *place)
{
    if (place->server <= 0)
        return;
    kill(place->server, SIGTERM);
    waitpid(place->server, NULL, 0);
    fclose(place->said);
}

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    memcpy(place->folder, "/tmp/engine-tls-XXXXXX", 23);
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->key, sizeof place->key, "%s/key", place->folder);
    snprintf(place->certificate, sizeof place->certificate, "%s/cert",
             place->folder);
    snprintf(place->bundle, sizeof place->bundle, "%s/bundle", place->folder);
    snprintf(place->page, sizeof place->page, "%s/page", place->folder);
    *state = place;
    if (make_certificate(place))
        start_server(place, "-www");
    rig_init(&place->rig);
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    if (place->rig.engine)
        rig_close(&place->rig);
    stop_server(place);
    unlink(place->page);
    unlink(place->key);
    unlink(place->certificate);
    unlink(place->bundle);
    rmdir(place->folder);
    free(place);
    return unsetenv("SSL_CERT_FILE");
}

static void need_server(struct place *place)
{
    if (place->server <= 0)
        skip();
}

static void append(FILE *out, const char *path)
{
    char block[4096];
    size_t got;
    FILE *in = fopen(path, "r");
    while (in && (got = fread(block, 1, sizeof block, in)) > 0)
        fwrite(block, 1, got, out);
    if (in)
        fclose(in);
}

static void an_unknown_authority_is_refused(void **state)
{
    struct place *place = *state;
    need_server(place);
    rig_open(&place->rig);
    struct exchange tries[2] = { rig_get(place->url), rig_post(place->url) };
    for (size_t i = 0; i < 2; i++) {
        rig_run(&place->rig, &tries[i]);
        assert_int_equal(tries[i].result, EXCHANGE_BAD_TLS);
        assert_int_equal(tries[i].status, 0);
        exchange_clear(&tries[i]);
    }
}

static void a_known_authority_is_trusted(void **state)
{
    struct place *place = *state;
    need_server(place);
    setenv("SSL_CERT_FILE", place->certificate, 1);
    rig_open(&place->rig);
    struct exchange get = rig_get(place->url);
    rig_run(&place->rig, &get);
    assert_int_equal(get.result, EXCHANGE_ANSWERED);
    assert_int_equal(get.status, 200);
    exchange_clear(&get);
}

static void a_redirect_from_https_to_http_is_followed_and_told(void **state)
{
    struct place *place = *state;
    need_server(place);
    struct stub *stub = stub_open("127.0.0.1");
    FILE *page = fopen(place->page, "w");
    assert_non_null(page);
    fprintf(page,
            "HTTP/1.0 301 Moved\r\nLocation: http://127.0.0.1:%u/\r\n\r\n",
            stub->port);
    fclose(page);
    stop_server(place);
    start_server(place, "-HTTP");
    setenv("SSL_CERT_FILE", place->certificate, 1);
    rig_open(&place->rig);
    char url[160];
    snprintf(url, sizeof url, "%spage", place->url);
    struct exchange get = rig_get(url);
    rig_run(&place->rig, &get);
    assert_int_equal(get.result, EXCHANGE_ANSWERED);
    assert_int_equal(get.status, 200);
    assert_true(get.downgraded);
    assert_non_null(get.final_url);
    assert_memory_equal(get.final_url, "http://", 7);
    exchange_clear(&get);
    assert_false(get.downgraded);
    // Nothing is lost where there was nothing.
    snprintf(url, sizeof url, "http://127.0.0.1:%u/to/302//", stub->port);
    get = rig_get(url);
    rig_run(&place->rig, &get);
    assert_int_equal(get.result, EXCHANGE_ANSWERED);
    assert_false(get.downgraded);
    exchange_clear(&get);
    stub_close(stub);
}

static void a_certificate_for_another_name_is_refused(void **state)
{
    struct place *place = *state;
    need_server(place);
    setenv("SSL_CERT_FILE", place->certificate, 1);
    rig_open(&place->rig);
    char url[64];
    snprintf(url, sizeof url, "https://localhost:%s",
             strrchr(place->url, ':') + 1);
    struct exchange get = rig_get(url);
    rig_run(&place->rig, &get);
    assert_int_equal(get.result, EXCHANGE_BAD_TLS);
    exchange_clear(&get);
}

static double cpu_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
           + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

// The system's bundle is over 140 certificates: parsed for each connection
// it would take over 40 ms of each.
static void the_bundle_is_parsed_once_and_not_for_each_connection(void **state)
{
    struct place *place = *state;
    need_server(place);
    FILE *bundle = fopen(place->bundle, "w");
    assert_non_null(bundle);
    append(bundle, "/etc/ssl/certs/ca-certificates.crt");
    append(bundle, place->certificate);
    fclose(bundle);
    setenv("SSL_CERT_FILE", place->bundle, 1);
    rig_open(&place->rig);
    struct exchange get = rig_get(place->url);
    get.cold = true;
    double begun = cpu_s();
    rig_run(&place->rig, &get);
    double before = cpu_s(), first_ms = (before - begun) * 1000;
    for (int i = 0; i < HANDSHAKES; i++) {
        exchange_clear(&get);
        rig_run(&place->rig, &get);
        assert_int_equal(get.result, EXCHANGE_ANSWERED);
    }
    double each_ms = (cpu_s() - before) * 1000 / HANDSHAKES;
    exchange_clear(&get);
    print_message("%.1f ms of CPU for a connection, %.1f for the first\n",
                  each_ms, first_ms);
    assert_true(each_ms < first_ms / 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_authority_is_refused),
        TEST(a_known_authority_is_trusted),
        TEST(a_redirect_from_https_to_http_is_followed_and_told),
        TEST(a_certificate_for_another_name_is_refused),
        TEST(the_bundle_is_parsed_once_and_not_for_each_connection),
    };
    return cmocka_run_group_tests_name("engine_easy", tests, NULL, NULL);
}
