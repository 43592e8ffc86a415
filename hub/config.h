// SPDX-License-Identifier: MIT
//
// config -- every option of the daemon, from one table.
//
// A row of the table in option_table.c has a name, a kind, bounds, a default
// and a sentence. The configuration file (libconfuse syntax: `name = value`),
// the command line (`--name=value`, a switch also as `--name`), --help, --check
// and the manual all read it.
// Suffixes: ms s m h d for times, KiB MiB GiB for sizes. The command line wins
// over the file; a repeatable option given there replaces the file's list.
// Once the daemon runs only live.h changes the config, on the main thread: what
// other threads see of it was copied before. At start the daemon fits the
// connections to the descriptor limit and names itself where it listens.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CONFIG_LIST_MAX = 64, CONFIG_OPTIONS_MAX = 96 };

struct config_list {
    char *items[CONFIG_LIST_MAX];
    size_t count;
};

enum config_feed { CONFIG_FEED_ENTRIES, CONFIG_FEED_FULL };

// Times in milliseconds, sizes in bytes.
struct config {
    char *data;
    struct config_list listen;
    char *public_url; // "" until main knows the port: then http://LISTEN/
    struct config_list hub_alias;
    char *admin_socket; // a name without '/' has been put into `data`
    struct config_list admin_listen;
    struct config_list trusted_proxy;
    // The two others contain what allow_address does.
    struct config_list allow_address, allow_topic_address,
        allow_callback_address;
    // Domains, each with all below it; what is denied wins (R19).
    struct config_list deny_topic, deny_callback, allow_topic, allow_callback;
    struct config_list pin_secret; // callback domains (semantics, B)
    char *moved_to;                // "" or where the hub is now (R34)
    bool pull_open, pull_anonymous;
    struct config_list pull_origin; // of pages that may pull; "*": anybody's
    struct config_list dns_server;
    int64_t lease_min, lease_default, lease_max;
    int64_t retry_first, retry_max;
    int64_t retry_attempts;
    int64_t delivery_timeout, fetch_timeout, verify_timeout;
    int64_t deliveries, deliveries_per_address;
    int64_t deliveries_per_origin, deliveries_per_origin_max;
    // No options: how many pulls there is room for at most, whatever `pulls`
    // says; what the process may have open for all requests of ours, how
    // many of those from outside may be anything but pulls, and whether
    // somebody asked for so many connections.
    int64_t pulls_room;
    uint64_t outgoing, http_connections;
    bool connections_asked;
    int64_t fetches, verifications, verify_per_host;
    int64_t network_threads;
    int64_t connections, connections_per_address;
    int64_t pulls, pulls_per_address, pulls_per_token;
    int64_t head_timeout, idle_timeout;
    int64_t accept_rate; // requests a second and address; 0: no ceiling
    int64_t max_topics, max_subscriptions;
    int64_t max_mailboxes, mailboxes_per_owner;
    int64_t presence_grace;           // of who polls, from one to the next
    int64_t subscriptions_per_origin; // 0: no ceiling
    int64_t pending_per_host;         // 0: no ceiling
    // Verifications of callbacks at origins that never verified anything: an
    // hour and host (and address), a second in all; 0: no ceiling.
    int64_t stranger_verifications, stranger_rate;
    int64_t idle_pings; // an hour and origin; 0: no ceiling
    bool goodbye_on_expiry;
    enum config_feed feed_delivery;
    int64_t poll_min, poll_max;
    struct config_list ignore; // rules of fetcher/noise.h
    bool ignore_default;       // beside the default ones
    int64_t remember_entries;  // of a topic, beyond those it lists (M14)
    // "PREFIX SECRET": who may send documents with a ping for URLs that begin
    // so, and ping more than a few with one wildcard (M19).
    struct config_list publisher_key;
    const char *exposed; // NULL, or who else can read secrets, as a sentence
    int64_t topic_gone_after;
    int64_t body_max;
    int64_t retention, retention_updates, retention_bytes;
    int64_t map_size;
    int log_level; // enum log_level
    bool log_json;
    int64_t drain; // patience with what is under way at SIGTERM
    int64_t drain_idle;
    // No option: of each row of the table, whether file or flags gave it.
    bool given[CONFIG_OPTIONS_MAX];
};

enum config_answer {
    CONFIG_RUN,  // go on
    CONFIG_DONE, // --help, --version or --check were served: exit 0
    CONFIG_BAD,  // `problem` says what and where: exit 2
};

enum config_answer config_read(int argc, char *argv[], struct config *out,
                               char problem[256]);
// Also of one that was never read, but is all zero.
void config_clear(struct config *config);

// A copy of all options. False: out of memory; `to` is clear.
bool config_copy(const struct config *from, struct config *to);

// Do the options fit together? False: `problem` is one sentence.
bool config_fits(const struct config *config, char problem[256]);

// The table as --help prints it, as rows of a Markdown table, and as a list of
// websubd.conf(5).
void config_help(FILE *to);
void config_manual(FILE *to);
void config_mdoc(FILE *to);

// What stands after an option's equals sign, and what bounds it, in words.
struct option;
const char *config_value_word(const struct option *option);
void config_value_bounds(const struct option *option, char bounds[160]);
