// SPDX-License-Identifier: MIT

#include "pull_parts.h"

#include "call.h"
#include "callbacks.h"
#include "figures.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PULLED = 0, // the topics, by number
    PUSHED = 1,
    TOPICS = 2,
    SUBSCRIBERS = 500,
    PER_SECOND = 50,
    RELEASES = 5, // one after the other
    QUIET_MS = 100,
    SETTLE_MS = 300,
    DELIVERY_MS = 20000,
    SETUPS = 3,
};

// What goes on beside: nothing; a release by the hub; one by the bare program,
// which takes as much of the machine and nothing of the hub.
enum setup { QUIET, BY_HUB, BY_BARE };

struct beside {
    struct probe_latencies answers;
    double *deliveries;
    size_t delivery_count;
};

struct aside {
    struct pull_bench *bench;
    struct holder hub, bare;
    struct callbacks subscribers, others;
    uint64_t next_other;
    char fixed[PULL_MARKER_MAX];
    struct beside beside[SETUPS];
};

static bool subscribe_all(struct aside *aside, const char **problem)
{
    char form[CALLBACKS_FORM_MAX];
    struct daemon *daemon = &aside->hub.daemon;
    *problem = "a subscription was refused";
    for (uint64_t i = 0; i < SUBSCRIBERS; i++) {
        callbacks_form(&aside->subscribers, i, form, sizeof form);
        if (call_post(daemon->public, "/", form) != 202)
            return false;
    }
    *problem = "subscriptions were not verified";
    bool good =
        daemon_wait(daemon, "store.subscriptions", SUBSCRIBERS, DELIVERY_MS);
    daemon_settle(daemon);
    return good;
}

// The publisher of what is pushed has a connection of his own.
static bool push(struct aside *aside, struct holder *other,
                 const char **problem)
{
    char marker[PULL_MARKER_MAX];
    int watch;
    *other = aside->hub;
    other->publisher = -1;
    sink_begin(&aside->bench->sink, SUBSCRIBERS);
    *problem = "what is pushed could not be published";
    return other->kind->release(other, PUSHED,
                                pull_marker(aside->bench, marker), &watch);
}

static bool delivered(struct aside *aside, struct holder *other,
                      struct beside *into, int64_t began, const char **problem)
{
    bool good = other->kind->confirm(other)
                && sink_wait(&aside->bench->sink, DELIVERY_MS);
    if (other->publisher >= 0)
        close(other->publisher);
    *problem = "not everybody had what was pushed";
    if (good)
        into->delivery_count +=
            sink_latencies(&aside->bench->sink, began,
                           into->deliveries + into->delivery_count);
    return good;
}

static bool release(struct aside *aside, enum setup setup, struct herd *herd,
                    const char **problem)
{
    struct pull_bench *bench = aside->bench;
    struct holder *holder = setup == BY_BARE ? &aside->bare : &aside->hub;
    struct pull_release release;
    char marker[PULL_MARKER_MAX];
    size_t count = (size_t)bench->clients;
    if (setup == QUIET) {
        usleep(QUIET_MS * 1000);
        return true;
    }
    const char *text =
        setup == BY_BARE ? aside->fixed : pull_marker(bench, marker);
    return pull_release(bench, holder, herd, PULLED, count, text, &release,
                        problem);
}

static bool beside(struct aside *aside, enum setup setup, struct herd *herd,
                   const char **problem)
{
    struct beside *into = &aside->beside[setup];
    struct holder other;
    *problem = "the probe did not start";
    struct probe *probe =
        probe_start(aside->hub.port, PER_SECOND, &aside->others,
                    &aside->next_other, &into->answers);
    bool good = probe != NULL;
    for (int i = 0; good && i < RELEASES; i++) {
        int64_t began = figures_ns();
        good = push(aside, &other, problem)
               && release(aside, setup, herd, problem)
               && delivered(aside, &other, into, began, problem);
    }
    probe_stop(probe);
    return good;
}

static bool round_of(struct aside *aside, enum setup setup,
                     const char **problem)
{
    size_t count = (size_t)aside->bench->clients;
    struct holder *holder = setup == BY_BARE ? &aside->bare : &aside->hub;
    struct herd *herd = NULL;
    if (setup != QUIET) {
        herd = holder_gather(holder, count, problem);
        if (herd == NULL)
            return false;
        herd_serve(herd, SETTLE_MS);
        herd_eager(herd, true);
    }
    daemon_settle(&aside->hub.daemon);
    bool good = beside(aside, setup, herd, problem);
    herd_close(herd);
    return good && (herd == NULL || holder_wait_held(holder, 0, DELIVERY_MS));
}

