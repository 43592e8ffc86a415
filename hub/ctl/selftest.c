// SPDX-License-Identifier: MIT

#include "selftest.h"

#include "admin.h"
#include "colour.h"
#include "complain.h"
#include "hub/loop.h"
#include "options.h"
#include "show.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 36, TIMEOUT_S = 30, TIMEOUT_MAX_S = 600 };

struct report {
    bool json, failed;
    json_t *steps;
};

static void add(struct report *report, const struct selftest_step *step,
                const char *state, int64_t ms, const char *detail)
{
    if (report->json) {
        json_array_append_new(report->steps,
                              json_pack("{s:s, s:s, s:I, s:s}", "name",
                                        step->name, "state", state, "ms",
                                        (json_int_t)ms, "detail", detail));
        return;
    }
    enum colour colour = colour_of(state);
    char text[SELFTEST_DETAIL_MAX];
    printf("%s%-7s%s %-*s %6" PRId64 " ms%s%s\n", colour_begin(colour), state,
           colour_end(colour), WIDTH, step->about, ms, *detail ? "  " : "",
           show_text(detail, text, sizeof text));
    fflush(stdout);
}

static void run_step(struct selftest *test, const struct selftest_step *step,
                     struct report *report)
{
    if (report->failed) {
        add(report, step, "skipped", 0, "");
        return;
    }
    test->detail[0] = '\0';
    int64_t began = loop_now().mono;
    bool fine = step->run(test);
    report->failed = !fine;
    add(report, step, fine ? "passed" : "failed", loop_now().mono - began,
        test->detail);
}

static void run_all(struct selftest *test, struct report *report)
{
    static const struct selftest_step clean = { "clean-up",
                                                "nothing is left behind",
                                                selftest_clean };
    bool failed;
    for (const struct selftest_step *step = selftest_steps(); step->name;
         step++)
        run_step(test, step, report);
    failed = report->failed;
    report->failed = false;
    run_step(test, &clean, report);
    report->failed = report->failed || failed;
}

// ------------------------------------------------------------- where it is

// Whoever listens everywhere is asked at home.
static void read_listen(const char *listen, char out[SELFTEST_URL_MAX])
{
    if (strncmp(listen, "0.0.0.0:", 8) == 0)
        snprintf(out, SELFTEST_URL_MAX, "http://127.0.0.1:%s/", listen + 8);
    else if (strncmp(listen, "[::]:", 5) == 0)
        snprintf(out, SELFTEST_URL_MAX, "http://[::1]:%s/", listen + 5);
    else
        snprintf(out, SELFTEST_URL_MAX, "http://%s/", listen);
}

static int find_hub(struct selftest *test, const char *url)
{
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/status",
        .timeout_s = 30,
    };
    struct admin_answer answer;
    if (!admin_ask(test->ctl, &question, &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    const char *listen = json_string_value(
        json_array_get(json_object_get(answer.json, "listen"), 0));
    const char *public = show_string(answer.json, "public_url");
    snprintf(test->public, sizeof test->public, "%s", public);
    if (answer.status != 200)
        code = admin_complain(test->ctl, &answer);
    else if (url && strcmp(url, "public") != 0)
        snprintf(test->hub, sizeof test->hub, "%s%s", url,
                 url[strlen(url) - (*url != '\0')] == '/' ? "" : "/");
    else if (url || !listen)
        snprintf(test->hub, sizeof test->hub, "%s", public);
    else
        read_listen(listen, test->hub);
    admin_clear(&answer);
    return code;
}

// ------------------------------------------------------------------ command

static int conclude(const struct selftest *test, const struct report *report)
{
    if (report->json) {
        json_t *all = json_pack("{s:b, s:s, s:O}", "passed", !report->failed,
                                "hub", test->hub, "steps", report->steps);
        json_dumpf(all, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(all);
    } else {
        puts(report->failed ? "the hub did not do all it should"
                            : "the hub does what it should");
    }
    return report->failed ? CTL_NO : CTL_FINE;
}

static int run(struct selftest *test, const char *url)
{
    struct report report = { .json = test->ctl->json, .steps = json_array() };
    char problem[STAGE_PROBLEM_MAX];
    int code = find_hub(test, url);
    if (code == CTL_FINE) {
        // Who goes away while he is answered must not end us.
        sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
        test->stage = stage_open(test->address, test->public, problem);
        code = test->stage ? CTL_FINE : CTL_USAGE;
        if (!test->stage)
            complain("selftest: %s", problem);
    }
    if (code == CTL_FINE) {
        run_all(test, &report);
        code = conclude(test, &report);
    }
    stage_close(test->stage);
    json_decref(report.steps);
    return code;
}

int ctl_selftest(const struct ctl *ctl, int argc, char *argv[])
{
    struct selftest test = { .ctl = ctl, .address = "127.0.0.1" };
    const char *url = NULL, *timeout = NULL;
    const struct option_value options[] = {
        { .name = "url", .value = &url },
        { .name = "address", .value = &test.address },
        { .name = "timeout", .value = &timeout },
    };
    long seconds = TIMEOUT_S;
    char *rest = NULL;
    if (!options_read(argc, argv, options, 3, NULL, 0))
        return CTL_USAGE;
    if (timeout)
        seconds = strtol(timeout, &rest, 10);
    if (timeout && (*rest || seconds < 1 || seconds > TIMEOUT_MAX_S))
        return ctl_usage(argv[0], "--timeout is seconds, 1 to 600");
    test.timeout_ms = (int)seconds * 1000;
    return run(&test, url);
}
