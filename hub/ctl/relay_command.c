// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "hub/literal.h"
#include "hub/log.h"
#include "relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RETRY_FIRST_MS = 10 * 1000,
    RETRY_MAX_MS = 60 * 60 * 1000,
    CALLBACK_MS = 30 * 1000,
    LONGEST_MS = 24 * 60 * 60 * 1000,
};

// It stands beside its subscribers: on this machine, or in this network.
static const char *const near[] = {
    "127.0.0.0/8",    "::1",      "10.0.0.0/8", "172.16.0.0/12",
    "192.168.0.0/16", "fc00::/7",
};

static void allow_near(struct guard *guard)
{
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        guard_allow(guard, near[i]);
}

// "250ms", "10s", "5m", "1h".
static bool read_duration(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {
        { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }
    };
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9)
        return false;
    int64_t number = strtoll(text, NULL, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(text + digits, units[i].unit) == 0) {
            *out = number * units[i].ms;
            return *out > 0 && *out <= LONGEST_MS;
        }
    return false;
}

static bool is_base(const char *url)
{
    return strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;
}

// NULL: it was taken. Else what is wrong.
static const char *take_text(struct relay_options *options, const char *name,
                             const char *value)
{
    const struct {
        const char *name, **place;
    } texts[] = { { "--hub", &options->hub },
                  { "--token-file", &options->token_file },
                  { "--listen", &options->listen },
                  { "--state", &options->state } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) {
            *texts[i].place = value;
            return NULL;
        }
    return "does not take ";
}

static const char *take_time(struct relay_options *options, const char *name,
                             const char *value)
{
    const struct {
        const char *name;
        int64_t *place;
    } times[] = { { "--retry-first", &options->retry_first },
                  { "--retry-max", &options->retry_max },
                  { "--callback-timeout", &options->timeout } };
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(name, times[i].name) == 0)
            return read_duration(value, times[i].place)
                       ? NULL
                       : "needs a time like 250ms, 10s, 5m or 1h for ";
    return take_text(options, name, value);
}

static const char *take(struct relay_options *options, const char *name,
                        const char *value)
{
    if (strcmp(name, "--allow-callback") == 0)
        return guard_allow(&options->callbacks, value)
                   ? NULL
                   : "needs an address range like 10.0.0.0/8 for ";
    if (strcmp(name, "--feed") != 0)
        return take_time(options, name, value);
    if (!is_base(value) || !strchr(strchr(value, ':') + 3, '/'))
        return "needs http(s)://HOST/ and perhaps more for ";
    if (options->feed_count == RELAY_PREFIXES_MAX)
        return "has enough of ";
    options->feeds[options->feed_count++] = value;
    return NULL;
}

static bool complain(const char *command, const char *problem, const char *name)
{
    char text[160];
    snprintf(text, sizeof text, "%s%.60s", problem, name);
    ctl_usage(command, text);
    return false;
}

static bool read_arguments(int argc, char *argv[],
                           struct relay_options *options)
{
    char name[32];
    for (int i = 1; i < argc; i++) {
        size_t len = strcspn(argv[i], "=");
        const char *value = argv[i][len] ? argv[i] + len + 1 : NULL;
        if (strncmp(argv[i], "--", 2) != 0 || len >= sizeof name)
            return complain(argv[0], "does not take ", argv[i]);
        snprintf(name, sizeof name, "%.*s", (int)len, argv[i]);
        if (strcmp(argv[i], "--verbose") == 0) {
            options->verbose = true;
            continue;
        }
        if (!value && i + 1 < argc)
            value = argv[++i];
        if (!value)
            return complain(argv[0], "needs a value for ", name);
        const char *problem = take(options, name, value);
        if (problem)
            return complain(argv[0], problem, name);
    }
    return true;
}

static bool is_whole(const char *command, const struct relay_options *options)
{
    if (!options->hub || !is_base(options->hub) || strlen(options->hub) >= 2048)
        return complain(command, "needs --hub=", "http(s)://HOST/");
    if (!options->token_file)
        return complain(command, "needs --token-file=", "FILE");
    if (literal_check_port(options->listen))
        return complain(command, "needs ADDRESS:PORT for ", "--listen");
    return true;
}

int ctl_relay(const struct ctl *ctl, int argc, char *argv[])
{
    struct relay_options options = {
        .listen = "127.0.0.1:8090",
        .state = "websub-relay.json",
        .retry_first = RETRY_FIRST_MS,
        .retry_max = RETRY_MAX_MS,
        .timeout = CALLBACK_MS,
    };
    if (!read_arguments(argc, argv, &options) || !is_whole(argv[0], &options))
        return CTL_USAGE;
    if (options.callbacks.count == 0)
        allow_near(&options.callbacks);
    log_setup(options.verbose ? LOG_DEBUG : LOG_INFO, ctl->json);
    return relay_run(&options);
}