static bool learn(struct aside *aside, const struct holder_options *options,
                  const char **problem)
{
    struct pull_release release;
    struct holder_options bare = *options;
    struct herd *herd = holder_gather(&aside->hub, 2, problem);
    bare.topics = 1; // all are released together
    if (herd == NULL)
        return false;
    bool good =
        pull_release(aside->bench, &aside->hub, herd, PULLED, 2,
                     pull_marker(aside->bench, aside->fixed), &release, problem)
        && holder_bare(&aside->bare, &bare, herd, problem);
    herd_close(herd);
    return good;
}

static bool set_up(struct aside *aside, const char **problem)
{
    struct pull_bench *bench = aside->bench;
    struct holder_options options =
        pull_holder(bench, HERD_POLL, TOPICS, (size_t)bench->clients);
    *problem = "out of memory";
    for (size_t i = 0; i < SETUPS; i++) {
        aside->beside[i].deliveries = calloc(
            (size_t)bench->pairs * RELEASES * SUBSCRIBERS, sizeof(double));
        if (aside->beside[i].deliveries == NULL)
            return false;
    }
    aside->subscribers = (struct callbacks){ .count = SUBSCRIBERS,
                                             .origins = 20,
                                             .port = bench->sink.port,
                                             .topic_port = bench->sink.port,
                                             .secrets = true,
                                             .topic_path = "/t/1",
                                             .callback_path = "/cb" };
    aside->others = aside->subscribers;
    aside->others.topic_path = "/t/2";
    aside->others.callback_path = "/aside";
    if (!holder_websubd(&aside->hub, &options, problem))
        return false;
    aside->hub.topics = 1; // all pull the first
    return subscribe_all(aside, problem) && learn(aside, &options, problem);
}

static void report(struct aside *aside)
{
    static const char *const names[] = { "nothing", "websubd releases",
                                         "bare releases" };
    double p99[SETUPS][2];
    printf("%-18s %7s %8s %8s %8s %6s %8s %8s\n", "meanwhile", "202s", "p50 ms",
           "p99 ms", "max ms", "POSTs", "p50 ms", "p99 ms");
    for (size_t i = 0; i < SETUPS; i++) {
        struct beside *beside = &aside->beside[i];
        struct probe_latencies *answers = &beside->answers;
        figures_sort(answers->us, answers->count);
        figures_sort(beside->deliveries, beside->delivery_count);
        p99[i][0] = figures_at(answers->us, answers->count, 0.99) / 1e3;
        p99[i][1] =
            figures_at(beside->deliveries, beside->delivery_count, 0.99) / 1e3;
        printf(
            "%-18s %7zu %8.1f %8.1f %8.1f %6zu %8.1f %8.1f\n", names[i],
            answers->count, figures_at(answers->us, answers->count, 0.5) / 1e3,
            p99[i][0], figures_at(answers->us, answers->count, 1) / 1e3,
            beside->delivery_count,
            figures_at(beside->deliveries, beside->delivery_count, 0.5) / 1e3,
            p99[i][1]);
    }
    printf("bench=pull part=aside clients=%ld quiet_202_p99_ms=%.1f "
           "release_202_p99_ms=%.1f bare_202_p99_ms=%.1f "
           "quiet_post_p99_ms=%.1f release_post_p99_ms=%.1f "
           "bare_post_p99_ms=%.1f bad=%zu\n",
           aside->bench->clients, p99[QUIET][0], p99[BY_HUB][0],
           p99[BY_BARE][0], p99[QUIET][1], p99[BY_HUB][1], p99[BY_BARE][1],
           aside->beside[0].answers.bad + aside->beside[1].answers.bad
               + aside->beside[2].answers.bad);
}

bool pull_aside(struct pull_bench *bench, const char **problem)
{
    struct aside *aside = calloc(1, sizeof *aside);
    *problem = "out of memory";
    if (aside == NULL)
        return false;
    aside->bench = bench;
    aside->hub.publisher = aside->bare.publisher = -1;
    bool good = set_up(aside, problem);
    for (long i = 0; good && i < bench->pairs; i++)
        for (int setup = 0; good && setup < SETUPS; setup++)
            good = round_of(aside, (enum setup)setup, problem);
    if (good)
        report(aside);
    holder_close(&aside->hub);
    holder_close(&aside->bare);
    for (size_t i = 0; i < SETUPS; i++)
        free(aside->beside[i].deliveries);
    free(aside);
    return good;
}
