// SPDX-License-Identifier: MIT

#include "option.h"

#include "fetcher/noise.h"
#include "literal.h"
#include "publisher_key.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define KIB    INT64_C(1024)
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define TIB    (1024 * GIB)

// Where a row's member is.
#define AT(member_)                                                            \
    offsetof(struct config, member_), sizeof(((struct config *)NULL)->member_)

static const char *check_path(const char *text)
{
    return *text ? NULL : "a path";
}

static const char *check_rule(const char *text)
{
    const char *problem;
    struct noise *noise = noise_new(&text, 1, false, &problem);
    bool fine = noise != NULL;
    noise_free(noise);
    return fine ? NULL
                : "a rule: element NAMESPACE NAME, attribute NAMESPACE NAME, "
                  "parameter NAME, image HOST/PATH or link HOST/PATH";
}

// The order is the one in which the manual explains them. Reasons for the
// numbers that the design leaves open:
//  - fetches: a fetch is parsed and diffed, so 64 keep two cores busy, and at
//    10 MiB a body bound the memory of unparsed documents;
//  - deliveries-per-origin-max: 64 answers of 50 ms each are 1,280 a second,
//    more than a small server takes, and no more connections than one address
//    gets at all;
//  - verifications: short GETs, mostly waiting, apart from fetches; 8 for a
//    host, because 200 subscriptions for one aggregator in a second are usual
//    but 200 connections to it would look like an attack;
//  - connections: some 10 MB of held pulls, and far below the hard limit of
//    descriptors that a Debian service has (524288);
//  - connections-per-address: a NATed office or an aggregator, not one script;
//  - accept-rate: more than any reader that imports a list of feeds sends,
//    and a twentieth of what the store commits;
//  - pending-per-host, stranger-verifications: enough for somebody who tries
//    out a subscriber of his own, and no weapon against one who is not his;
//  - stranger-rate: more than new hosts come in a second even when another hub
//    closes down;
//  - idle-pings: publishers who ping without need get a fetch every 10 s;
//  - max-topics, max-subscriptions: a fraction of the default map, so that a
//    flood of requests meets these and not a full disk.
// clang-format off
#define TEXT(name_, member_, check_, fallback_, sentence_)                     \
    { name_, OPTION_TEXT, AT(member_), 0, 0, NULL, check_, fallback_,          \
      sentence_, false }
#define LIST(name_, member_, check_, fallback_, sentence_)                     \
    { name_, OPTION_LIST, AT(member_), 0, 0, NULL, check_, fallback_,          \
      sentence_, false }
#define NUMBER(name_, kind_, member_, least_, most_, fallback_, sentence_)     \
    { name_, kind_, AT(member_), least_, most_, NULL, NULL, fallback_,         \
      sentence_, false }
#define WORDS(name_, kind_, member_, words_, fallback_, sentence_)             \
    { name_, kind_, AT(member_), 0, 0, words_, NULL, fallback_, sentence_,     \
      false }
#define SECRETS(name_, member_, check_, sentence_)                             \
    { name_, OPTION_LIST, AT(member_), 0, 0, NULL, check_, "", sentence_,      \
      true }

