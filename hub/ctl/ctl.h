// SPDX-License-Identifier: MIT
//
// ctl -- what all commands of websubctl share.
//
// A command gets what is left of the command line after the options that all
// of them take, and returns what the process exits with.

#pragma once

#include <stdbool.h>

enum ctl_exit {
    CTL_FINE = 0,
    CTL_NO = 1, // the answer is no
    CTL_USAGE = 2,
    CTL_NO_DAEMON = 3,
};

struct ctl {
    const char *socket; // of the daemon
    bool json;          // print the daemon's JSON instead of text
};

// argv[0] is the command's name. An unknown argument: a sentence on stderr
// and CTL_USAGE.
int ctl_status(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topics(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topic(const struct ctl *ctl, int argc, char *argv[]);
int ctl_subscriptions(const struct ctl *ctl, int argc, char *argv[]);
int ctl_explain(const struct ctl *ctl, int argc, char *argv[]);
int ctl_probe(const struct ctl *ctl, int argc, char *argv[]);
int ctl_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_deliveries(const struct ctl *ctl, int argc, char *argv[]);
int ctl_origins(const struct ctl *ctl, int argc, char *argv[]);
int ctl_resend(const struct ctl *ctl, int argc, char *argv[]);
int ctl_pause(const struct ctl *ctl, int argc, char *argv[]);
int ctl_resume(const struct ctl *ctl, int argc, char *argv[]);
int ctl_token(const struct ctl *ctl, int argc, char *argv[]);
int ctl_pulls(const struct ctl *ctl, int argc, char *argv[]);
int ctl_mailboxes(const struct ctl *ctl, int argc, char *argv[]);
int ctl_ping(const struct ctl *ctl, int argc, char *argv[]);
int ctl_backup(const struct ctl *ctl, int argc, char *argv[]);
int ctl_relay(const struct ctl *ctl, int argc, char *argv[]);

// "websubctl ping: needs one topic" and CTL_USAGE.
int ctl_usage(const char *command, const char *problem);
