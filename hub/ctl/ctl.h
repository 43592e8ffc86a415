// SPDX-License-Identifier: MIT
//
// ctl -- what all commands of websubctl share.
//
// A command gets what is left of the command line after the options that all
// of them take, and returns what the process exits with.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum ctl_exit {
    CTL_FINE = 0,
    CTL_NO = 1, // the answer is no
    CTL_USAGE = 2,
    CTL_NO_DAEMON = 3,
};

struct command;

struct ctl {
    const char *socket;            // of the daemon
    const char *data;              // --data; NULL: not given
    bool json;                     // print the daemon's JSON instead of text
    const struct command *command; // the one that runs
    size_t limit;                  // of a list; 0: all of it
    const char *after;             // where it begins; NULL: at its beginning
    const char *sort;              // a member of its items; NULL: as they come
    bool reverse;
};

// argv[0] is the command's whole name, "token add". An unknown argument: a
// sentence on stderr and CTL_USAGE.
int ctl_status(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topics(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topic(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topic_add(const struct ctl *ctl, int argc, char *argv[]);
int ctl_topic_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_subscription_add(const struct ctl *ctl, int argc, char *argv[]);
int ctl_subscription_extend(const struct ctl *ctl, int argc, char *argv[]);
int ctl_rule_list(const struct ctl *ctl, int argc, char *argv[]);
int ctl_rule_add(const struct ctl *ctl, int argc, char *argv[]);
int ctl_rule_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_key_list(const struct ctl *ctl, int argc, char *argv[]);
int ctl_key_add(const struct ctl *ctl, int argc, char *argv[]);
int ctl_key_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_quota_list(const struct ctl *ctl, int argc, char *argv[]);
int ctl_quota_set(const struct ctl *ctl, int argc, char *argv[]);
int ctl_quota_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_import_opml(const struct ctl *ctl, int argc, char *argv[]);
int ctl_import_csv(const struct ctl *ctl, int argc, char *argv[]);
int ctl_subscriptions(const struct ctl *ctl, int argc, char *argv[]);
int ctl_explain(const struct ctl *ctl, int argc, char *argv[]);
int ctl_probe(const struct ctl *ctl, int argc, char *argv[]);
int ctl_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_deliveries(const struct ctl *ctl, int argc, char *argv[]);
int ctl_options(const struct ctl *ctl, int argc, char *argv[]);
int ctl_origins(const struct ctl *ctl, int argc, char *argv[]);
int ctl_resend(const struct ctl *ctl, int argc, char *argv[]);
int ctl_reload(const struct ctl *ctl, int argc, char *argv[]);
int ctl_pause(const struct ctl *ctl, int argc, char *argv[]);
int ctl_resume(const struct ctl *ctl, int argc, char *argv[]);
int ctl_token_add(const struct ctl *ctl, int argc, char *argv[]);
int ctl_token_list(const struct ctl *ctl, int argc, char *argv[]);
int ctl_token_remove(const struct ctl *ctl, int argc, char *argv[]);
int ctl_pulls(const struct ctl *ctl, int argc, char *argv[]);
int ctl_mailboxes(const struct ctl *ctl, int argc, char *argv[]);
int ctl_ping(const struct ctl *ctl, int argc, char *argv[]);
int ctl_backup(const struct ctl *ctl, int argc, char *argv[]);
int ctl_restore(const struct ctl *ctl, int argc, char *argv[]);
int ctl_export(const struct ctl *ctl, int argc, char *argv[]);
int ctl_import(const struct ctl *ctl, int argc, char *argv[]);
int ctl_store_check(const struct ctl *ctl, int argc, char *argv[]);
int ctl_store_compact(const struct ctl *ctl, int argc, char *argv[]);
int ctl_store_stats(const struct ctl *ctl, int argc, char *argv[]);
int ctl_top(const struct ctl *ctl, int argc, char *argv[]);
int ctl_trace(const struct ctl *ctl, int argc, char *argv[]);
int ctl_traces(const struct ctl *ctl, int argc, char *argv[]);
int ctl_doctor(const struct ctl *ctl, int argc, char *argv[]);
int ctl_selftest(const struct ctl *ctl, int argc, char *argv[]);
int ctl_relay(const struct ctl *ctl, int argc, char *argv[]);
int ctl_feed_inspect(const struct ctl *ctl, int argc, char *argv[]);
int ctl_feed_diff(const struct ctl *ctl, int argc, char *argv[]);
int ctl_completion(const struct ctl *ctl, int argc, char *argv[]);
int ctl_complete(const struct ctl *ctl, int argc, char *argv[]);
int ctl_help(const struct ctl *ctl, int argc, char *argv[]);
int ctl_manual(const struct ctl *ctl, int argc, char *argv[]);

// "websubctl ping: needs one topic" and CTL_USAGE.
int ctl_usage(const char *command, const char *problem);
