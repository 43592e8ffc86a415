// SPDX-License-Identifier: MIT
//
// daemon -- a real websubd on an empty directory, with generous budgets.

#pragma once

#include "workdir.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct call;
struct fill;

enum { DAEMON_OPTIONS_MAX = 16 };

struct daemon {
    pid_t pid;
    uint16_t port;
    char directory[WORKDIR_MAX]; // store and log, below it
    char log[WORKDIR_MAX + 16];
    struct call *admin, *public;
    double ready_ms; // from its start until GET /readyz was answered 200
};

struct daemon_options {
    const char *program; // NULL: $WEBSUBD, or the one of this build
    const char *base;    // NULL: TMPDIR or /tmp
    int cpu;
    const char *extra[DAEMON_OPTIONS_MAX]; // "--name=value"
    size_t extra_count;
    const struct fill *fill; // its store, before it starts; NULL: empty
};

// It is ready when this returns. False: *problem says why; the
// end of its log is on stderr.
bool daemon_start(struct daemon *daemon, const struct daemon_options *options,
                  const char **problem);

// Ends it, and starts it again on what it has stored.
bool daemon_restart(struct daemon *daemon, const struct daemon_options *options,
                    const char **problem);

// Ends it, and removes what it stored.
void daemon_stop(struct daemon *daemon);

// A number of GET /admin/status: "store.subscriptions". False: no daemon, or
// no such number.
bool daemon_number(struct daemon *daemon, const char *path, int64_t *out);

// Until that number is at least so high. False: not within that time.
bool daemon_wait(struct daemon *daemon, const char *path, int64_t least,
                 int timeout_ms);

// Until it has used hardly any CPU for 0.3 s; at most five seconds.
void daemon_settle(struct daemon *daemon);

// hub.mode=publish. The answer's status; 0: none.
unsigned daemon_publish(struct daemon *daemon, const char *topic);

// Copies the last lines of its log to stderr.
void daemon_show_log(const struct daemon *daemon);

// A port of 127.0.0.1 that nobody listens on now; 0: none.
uint16_t daemon_free_port(void);