static const struct option table[] = {
    TEXT("data", data, check_path, "./websubd-data",
         "directory of the store and the admin socket"),
    LIST("listen", listen, literal_check_port, "127.0.0.1:8080",
         "address and port of a public listener"),
    TEXT("public-url", public_url, literal_check_base, "",
         "what the hub calls itself; http:// and the first listener if not "
         "given"),
    LIST("hub-alias", hub_alias, literal_check_base, "",
         "another spelling of public-url that means this hub"),
    TEXT("admin-socket", admin_socket, check_path, "admin.sock",
         "socket of websubctl, mode 0600; a name without a slash is in data"),
    LIST("trusted-proxy", trusted_proxy, literal_check_range, "",
         "proxies whose Forwarded and X-Forwarded-For are believed"),
    LIST("allow-address", allow_address, literal_check_range, "",
         "private addresses that may be called after all, as topics and as "
         "callbacks"),
    LIST("allow-topic-address", allow_topic_address, literal_check_range, "",
         "the same for topics alone"),
    LIST("allow-callback-address", allow_callback_address,
         literal_check_range, "", "the same for callbacks alone"),
    LIST("deny-topic", deny_topic, literal_check_domain, "",
         "domain, with all below it, whose topics this hub does not serve"),
    LIST("deny-callback", deny_callback, literal_check_domain, "",
         "domain, with all below it, where this hub does not deliver"),
    LIST("allow-topic", allow_topic, literal_check_domain, "",
         "if given, topics are served of these domains alone"),
    LIST("allow-callback", allow_callback, literal_check_domain, "",
         "if given, deliveries go to these domains alone"),
    LIST("pin-secret", pin_secret, literal_check_domain, "",
         "domain, with all below it, of callbacks whose secret no renewal may "
         "change; to change it, remove the subscription first"),
    TEXT("moved-to", moved_to, literal_check_base, "",
         "where the hub is now: every request is sent there with a 308"),
    WORDS("pull-open", OPTION_SWITCH, pull_open, "off on", "off",
          "let anybody pull any topic, which creates it"),
    WORDS("pull-anonymous", OPTION_SWITCH, pull_anonymous, "off on", "on",
          "let who shows no token pull topics that anybody could fetch"),
    LIST("pull-origin", pull_origin, literal_check_origin, "",
         "pages of this origin (\"*\": of any) may pull, beside those of "
         "public-url"),
    LIST("dns-server", dns_server, literal_check_port, "",
         "name server to ask; those of resolv.conf if not given"),

    NUMBER("lease-min", OPTION_TIME, lease_min, SECOND, 3650 * DAY, "5m",
           "shortest lease; requests for less get this"),
    NUMBER("lease-default", OPTION_TIME, lease_default, SECOND, 3650 * DAY,
           "10d", "lease of a subscriber that names no time"),
    NUMBER("lease-max", OPTION_TIME, lease_max, SECOND, 3650 * DAY, "30d",
           "longest lease; requests for more get this"),
    NUMBER("retry-first", OPTION_TIME, retry_first, 10, DAY, "10s",
           "wait before a failed delivery is tried again"),
    NUMBER("retry-max", OPTION_TIME, retry_max, 10, 30 * DAY, "6h",
           "longest wait between two tries"),
    NUMBER("retry-attempts", OPTION_COUNT, retry_attempts, 1, 1000, "19",
           "tries before a delivery stops (19: about 47 hours)"),

    NUMBER("delivery-timeout", OPTION_TIME, delivery_timeout, 100, HOUR,
           "15s", "a delivery may take this long"),
    NUMBER("fetch-timeout", OPTION_TIME, fetch_timeout, 100, HOUR, "30s",
           "a fetch of a topic may take this long"),
    NUMBER("verify-timeout", OPTION_TIME, verify_timeout, 100, HOUR, "10s",
           "a verification of intent may take this long"),
    NUMBER("deliveries", OPTION_COUNT, deliveries, 1, 100000, "1024",
           "deliveries in flight"),
    NUMBER("deliveries-per-origin", OPTION_COUNT, deliveries_per_origin, 1,
           100000, "8", "of these to one scheme, host and port at first"),
    NUMBER("deliveries-per-origin-max", OPTION_COUNT,
           deliveries_per_origin_max, 1, 100000, "64",
           "of these there while it answers fast; deliveries-per-origin if "
           "only that is given"),
    NUMBER("deliveries-per-address", OPTION_COUNT, deliveries_per_address, 1,
           100000, "64", "of these to one address"),
    NUMBER("fetches", OPTION_COUNT, fetches, 1, 10000, "64",
           "fetches in flight"),
    NUMBER("verifications", OPTION_COUNT, verifications, 1, 10000, "128",
           "verifications in flight"),
    NUMBER("verify-per-host", OPTION_COUNT, verify_per_host, 1, 10000, "8",
           "of these to one host"),
    NUMBER("network-threads", OPTION_COUNT, network_threads, 1, 64, "1",
           "threads for outgoing requests"),

    NUMBER("connections", OPTION_COUNT, connections, 8, 1000000, "16384",
           "connections from outside at a time"),
    NUMBER("connections-per-address", OPTION_COUNT, connections_per_address,
           1, 1000000, "256", "of these from one address, or one IPv6 /64"),
    NUMBER("pulls", OPTION_COUNT, pulls, 1, 1000000, "12288",
           "of these held for who pulls; three quarters of connections if "
           "only those are given"),
    NUMBER("pulls-per-address", OPTION_COUNT, pulls_per_address, 1, 1000000,
           "200",
           "of these without a token from one address, or one IPv6 /64; three "
           "quarters of connections-per-address if only that is given"),
    NUMBER("pulls-per-token", OPTION_COUNT, pulls_per_token, 1, 1000000,
           "1000", "of these by one token"),
    NUMBER("head-timeout", OPTION_TIME, head_timeout, 100, HOUR, "10s",
           "the head of a first request may take this long"),
    NUMBER("idle-timeout", OPTION_TIME, idle_timeout, SECOND, HOUR, "60s",
           "a connection may be idle this long, and a request take twice "
           "that to arrive"),
    NUMBER("accept-rate", OPTION_COUNT, accept_rate, 0, 1000000, "200",
           "requests to subscribe or publish a second from one address, 0 for "
           "no ceiling; beyond: 429"),
    NUMBER("subscriptions-per-origin", OPTION_COUNT,
           subscriptions_per_origin, 0, 1000000, "0",
           "subscriptions of callbacks at one scheme, host and port, 0 for no "
           "ceiling; beyond: 429"),
    NUMBER("pending-per-host", OPTION_COUNT, pending_per_host, 0, 1000000,
           "200",
           "requests that may wait for one callback host that never verified "
           "anything, a quarter of them from one address, 0 for no ceiling; "
           "beyond: 429"),
    NUMBER("stranger-verifications", OPTION_COUNT, stranger_verifications, 0,
           1000000, "60",
           "verifications an hour of one host or address that never verified "
           "anything, a sixth of them at once, 0 for no ceiling"),
    NUMBER("stranger-rate", OPTION_COUNT, stranger_rate, 0, 1000000, "100",
           "of these a second in all, 0 for no ceiling"),
    NUMBER("idle-pings", OPTION_COUNT, idle_pings, 0, 1000000, "360",
           "fetches an hour of one origin for pings that bring nothing new, "
           "and ten times as many for all that others ask for; a sixth of them "
           "at once, 0 for no ceiling; beyond, fetches wait"),
    NUMBER("max-topics", OPTION_COUNT, max_topics, 1, 1000000000, "1000000",
           "topics; beyond: 503"),
    NUMBER("max-subscriptions", OPTION_COUNT, max_subscriptions, 1,
           1000000000, "10000000", "subscriptions; beyond: 503"),
    NUMBER("max-mailboxes", OPTION_COUNT, max_mailboxes, 0, 1000000000,
           "100000", "mailboxes; beyond: 503"),
    NUMBER("mailboxes-per-owner", OPTION_COUNT, mailboxes_per_owner, 0,
           1000000000, "1000", "of these of one owner"),
    NUMBER("presence-grace", OPTION_TIME, presence_grace, 0, HOUR, "30s",
           "from one poll of a mailbox to the next its reader counts as there"),

    WORDS("goodbye-on-expiry", OPTION_SWITCH, goodbye_on_expiry, "off on",
          "off",
          "tell subscribers with hub.mode=denied that their lease is over"),
    WORDS("feed-delivery", OPTION_CHOICE, feed_delivery, "entries full",
          "entries",
          "what Atom and RSS subscribers get: the document cut to its new "
          "entries, or all of it"),
    NUMBER("poll-min", OPTION_TIME, poll_min, SECOND, 30 * DAY, "5m",
           "shortest time between two polls of a topic"),
    NUMBER("poll-max", OPTION_TIME, poll_max, SECOND, 365 * DAY, "24h",
           "longest time between two polls of a topic"),
    LIST("ignore", ignore, check_rule, "",
         "a difference in an entry that counts for nothing, beside the default "
         "ones: \"element NAMESPACE NAME\", \"attribute NAMESPACE NAME\", "
         "\"parameter NAME\", \"image HOST/PATH\", \"link HOST/PATH\""),
    WORDS("ignore-default", OPTION_SWITCH, ignore_default, "off on", "on",
          "comment counts, tracking parameters and counting images are no "
          "difference"),
    NUMBER("remember-entries", OPTION_COUNT, remember_entries, 100, 1000000,
           "10000",
           "entries remembered of a topic after they are gone from it, so "
           "that they are not new when they return; twice its entries if that "
           "is more"),
    SECRETS("publisher-key", publisher_key, publisher_key_check,
            "\"PREFIX SECRET\": who signs with the secret may send documents "
            "with a ping for topics that begin with the prefix, and ping up "
            "to 100 of them with one that ends in *; in the file alone, which "
            "nobody but the hub should be able to read (mode 0600)"),
    NUMBER("topic-gone-after", OPTION_TIME, topic_gone_after, SECOND,
           365 * DAY, "72h",
           "a topic that answers 410 for so long, on three fetches and more, "
           "is given up: its subscribers are told"),
    NUMBER("body-max", OPTION_SIZE, body_max, KIB, 256 * MIB, "10MiB",
           "largest fetched document, after decompression"),
    NUMBER("retention", OPTION_TIME, retention, SECOND, 3650 * DAY, "7d",
           "pullers can go back this long; what is beyond goes within an hour"),
    NUMBER("retention-updates", OPTION_COUNT, retention_updates, 1, 1000000,
           "1000", "and this many updates of a topic"),
    NUMBER("retention-bytes", OPTION_SIZE, retention_bytes, KIB, TIB,
           "256MiB", "and this much of a topic"),
    NUMBER("map-size", OPTION_SIZE, map_size, MIB, 16 * TIB, "64GiB",
           "most that the store can grow to; the file is sparse"),

    WORDS("log", OPTION_CHOICE, log_level, "error warn info debug", "info",
          "least level that is logged"),
    WORDS("log-format", OPTION_SWITCH, log_json, "text json", "text",
          "logfmt, or one JSON object a line"),
    NUMBER("drain", OPTION_TIME, drain, 0, HOUR, "10s",
           "patience with what is under way when told to stop"),
};
// clang-format on

