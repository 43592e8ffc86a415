// SPDX-License-Identifier: MIT

#include "config.h"
#include "daemon.h"
#include "fetcher/document.h"
#include "inherit.h"
#include "log.h"
#include "loop.h"
#include "notify.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_PROBLEM = 1, EXIT_USAGE = 2, LARGE = 1024 * 1024 };

static int serve(const struct daemon_means *means)
{
    char problem[512] = "";
    struct daemon *daemon = daemon_new(means, problem);
    if (!daemon) {
        LOG(LOG_ERROR, "start.failed", LOG_T("why", problem));
        return EXIT_PROBLEM;
    }
    daemon_run(daemon);
    if (!daemon_free(daemon))
        _exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}

static int run(struct config *config, int argc, char *argv[])
{
    struct inherit inherited;
    char problem[INHERIT_PROBLEM_MAX] = "";
    if (!inherit_take(&inherited, problem)) {
        LOG(LOG_ERROR, "start.failed", LOG_T("why", problem));
        return EXIT_PROBLEM;
    }
    struct notify *notify = notify_new();
    if (!notify) {
        LOG(LOG_ERROR, "start.failed", LOG_T("why", "out of memory"));
        return EXIT_PROBLEM;
    }
    int status =
        serve(&(struct daemon_means){ config, argc, argv, &inherited, notify });
    notify_free(notify);
    return status;
}

int main(int argc, char *argv[])
{
    struct config config;
    char problem[256] = "";
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    // Who stops us while nothing is open yet has it at once.
    loop_hold_hangup();
    switch (config_read(argc, argv, &config, problem)) {
    case CONFIG_DONE:
        config_clear(&config);
        return EXIT_SUCCESS;
    case CONFIG_BAD:
        fprintf(stderr, "websubd: %s\n", problem);
        return EXIT_USAGE;
    case CONFIG_RUN:
        break;
    }
    // A peer that closes early is an error of write(2), not a signal; nor is
    // a file that may not grow any more.
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    loop_hold_signals();
    // Left to itself, the C library keeps for later what was large once: half
    // a gigabyte of answers would stay with us for ever.
    mallopt(M_MMAP_THRESHOLD, LARGE);
    umask(077); // the store and the admin socket are ours alone
    log_setup((enum log_level)config.log_level, config.log_json);
    if (config.exposed)
        LOG(LOG_WARN, "config.exposed", LOG_T("why", config.exposed));
    document_setup();
    int status = run(&config, argc, argv);
    config_clear(&config);
    return status;
}
