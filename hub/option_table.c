// SPDX-License-Identifier: MIT

#include "option.h"

#include "fetcher/noise.h"
#include "literal.h"
#include "publisher_key.h"

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
#define TEXT(name_, change_, member_, check_, fallback_, sentence_)            \
    { name_, OPTION_TEXT, AT(member_), 0, 0, NULL, check_, fallback_,          \
      sentence_, false, OPTION_##change_ }
#define LIST(name_, change_, member_, check_, fallback_, sentence_)            \
    { name_, OPTION_LIST, AT(member_), 0, 0, NULL, check_, fallback_,          \
      sentence_, false, OPTION_##change_ }
#define NUMBER(name_, change_, kind_, member_, least_, most_, fallback_,       \
               sentence_)                                                      \
    { name_, kind_, AT(member_), least_, most_, NULL, NULL, fallback_,         \
      sentence_, false, OPTION_##change_ }
#define WORDS(name_, change_, kind_, member_, words_, fallback_, sentence_)    \
    { name_, kind_, AT(member_), 0, 0, words_, NULL, fallback_, sentence_,     \
      false, OPTION_##change_ }
#define SECRETS(name_, change_, member_, check_, sentence_)                    \
    { name_, OPTION_LIST, AT(member_), 0, 0, NULL, check_, "", sentence_,      \
      true, OPTION_##change_ }

static const struct option table[] = {
    TEXT("data", RESTART, data, check_path, "./websubd-data",
         "directory of the store and the admin socket"),
    LIST("listen", RESTART, listen, literal_check_port, "127.0.0.1:8080",
         "address and port of a public listener"),
    TEXT("public-url", RESTART, public_url, literal_check_base, "",
         "what the hub calls itself; http:// and the first listener if not "
         "given"),
    LIST("hub-alias", RESTART, hub_alias, literal_check_base, "",
         "another spelling of public-url that means this hub"),
    TEXT("admin-socket", RESTART, admin_socket, check_path, "admin.sock",
         "socket of websubctl, mode 0600; a name without a slash is in data"),
    LIST("admin-listen", RESTART, admin_listen, literal_check_port, "",
         "address and port of a listener for operators with a token: the "
         "console, /admin and /metrics; without TLS for loopback alone"),
    LIST("trusted-proxy", LIVE, trusted_proxy, literal_check_range, "",
         "proxies whose Forwarded and X-Forwarded-For are believed"),
    LIST("allow-address", LIVE, allow_address, literal_check_range, "",
         "private addresses that may be called after all, as topics and as "
         "callbacks"),
    LIST("allow-topic-address", LIVE, allow_topic_address,
         literal_check_range, "",
         "the same for topics alone"),
    LIST("allow-callback-address", LIVE, allow_callback_address,
         literal_check_range, "", "the same for callbacks alone"),
    LIST("deny-topic", LIVE, deny_topic, literal_check_domain, "",
         "domain, with all below it, whose topics this hub does not serve"),
    LIST("deny-callback", LIVE, deny_callback, literal_check_domain, "",
         "domain, with all below it, where this hub does not deliver"),
    LIST("allow-topic", LIVE, allow_topic, literal_check_domain, "",
         "if given, topics are served of these domains alone"),
    LIST("allow-callback", LIVE, allow_callback, literal_check_domain, "",
         "if given, deliveries go to these domains alone"),
    LIST("pin-secret", LIVE, pin_secret, literal_check_domain, "",
         "domain, with all below it, of callbacks whose secret no renewal may "
         "change; to change it, remove the subscription first"),
    TEXT("moved-to", LIVE, moved_to, literal_check_base, "",
         "where the hub is now: every request is sent there with a 308"),
    WORDS("pull-open", LIVE, OPTION_SWITCH, pull_open, "off on", "off",
          "let anybody pull any topic, which creates it"),
    WORDS("pull-anonymous", LIVE, OPTION_SWITCH, pull_anonymous, "off on", "on",
          "let who shows no token pull topics that anybody could fetch"),
    LIST("pull-origin", RESTART, pull_origin, literal_check_origin, "",
         "pages of this origin (\"*\": of any) may pull, beside those of "
         "public-url"),
    LIST("dns-server", RESTART, dns_server, literal_check_port, "",
         "name server to ask; those of resolv.conf if not given"),

    NUMBER("lease-min", LIVE, OPTION_TIME, lease_min, SECOND, 3650 * DAY, "5m",
           "shortest lease; requests for less get this"),
    NUMBER("lease-default", LIVE, OPTION_TIME, lease_default, SECOND,
           3650 * DAY,
           "10d", "lease of a subscriber that names no time"),
    NUMBER("lease-max", LIVE, OPTION_TIME, lease_max, SECOND, 3650 * DAY, "30d",
           "longest lease; requests for more get this"),
    NUMBER("retry-first", LIVE, OPTION_TIME, retry_first, 10, DAY, "10s",
           "wait before a failed delivery is tried again"),
    NUMBER("retry-max", LIVE, OPTION_TIME, retry_max, 10, 30 * DAY, "6h",
           "longest wait between two tries"),
    NUMBER("retry-attempts", LIVE, OPTION_COUNT, retry_attempts, 1, 1000, "19",
           "tries before a delivery stops (19: about 47 hours)"),

    NUMBER("delivery-timeout", LIVE, OPTION_TIME, delivery_timeout, 100, HOUR,
           "15s", "a delivery may take this long"),
    NUMBER("fetch-timeout", LIVE, OPTION_TIME, fetch_timeout, 100, HOUR, "30s",
           "a fetch of a topic may take this long"),
    NUMBER("verify-timeout", LIVE, OPTION_TIME, verify_timeout, 100, HOUR,
           "10s",
           "a verification of intent may take this long"),
    NUMBER("deliveries", RESTART, OPTION_COUNT, deliveries, 1, 100000, "1024",
           "deliveries in flight"),
    NUMBER("deliveries-per-origin", RESTART, OPTION_COUNT,
           deliveries_per_origin, 1,
           100000, "8",
           "deliveries in flight to one scheme, host and port at first"),
    NUMBER("deliveries-per-origin-max", RESTART, OPTION_COUNT,
           deliveries_per_origin_max, 1, 100000, "64",
           "deliveries in flight there while it answers fast; "
           "deliveries-per-origin if "
           "only that is given"),
    NUMBER("deliveries-per-address", RESTART, OPTION_COUNT,
           deliveries_per_address, 1,
           100000, "64", "deliveries in flight to one address"),
    NUMBER("fetches", RESTART, OPTION_COUNT, fetches, 1, 10000, "64",
           "fetches in flight"),
    NUMBER("verifications", RESTART, OPTION_COUNT, verifications, 1, 10000,
           "128",
           "verifications in flight"),
    NUMBER("verify-per-host", RESTART, OPTION_COUNT, verify_per_host, 1, 10000,
           "8",
           "verifications in flight to one host"),
    NUMBER("network-threads", RESTART, OPTION_COUNT, network_threads, 1, 64,
           "1",
           "threads for outgoing requests"),

    NUMBER("connections", RESTART, OPTION_COUNT, connections, 8, 1000000,
           "16384",
           "connections from outside at a time"),
    NUMBER("connections-per-address", RESTART, OPTION_COUNT,
           connections_per_address,
           1, 1000000, "256", "connections from one address, or one "
           "IPv6 /64"),
    NUMBER("pulls", QUOTA, OPTION_COUNT, pulls, 1, 1000000, "12288",
           "pulls held at a time; three quarters of connections if "
           "only those are given"),
    NUMBER("pulls-per-address", QUOTA, OPTION_COUNT, pulls_per_address, 1,
           1000000,
           "200",
           "pulls held without a token for one address, or one IPv6 /64; three "
           "quarters of connections-per-address if only that is given"),
    NUMBER("pulls-per-token", QUOTA, OPTION_COUNT, pulls_per_token, 1, 1000000,
           "1000", "pulls held for one token"),
    NUMBER("head-timeout", RESTART, OPTION_TIME, head_timeout, 100, HOUR, "10s",
           "the head of a first request may take this long"),
    NUMBER("idle-timeout", RESTART, OPTION_TIME, idle_timeout, SECOND, HOUR,
           "60s",
           "a connection may be idle this long, and a request take twice "
           "that to arrive"),
    NUMBER("accept-rate", QUOTA, OPTION_COUNT, accept_rate, 0, 1000000, "200",
           "requests to subscribe or publish a second from one address, 0 for "
           "no ceiling; beyond: 429"),
    NUMBER("subscriptions-per-origin", QUOTA, OPTION_COUNT,
           subscriptions_per_origin, 0, 1000000, "0",
           "subscriptions of callbacks at one scheme, host and port, 0 for no "
           "ceiling; beyond: 429"),
    NUMBER("pending-per-host", QUOTA, OPTION_COUNT, pending_per_host, 0,
           1000000,
           "200",
           "requests that may wait for one callback host that never verified "
           "anything, a quarter of them from one address, 0 for no ceiling; "
           "beyond: 429"),
    NUMBER("stranger-verifications", QUOTA, OPTION_COUNT,
           stranger_verifications, 0,
           1000000, "60",
           "verifications an hour of one host or address that never verified "
           "anything, a sixth of them at once, 0 for no ceiling"),
    NUMBER("stranger-rate", QUOTA, OPTION_COUNT, stranger_rate, 0, 1000000,
           "100",
           "verifications a second of all hosts that never verified anything, "
           "0 for no ceiling"),
    NUMBER("idle-pings", QUOTA, OPTION_COUNT, idle_pings, 0, 1000000, "360",
           "fetches an hour of one origin for pings that bring nothing new, "
           "and ten times as many for all that others ask for; a sixth of them "
           "at once, 0 for no ceiling; beyond, fetches wait"),
    NUMBER("max-topics", QUOTA, OPTION_COUNT, max_topics, 1, 1000000000,
           "1000000",
           "topics; beyond: 503"),
    NUMBER("max-subscriptions", QUOTA, OPTION_COUNT, max_subscriptions, 1,
           1000000000, "10000000", "subscriptions; beyond: 503"),
    NUMBER("max-mailboxes", QUOTA, OPTION_COUNT, max_mailboxes, 0, 1000000000,
           "100000", "mailboxes, 0 for no ceiling; beyond: 503"),
    NUMBER("mailboxes-per-owner", QUOTA, OPTION_COUNT, mailboxes_per_owner, 0,
           1000000000, "1000", "mailboxes of one owner"),
    NUMBER("presence-grace", LIVE, OPTION_TIME, presence_grace, 0, HOUR, "30s",
           "from one poll of a mailbox to the next its reader counts as there"),

    WORDS("goodbye-on-expiry", LIVE, OPTION_SWITCH, goodbye_on_expiry, "off on",
          "off",
          "tell subscribers with hub.mode=denied that their lease is over"),
    WORDS("feed-delivery", LIVE, OPTION_CHOICE, feed_delivery, "entries full",
          "entries",
          "what Atom and RSS subscribers get: the document cut to its new "
          "entries, or all of it"),
    NUMBER("poll-min", LIVE, OPTION_TIME, poll_min, SECOND, 30 * DAY, "5m",
           "shortest time between two polls of a topic"),
    NUMBER("poll-max", LIVE, OPTION_TIME, poll_max, SECOND, 365 * DAY, "24h",
           "longest time between two polls of a topic"),
    LIST("ignore", LIVE, ignore, check_rule, "",
         "a difference in an entry that counts for nothing, beside the default "
         "ones: \"element NAMESPACE NAME\", \"attribute NAMESPACE NAME\", "
         "\"parameter NAME\", \"image HOST/PATH\", \"link HOST/PATH\""),
    WORDS("ignore-default", LIVE, OPTION_SWITCH, ignore_default, "off on",
          "on",
          "comment counts, tracking parameters and counting images are no "
          "difference"),
    NUMBER("remember-entries", LIVE, OPTION_COUNT, remember_entries, 100,
           1000000,
           "10000",
           "entries remembered of a topic after they are gone from it, so "
           "that they are not new when they return; twice its entries if that "
           "is more"),
    SECRETS("publisher-key", LIVE, publisher_key, publisher_key_check,
            "\"PREFIX SECRET\": who signs with the secret may send documents "
            "with a ping for topics that begin with the prefix, and ping up "
            "to 100 of them with one that ends in *; in the file alone, which "
            "nobody but the hub should be able to read (mode 0600)"),
    NUMBER("topic-gone-after", LIVE, OPTION_TIME, topic_gone_after, SECOND,
           365 * DAY, "72h",
           "a topic that answers 410 for so long, on three fetches and more, "
           "is given up: its subscribers are told"),
    NUMBER("body-max", LIVE, OPTION_SIZE, body_max, KIB, 256 * MIB, "10MiB",
           "largest fetched document, after decompression"),
    NUMBER("retention", QUOTA, OPTION_TIME, retention, SECOND, 3650 * DAY, "7d",
           "pullers can go back this long; what is beyond goes within an hour"),
    NUMBER("retention-updates", QUOTA, OPTION_COUNT, retention_updates, 1,
           1000000,
           "1000", "pullers can go back this many updates of a topic"),
    NUMBER("retention-bytes", QUOTA, OPTION_SIZE, retention_bytes, KIB, TIB,
           "256MiB", "pullers can go back over this much of a topic"),
    NUMBER("map-size", RESTART, OPTION_SIZE, map_size, MIB, 16 * TIB, "64GiB",
           "most that the store can grow to; the file is sparse"),

    WORDS("log", LIVE, OPTION_CHOICE, log_level, "error warn info debug",
          "info",
          "least level that is logged"),
    WORDS("log-format", LIVE, OPTION_SWITCH, log_json, "text json", "text",
          "logfmt, or one JSON object a line"),
    NUMBER("drain", LIVE, OPTION_TIME, drain, 0, HOUR, "10s",
           "patience with what is under way when told to stop"),
    NUMBER("drain-idle", LIVE, OPTION_TIME, drain_idle, 0, HOUR, "500ms",
           "who keeps an idle connection then has so long to use it once more, "
           "and be told that it ends"),
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
