// SPDX-License-Identifier: MIT
//
// bench-pull -- clients that are held: what each costs, and how soon they have
// what is new, against bare parked sockets and nginx with nchan.

#include "options.h"
#include "pull_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct part {
    const char *name;
    bool (*run)(struct pull_bench *bench, const char **problem);
};

static const struct part parts[] = {
    { "memory", pull_memory }, { "release", pull_releases },
    { "wake", pull_wakes },    { "aside", pull_aside },
    { "dead", pull_dead },     { "idle", pull_idle },
};
enum { PARTS = sizeof parts / sizeof *parts };

static bool is_part(const char *name)
{
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(parts[i].name, name) == 0)
            return true;
    return false;
}

static bool run(struct pull_bench *bench, const char *only,
                const char **problem)
{
    bool first = true;
    for (size_t i = 0; i < PARTS; i++) {
        if (only != NULL && strcmp(only, parts[i].name) != 0)
            continue;
        if (!first)
            printf("\n");
        first = false;
        if (!parts[i].run(bench, problem))
            return false;
        fflush(stdout);
    }
    return true;
}

static bool open_bench(struct pull_bench *bench, const char **problem)
{
    size_t room =
        (size_t)(bench->most > bench->clients ? bench->most : bench->clients);
    *problem = "the origin did not start";
    bench->latencies = calloc(room, sizeof *bench->latencies);
    return bench->latencies != NULL && sink_open(&bench->sink, 1000, NULL, -1);
}

int main(int argc, char *argv[])
{
    struct pull_bench bench = { .clients = 10000,
                                .most = 18000,
                                .pairs = 7,
                                .bytes = 1024,
                                .wakes = 500,
                                .seconds = 60,
                                .sink.reached = -1 };
    const char *problem = "", *only = NULL;
    bool no_nchan = false;
    int exit_code = 0;
    const struct option_row rows[] = {
        { "part", OPTION_TEXT, &only, 0, 0,
          "memory, release, wake, aside, idle or dead alone" },
        { "what", OPTION_TEXT, &bench.only, 0, 0, "poll, sse or socket alone" },
        { "clients", OPTION_NUMBER, &bench.clients, 100, 19000,
          "that are held" },
        { "most", OPTION_NUMBER, &bench.most, 100, 19000,
          "as many as one process can hold" },
        { "pairs", OPTION_NUMBER, &bench.pairs, 1, 99, "of each, interleaved" },
        { "bytes", OPTION_NUMBER, &bench.bytes, 64, 32768, "of a document" },
        { "wakes", OPTION_NUMBER, &bench.wakes, 1, 10000,
          "of one among all of them" },
        { "seconds", OPTION_NUMBER, &bench.seconds, 1, 3600,
          "to watch those who are idle" },
        { "no-nchan", OPTION_FLAG, &no_nchan, 0, 0, "even if it is there" },
        { "websubd", OPTION_TEXT, &bench.program, 0, 0,
          "the program ($WEBSUBD, or the one built with this)" },
        { "more", OPTION_TEXT, &bench.more, 0, 0,
          "options of its own, with blanks between them" },
        { "directory", OPTION_TEXT, &bench.base, 0, 0,
          "where the store goes ($TMPDIR, or /tmp)" },
    };
    if (!options_read(argc, argv, rows, sizeof rows / sizeof *rows, &exit_code))
        return exit_code;
    if (only != NULL && !is_part(only)) {
        fprintf(stderr, "bench-pull: there is no part called %s\n", only);
        return 2;
    }
    bench.nchan = !no_nchan && holder_has_nchan();
    if (!bench.nchan && !no_nchan)
        printf("without nchan: libnginx-mod-nchan is not installed\n");
    bool good = open_bench(&bench, &problem) && run(&bench, only, &problem);
    if (!good)
        fprintf(stderr, "bench-pull: %s\n", problem);
    sink_close(&bench.sink);
    free(bench.latencies);
    return good ? 0 : 1;
}