const struct option *option_table(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}

const struct option *option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strlen(table[i].name) == len
            && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    }
    return NULL;
}

// ------------------------------------------------------------------ numbers

struct unit {
    const char *name;
    int64_t factor;
};

// Largest first: the first that divides a number is how it is written.
static const struct unit times[] = {
    { "d", DAY }, { "h", HOUR }, { "m", MINUTE }, { "s", SECOND }, { "ms", 1 },
};
static const struct unit sizes[] = {
    { "TiB", TIB }, { "GiB", GIB }, { "MiB", MIB }, { "KiB", KIB }, { "", 1 },
};
static const struct unit counts[] = { { "", 1 } };

static const struct unit *units_of(enum option_kind kind, size_t *count)
{
    switch (kind) {
    case OPTION_TIME:
        *count = sizeof times / sizeof *times;
        return times;
    case OPTION_SIZE:
        *count = sizeof sizes / sizeof *sizes;
        return sizes;
    default:
        *count = sizeof counts / sizeof *counts;
        return counts;
    }
}

static bool read_number(const struct option *option, const char *text,
                        int64_t *out)
{
    int64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (__builtin_mul_overflow(value, 10, &value)
            || __builtin_add_overflow(value, text[i] - '0', &value))
            return false;
    }

    size_t count;
    const struct unit *units = units_of(option->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text + digits, units[i].name) != 0)
            continue;
        return !__builtin_mul_overflow(value, units[i].factor, out)
               && *out >= option->least && *out <= option->most;
    }
    return false;
}

