// SPDX-License-Identifier: MIT
//
// notify -- telling the service manager how we are (sd_notify(3)).
//
// One datagram of `NAME=value` lines to the socket that NOTIFY_SOCKET names; a
// few lines of code instead of a library. Without such a socket nothing is
// told. What follows from the environment is taken once and removed from it,
// so that no child finds it.
//
// Main thread.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct notify;

// NULL: out of memory. A name that is none tells nobody, which is logged.
struct notify *notify_new(void);
void notify_free(struct notify *notify);

// Is anybody told? Else the others do nothing.
bool notify_is_on(const struct notify *notify);

// `status` is a sentence for `systemctl status`.
void notify_ready(struct notify *notify, const char *status);
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify, const char *status);
void notify_status(struct notify *notify, const char *status);

// A step that pats the watchdog as often as it wants; called by the loop, so
// that a loop that is stuck is found out. Sources' functions (loop.h).
struct moment;
bool notify_step(void *notify, struct moment now);
int64_t notify_patience(void *notify, struct moment now);
