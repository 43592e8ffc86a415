// SPDX-License-Identifier: MIT

#include "accept.h"

#include "call.h"
#include "daemon.h"
#include "figures.h"
#include "load.h"
#include "procfs.h"
#include "spawn.h"

#include <stdio.h>

enum { SERVER_CPU = 0, START_MS = 5000, LOOK_MS = 10 };

static int server_cpu(const struct accept_options *options)
{
    return options->pin ? SERVER_CPU : SPAWN_ANY_CPU;
}

static size_t form(const void *context, uint64_t number, char *out, size_t max)
{
    return callbacks_form(context, number, out, max);
}

static bool all_accepted(const struct load_result *result, const char **problem)
{
    *problem = "an answer was not a 202";
    if (result->bad > 0)
        fprintf(stderr, "%lu bad answers, the first: %u %s\n",
                (unsigned long)result->bad, result->bad_status,
                result->bad_text);
    return result->bad == 0 && result->good > 0;
}

static bool measure(pid_t pid, struct load_options *load,
                    struct accept_run *out, const char **problem)
{
    struct load_result result;
    double cpu = procfs_cpu_us(pid);
    bool ran = load_run(load, &result);
    cpu = procfs_cpu_us(pid) - cpu;
    double good = (double)result.good;
    *out = (struct accept_run){
        .per_second = result.seconds > 0 ? good / result.seconds : 0,
        .cpu_us = good > 0 ? cpu / good : 0,
        .p50_ms =
            figures_at(result.latency_us, result.latency_count, 0.5) / 1e3,
        .p99_ms =
            figures_at(result.latency_us, result.latency_count, 0.99) / 1e3,
    };
    *problem = "answers stayed away";
    ran = ran && all_accepted(&result, problem);
    load_clear(&result);
    return ran;
}

static bool warm_up(struct load_options *load, const char **problem)
{
    struct load_result result;
    *problem = "answers stayed away";
    bool ran = load_run(load, &result) && all_accepted(&result, problem);
    load->first += result.good;
    load_clear(&result);
    return ran;
}

static bool drive(const struct accept_options *options,
                  const struct callbacks *callbacks, uint16_t port, pid_t pid,
                  struct accept_run *out, const char **problem)
{
    struct load_options load = {
        .port = port,
        .connections = (unsigned)options->connections,
        .expected = 202,
        .requests = UINT64_MAX,
        .duration_ms = options->warm_ms,
        .form = form,
        .context = callbacks,
    };
    if (!warm_up(&load, problem))
        return false;
    load.duration_ms = options->duration_ms;
    load.latencies = true;
    return measure(pid, &load, out, problem);
}

bool accept_hub(const struct accept_options *options,
                const struct callbacks *callbacks, struct accept_run *out,
                const char **problem)
{
    struct daemon daemon;
    int64_t before = 0, after = 0;
    struct daemon_options start = {
        .program = options->program,
        .base = options->base,
        .cpu = server_cpu(options),
        .extra = { "--verifications=1", "--verify-timeout=60s",
                   "--max-subscriptions=1000000000" },
        .extra_count = 3,
    };
    if (!daemon_start(&daemon, &start, problem))
        return false;
    daemon_number(&daemon, "store.commits", &before);
    bool good =
        drive(options, callbacks, daemon.port, daemon.pid, out, problem);
    daemon_number(&daemon, "store.commits", &after);
    out->commits = after - before;
    if (!good)
        daemon_show_log(&daemon);
    // What it still owes is of no interest: no patience.
    spawn_stop(daemon.pid, 0);
    daemon.pid = 0;
    daemon_stop(&daemon);
    return good;
}

static bool came_up(uint16_t port, pid_t pid)
{
    struct call *call = call_tcp(port);
    bool up = false;
    int status;
    for (int past = 0; call != NULL && !up && past < START_MS; past += LOOK_MS)
        if (!(up = call_get(call, "/") == 200)
            && spawn_wait(pid, LOOK_MS, &status))
            break;
    call_close(call);
    return up;
}

bool accept_bare(const struct accept_options *options,
                 const struct callbacks *callbacks, struct accept_run *out,
                 const char **problem)
{
    char program[WORKDIR_MAX], listens[32];
    uint16_t port = daemon_free_port();
    char *argv[] = { program, listens, NULL };
    *problem = "bench-accept-server is not next to this program";
    if (!workdir_program("bench-accept-server", 0, program, sizeof program))
        return false;
    snprintf(listens, sizeof listens, "127.0.0.1:%u", port);
    pid_t pid = spawn_program(argv, server_cpu(options), "/dev/null");
    *problem = "bench-accept-server did not come up";
    bool good = pid > 0 && came_up(port, pid)
                && drive(options, callbacks, port, pid, out, problem);
    spawn_stop(pid, 0);
    return good;
}