static void print_number(enum option_kind kind, int64_t number, char out[32])
{
    size_t count, i = 0;
    const struct unit *units = units_of(kind, &count);
    // Zero is zero of the smallest unit but one: "0s".
    while (i + 1 < count && (number == 0 || number % units[i].factor))
        i++;
    if (number == 0 && kind == OPTION_TIME)
        i--;
    snprintf(out, 32, "%lld%s", (long long)(number / units[i].factor),
             units[i].name);
}

// -------------------------------------------------------------------- words

// Index of `value` in "one two three"; -1: it is none of them.
static int find_word(const char *words, const char *value)
{
    size_t len = strlen(value);
    for (int index = 0;; index++) {
        size_t word = strcspn(words, " ");
        if (word == len && memcmp(words, value, len) == 0)
            return index;
        if (!words[word])
            return -1;
        words += word + 1;
    }
}

static bool read_word(const struct option *option, const char *value,
                      struct config *config)
{
    int index = find_word(option->words, value);
    if (index < 0)
        return false;
    void *member = (char *)config + option->offset;
    bool flag = index > 0;
    if (option->size == sizeof flag)
        memcpy(member, &flag, sizeof flag);
    else
        memcpy(member, &index, sizeof index);
    return true;
}

// -------------------------------------------------------------- one setting

