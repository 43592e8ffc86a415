// SPDX-License-Identifier: MIT
//
// bench-restart -- how long a hub with many subscriptions is away when it is
// restarted.
//
// Some connections are kept and idle, as those of publishers are; each round
// marks a topic to be fetched, tells the hub to stop, waits for its end, and
// starts it again until it answers.

#include "daemon.h"
#include "figures.h"
#include "fill.h"
#include "options.h"
#include "spawn.h"

#include <stdio.h>
#include <string.h>

enum { PORT = 49151 }; // where nobody listens: nothing is fetched here

struct bench {
    long subscriptions, topics, rounds;
    uint64_t next;
    struct daemon daemon;
};

static bool next(void *context, struct fill_subscriber *out)
{
    struct bench *bench = context;
    uint64_t number = bench->next++;
    if (number == (uint64_t)bench->subscriptions)
        return false;
    fill_spread(number, (uint64_t)bench->topics, PORT, false, out);
    return true;
}

static bool measure(struct bench *bench, const struct daemon_options *options,
                    const char *words)
{
    double whole[FIGURES_ROUNDS_MAX], ready[FIGURES_ROUNDS_MAX];
    const char *problem = "";
    char topic[FILL_URL_MAX];
    size_t rounds = (size_t)bench->rounds;
    for (size_t i = 0; i < rounds; i++) {
        snprintf(topic, sizeof topic, "http://127.0.0.1:%d/feed/%zu", PORT, i);
        if (daemon_publish(&bench->daemon, topic) != 204)
            return false;
        int64_t began = figures_ns();
        if (!daemon_restart(&bench->daemon, options, &problem))
            return false;
        whole[i] = (double)(figures_ns() - began) / 1e6;
        ready[i] = bench->daemon.ready_ms;
    }
    figures_sort(whole, rounds);
    figures_sort(ready, rounds);
    printf("%-28s %10.0f %10.0f %10.0f %10.0f\n", words,
           figures_median(whole, rounds), whole[rounds - 1],
           figures_median(ready, rounds), ready[rounds - 1]);
    printf("bench=restart subscriptions=%ld idle=%s whole_ms=%.0f "
           "whole_most_ms=%.0f start_ms=%.0f start_most_ms=%.0f\n",
           bench->subscriptions, options->extra[1],
           figures_median(whole, rounds), whole[rounds - 1],
           figures_median(ready, rounds), ready[rounds - 1]);
    return true;
}

static bool run(struct bench *bench, struct daemon_options *options)
{
    const char *problem = "";
    if (!daemon_start(&bench->daemon, options, &problem)) {
        fprintf(stderr, "bench-restart: %s\n", problem);
        return false;
    }
    daemon_settle(&bench->daemon);
    printf("%ld subscriptions of %ld topics, %ld rounds; ms from SIGTERM to "
           "the first answer, and of these from the start of the new one\n",
           bench->subscriptions, bench->topics, bench->rounds);
    printf("%-28s %10s %10s %10s %10s\n", "", "whole", "at most", "start",
           "at most");
    bool good = measure(bench, options, "drain-idle 500ms (default)");
    options->extra[1] = "--drain-idle=0s";
    // The one that runs has the other options still.
    good = good && daemon_restart(&bench->daemon, options, &problem)
           && measure(bench, options, "drain-idle 0s");
    daemon_stop(&bench->daemon);
    return good;
}

int main(int argc, char *argv[])
{
    static struct bench bench = { .subscriptions = 1000000,
                                  .topics = 1000,
                                  .rounds = 7 };
    const struct fill fill = { .next = next, .context = &bench };
    struct daemon_options options = {
        .cpu = SPAWN_ANY_CPU,
        .extra = { "--log=warn", "--drain-idle=500ms" },
        .extra_count = 2,
        .fill = &fill,
    };
    int exit_code = 0;
    const struct option_row rows[] = {
        { "subscriptions", OPTION_NUMBER, &bench.subscriptions, 1, 10000000,
          "in the store" },
        { "topics", OPTION_NUMBER, &bench.topics, 1, 1000000,
          "they are spread over" },
        { "rounds", OPTION_NUMBER, &bench.rounds, 1, FIGURES_ROUNDS_MAX,
          "of a restart" },
        { "websubd", OPTION_TEXT, &options.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "directory", OPTION_TEXT, &options.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    if (run(&bench, &options))
        return 0;
    fprintf(stderr, "bench-restart: a restart failed\n");
    return 1;
}
