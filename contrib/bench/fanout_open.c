// SPDX-License-Identifier: MIT

#include "authority.h"
#include "fanout.h"
#include "load.h"
#include "spawn.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUBSCRIBE_CONNECTIONS = 16, SUBSCRIBE_MS = 120000, LOOK_MS = 10 };

int fanout_measured_cpu(const struct fanout_options *options)
{
    return options->unpinned ? SPAWN_ANY_CPU : MEASURED_CPU;
}

int fanout_measuring_cpu(const struct fanout_options *options)
{
    return options->unpinned ? SPAWN_ANY_CPU : MEASURING_CPU;
}

static size_t form(const void *context, uint64_t number, char *out, size_t max)
{
    return callbacks_form(context, number, out, max);
}

static bool subscribe_all(struct fanout *fanout, const char **problem)
{
    struct load_result result;
    struct load_options load = {
        .port = fanout->daemon.port,
        .connections = SUBSCRIBE_CONNECTIONS,
        .expected = 202,
        .requests = fanout->callbacks.count,
        .duration_ms = SUBSCRIBE_MS,
        .form = form,
        .context = &fanout->callbacks,
    };
    bool ran = load_run(&load, &result);
    if (!ran || result.good != fanout->callbacks.count) {
        fprintf(stderr, "%lu subscriptions accepted, %lu not: %u %s\n",
                (unsigned long)result.good, (unsigned long)result.bad,
                result.bad_status, result.bad_text);
        *problem = "subscriptions were not accepted";
        return false;
    }
    *problem = "not all subscriptions became active";
    return daemon_wait(&fanout->daemon, "store.subscriptions",
                       (int64_t)fanout->callbacks.count, SUBSCRIBE_MS);
}

// A POST as websubd makes them, for when there is no websubd.
static void make_sample(struct fanout *fanout)
{
    const char *body;
    size_t len = published_next(&fanout->published, &body);
    int head = snprintf(fanout->sample, sizeof fanout->sample,
                        "POST /cb/0 HTTP/1.1\r\nHost: 127.1.0.1\r\n"
                        "User-Agent: websubd/0.1.0\r\n"
                        "Content-Type: %s\r\n"
                        "Link: <http://127.0.0.1:8080/>; rel=\"hub\"\r\n"
                        "Link: <%s>; rel=\"self\"\r\n"
                        "Hub-Sequence: 0123456789abcdef.2\r\n"
                        "Hub-Previous: 0123456789abcdef.1\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        published_type(&fanout->published), fanout->topic, len);
    memcpy(fanout->sample + head, body, len);
    fanout->sample_len = (size_t)head + len;
}

// Bound and never listened on, so that who connects is refused and nobody
// else gets it.
static int reserve_port(uint16_t *out_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0
        || getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        close(fd);
        return -1;
    }
    *out_port = ntohs(at.sin_port);
    return fd;
}

// The daemon inherits the variable.
static bool open_authority(struct fanout *fanout)
{
    char path[WORKDIR_MAX + 16];
    fanout->authority = authority_new();
    if (fanout->authority == NULL
        || !workdir_make(fanout->options.base, fanout->authority_home))
        return false;
    snprintf(path, sizeof path, "%s/ca.pem", fanout->authority_home);
    return authority_write(fanout->authority, path)
           && setenv("SSL_CERT_FILE", path, 1) == 0;
}

static bool open_sink(struct fanout *fanout)
{
    const struct fanout_options *options = &fanout->options;
    size_t count = (size_t)options->callbacks;
    int cpu = fanout_measuring_cpu(options);
    fanout->dead = reserve_port(&fanout->population.dead_port);
    fanout->latencies = calloc(count, sizeof *fanout->latencies);
    if (fanout->dead < 0 || fanout->latencies == NULL
        || (options->tls && !open_authority(fanout))
        || !sink_open(&fanout->sink, count, fanout->authority, cpu))
        return false;
    sink_delay(&fanout->sink, options->delay_ms);
    spawn_pin(0, cpu);
    return true;
}

static void settle_callbacks(struct fanout *fanout)
{
    const struct fanout_options *options = &fanout->options;
    const struct sink *sink = &fanout->sink;
    fanout->callbacks =
        (struct callbacks){ .count = (size_t)options->callbacks,
                            .origins = (size_t)options->origins,
                            .port = options->tls ? sink->tls_port : sink->port,
                            .topic_port = sink->port,
                            .secrets = !options->no_secrets,
                            .tls = options->tls,
                            .topic_path = "/topic",
                            .callback_path = "/cb" };
    fanout->aside = fanout->callbacks;
    fanout->aside.topic_path = fanout->aside.callback_path = "/aside";
    fanout->aside.port = sink->port;
    fanout->population.callbacks = &fanout->callbacks;
    fanout->population.hung = (unsigned)options->hung;
    fanout->population.refusing = (unsigned)options->refusing;
    fanout->population.dead_origins = (size_t)options->dead_origins;
    fanout->population.mixed = options->mixed;
    fanout->population.alive = options->alive;
    callbacks_topic(&fanout->callbacks, fanout->topic, sizeof fanout->topic);
}

// Whoever fills the store subscribes to a topic that was never fetched: what
// is fetched first is not news.
static bool wait_for_baseline(struct fanout *fanout, const char **problem)
{
    *problem = "the topic was not fetched";
    for (int past = 0; sink_asked(&fanout->sink) == 0; past += LOOK_MS) {
        if (past > SUBSCRIBE_MS)
            return false;
        poll(NULL, 0, LOOK_MS);
    }
    return true;
}

static bool open_daemon(struct fanout *fanout, const char **problem)
{
    struct fanout_round round;
    const struct fill fill = { .next = population_next,
                               .context = &fanout->population };
    struct daemon_options options = {
        .program = fanout->options.program,
        .base = fanout->options.base,
        .cpu = fanout_measured_cpu(&fanout->options),
        .extra = { fanout->options.extra },
        .extra_count = fanout->options.extra != NULL,
        .fill = fanout->options.filled ? &fill : NULL,
    };
    if (!daemon_start(&fanout->daemon, &options, problem))
        return false;
    if (fanout->options.filled ? !wait_for_baseline(fanout, problem)
                               : !subscribe_all(fanout, problem))
        return false;
    daemon_settle(&fanout->daemon);
    return fanout->options.cold || fanout_hub(fanout, NULL, &round, problem);
}

bool fanout_open(struct fanout *fanout, const struct fanout_options *options,
                 const char **problem)
{
    *fanout =
        (struct fanout){ .options = *options, .sink.reached = -1, .dead = -1 };
    fanout->published = (struct published){ .feed = options->feed,
                                            .bytes = (size_t)options->bytes };
    *problem = "the sink did not start";
    if (!open_sink(fanout))
        return false;
    settle_callbacks(fanout);
    fanout_next_version(fanout);
    if (!options->bare_only)
        return open_daemon(fanout, problem);
    make_sample(fanout);
    return true;
}

void fanout_close(struct fanout *fanout)
{
    daemon_stop(&fanout->daemon);
    sink_close(&fanout->sink);
    authority_free(fanout->authority);
    if (fanout->authority_home[0] != '\0')
        workdir_remove(fanout->authority_home);
    if (fanout->dead >= 0)
        close(fanout->dead);
    free(fanout->latencies);
}