void option_expected(const struct option *option,
                     char expected[OPTION_EXPECTED])
{
    char least[32], most[32];
    print_number(option->kind, option->least, least);
    print_number(option->kind, option->most, most);
    const char *wrong;
    switch (option->kind) {
    case OPTION_TIME:
        snprintf(expected, OPTION_EXPECTED, "a time from %s to %s", least,
                 most);
        break;
    case OPTION_SIZE:
        snprintf(expected, OPTION_EXPECTED, "a size from %s to %s", least,
                 most);
        break;
    case OPTION_COUNT:
        snprintf(expected, OPTION_EXPECTED, "a number from %s to %s", least,
                 most);
        break;
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        snprintf(expected, OPTION_EXPECTED, "one of: %s", option->words);
        break;
    case OPTION_TEXT:
    case OPTION_LIST:
        // No check passes the empty text.
        wrong = option->check("");
        assert(wrong);
        snprintf(expected, OPTION_EXPECTED, "%s", wrong);
        break;
    }
}

static enum option_answer set_text(const struct option *option,
                                   const char *value, struct config *config)
{
    if (option->check(value))
        return OPTION_NOT_GOOD;
    char *copy = strdup(value);
    if (!copy)
        return OPTION_NO_MEMORY;
    char **member = (void *)((char *)config + option->offset);
    free(*member);
    *member = copy;
    return OPTION_SET;
}

static enum option_answer append(const struct option *option, const char *value,
                                 struct config *config)
{
    struct config_list *list = (void *)((char *)config + option->offset);
    if (option->check(value) || list->count == CONFIG_LIST_MAX)
        return OPTION_NOT_GOOD;
    char *copy = strdup(value);
    if (!copy)
        return OPTION_NO_MEMORY;
    list->items[list->count++] = copy;
    return OPTION_SET;
}

static enum option_answer set(const struct option *option, const char *value,
                              struct config *config)
{
    int64_t number;
    switch (option->kind) {
    case OPTION_TEXT:
        return set_text(option, value, config);
    case OPTION_LIST:
        return append(option, value, config);
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        return read_word(option, value, config) ? OPTION_SET : OPTION_NOT_GOOD;
    default:
        if (!read_number(option, value, &number))
            return OPTION_NOT_GOOD;
        memcpy((char *)config + option->offset, &number, sizeof number);
        return OPTION_SET;
    }
}

enum option_answer option_set(const struct option *option, const char *value,
                              struct config *config,
                              char expected[OPTION_EXPECTED])
{
    enum option_answer answer = set(option, value, config);
    if (answer != OPTION_NOT_GOOD)
        return answer;
    const struct config_list *list =
        (const void *)((const char *)config + option->offset);
    if (option->kind == OPTION_LIST && list->count == CONFIG_LIST_MAX)
        snprintf(expected, OPTION_EXPECTED, "given at most %d times",
                 CONFIG_LIST_MAX);
    else
        option_expected(option, expected);
    return answer;
}

static void clear_text(const struct option *option, char *text)
{
    if (option->secret)
        explicit_bzero(text, strlen(text));
    free(text);
}

void option_clear(const struct option *option, struct config *config)
{
    char *member = (char *)config + option->offset;
    if (option->kind == OPTION_TEXT) {
        free(*(char **)(void *)member);
    } else if (option->kind == OPTION_LIST) {
        struct config_list *list = (void *)member;
        for (size_t i = 0; i < list->count; i++)
            clear_text(option, list->items[i]);
    }
    memset(member, 0, option->size);
}
