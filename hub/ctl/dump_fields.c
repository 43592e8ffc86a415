// SPDX-License-Identifier: MIT

#include "dump_fields.h"

#include <string.h>

// Rows are in the order in which a line has them.
// clang-format off
#define PLAIN(name_, kind_, type, member)                                      \
    .name = (name_), .kind = (kind_), .at = offsetof(type, member)
#define U64(name_, type, member)  { PLAIN(name_, FIELD_U64, type, member) }
#define HEX(name_, type, member)  { PLAIN(name_, FIELD_HEX, type, member) }
#define U32(name_, type, member)  { PLAIN(name_, FIELD_U32, type, member) }
#define I32(name_, type, member)  { PLAIN(name_, FIELD_I32, type, member) }
#define TIME(name_, type, member) { PLAIN(name_, FIELD_TIME, type, member) }
#define FLAG(name_, type, member) { PLAIN(name_, FIELD_BOOL, type, member) }
#define BYTES(name_, type, member)                                             \
    { PLAIN(name_, FIELD_BYTES, type, member),                                 \
      .size = sizeof((type *)0)->member }
#define WORD(name_, type, member, words_)                                      \
    { PLAIN(name_, FIELD_WORD, type, member), .words = (words_) }
#define TEXT(name_, type, member, max_)                                        \
    { PLAIN(name_, FIELD_TEXT, type, member), .max = (max_) }
#define DATA(name_, type, member, max_)                                        \
    { PLAIN(name_, FIELD_DATA, type, member), .max = (max_) }
#define FIXED_LIST(name_, type, member, count, items_)                         \
    { PLAIN(name_, FIELD_LIST, type, member),                                  \
      .size = sizeof *((type *)0)->member,                                     \
      .max = sizeof((type *)0)->member / sizeof *((type *)0)->member,          \
      .items = (items_), .item_count = sizeof(items_) / sizeof *(items_),      \
      .count_at = offsetof(type, count) }
#define LIST(name_, type, member, count, size_, items_)                        \
    { PLAIN(name_, FIELD_LIST, type, member), .size = (size_),                 \
      .max = ITEMS_MAX, .items = (items_),                                     \
      .item_count = sizeof(items_) / sizeof *(items_),                         \
      .count_at = offsetof(type, count), .pointed = true }
#define RECORD(name_, fields_)                                                 \
    { .name = (name_), .fields = (fields_),                                    \
      .count = sizeof(fields_) / sizeof *(fields_) }

// What a document of the largest size could have, and more.
enum { ITEMS_MAX = 4 << 20 };

#define CONTENT "default|full|entries|each"
#define METHOD  "none|sha1|sha256|sha384|sha512"
#define KIND    "none|entries|feed-level|removal-only|whole"
#define REASON  "none|operator|policy|topic-gone|limit|expired"

static const struct field of_store[] = {
    HEX("epoch", struct dump_store, epoch),
    BYTES("secret_key", struct dump_store, secret_key),
    TIME("clock", struct dump_store, clock),
    FLAG("paused", struct dump_store, paused),
    U64("last_topic", struct dump_store, topics),
    U64("last_subscription", struct dump_store, subscriptions),
    U64("last_request", struct dump_store, requests),
    U64("last_event", struct dump_store, events),
    U64("last_denial", struct dump_store, denials),
    U64("last_mailbox", struct dump_store, mailboxes),
    U64("last_token", struct dump_store, tokens),
};

static const struct field of_rule[] = {
    WORD("rule", struct store_rule, kind,
         "none|deny-topic|allow-topic|deny-callback|allow-callback|"
         "publisher-key|quota"),
    TEXT("subject", struct store_rule, subject, STORE_RULE_SUBJECT_MAX),
    TEXT("value", struct store_rule, value, STORE_RULE_VALUE_MAX),
    TEXT("by", struct store_rule, by, STORE_RULE_BY_MAX),
    TIME("made", struct store_rule, made),
};

static const struct field of_token[] = {
    U64("id", struct store_token, id),
    TEXT("name", struct store_token, name, STORE_NAME_MAX),
    TEXT("owner", struct store_token, owner, STORE_OWNER_MAX),
    BYTES("hash", struct store_token, hash),
    { .name = "rights", .kind = FIELD_RIGHTS,
      .at = offsetof(struct store_token, rights),
      .words = "pull|match|mailbox|create|ticket|presence|view|admin" },
    TEXT("scope", struct store_token, scope, STORE_SCOPE_MAX),
    TIME("made", struct store_token, made),
    TIME("expires", struct store_token, expires),
};

static const struct field of_grave[] = {
    BYTES("key_half", struct dump_grave, half),
    U64("event", struct dump_grave, number),
    TIME("until", struct dump_grave, until),
};

static const struct field of_lane[] = {
    BYTES("origin_key", struct store_lane, origin),
    TEXT("origin", struct store_lane, name, STORE_LANE_NAME_MAX),
    FLAG("paused", struct store_lane, paused),
    TIME("due", struct store_lane, due),
    U32("step", struct store_lane, step),
    U32("failures", struct store_lane, failures),
    TIME("failing_since", struct store_lane, failing_since),
    I32("last_status", struct store_lane, last_status),
};

static const struct field of_topic[] = {
    U64("id", struct dump_topic, shown.id),
    TEXT("url", struct dump_topic, shown.url, STORE_URL_MAX),
    TEXT("url_normal", struct dump_topic, shown.url_normal, STORE_URL_MAX),
    BYTES("key", struct dump_topic, key),
    HEX("incarnation", struct dump_topic, incarnation),
    TEXT("self", struct dump_topic, shown.self, STORE_URL_MAX),
    BYTES("self_key", struct dump_topic, self_key),
    FLAG("self_same_origin", struct dump_topic, self_near),
    TEXT("hubs", struct dump_topic, shown.hubs, STORE_LINKS_MAX),
    WORD("content", struct dump_topic, shown.content, CONTENT),
    FLAG("kept", struct dump_topic, shown.kept),
    TIME("poll_every", struct dump_topic, shown.poll_every),
    DATA("plan", struct dump_topic, shown.plan, STORE_PLAN_MAX),
    WORD("reach", struct dump_topic, shown.reach, "untold|public|inside"),
    TEXT("etag", struct dump_topic, shown.etag, STORE_HEADER_MAX),
    TEXT("last_modified", struct dump_topic, shown.modified, STORE_HEADER_MAX),
    TIME("last_modified_seen", struct dump_topic, shown.modified_seen),
    TEXT("moved", struct dump_topic, shown.moved, STORE_URL_MAX),
    U64("head", struct dump_topic, shown.head),
    U64("baseline", struct dump_topic, shown.baseline),
    TIME("baseline_at", struct dump_topic, shown.baseline_at),
    FLAG("baseline_owed", struct dump_topic, shown.baseline_owed),
    U64("removed", struct dump_topic, shown.removed),
    U32("dirty", struct dump_topic, shown.dirty),
    U32("fetched", struct dump_topic, shown.fetched),
    U32("failures", struct dump_topic, shown.failures),
    TIME("failing_since", struct dump_topic, shown.failing_since),
    I32("last_status", struct dump_topic, shown.last_status),
    U32("gone", struct dump_topic, shown.gone),
    TIME("gone_since", struct dump_topic, shown.gone_since),
    TIME("last_fetch", struct dump_topic, shown.last_fetch),
    TIME("last_update", struct dump_topic, shown.last_update),
    TIME("fetch_due", struct dump_topic, shown.fetch_due),
    TIME("trim_due", struct dump_topic, trim_due),
    TIME("pulled_until", struct dump_topic, shown.pulled_until),
    TIME("unfollowed_at", struct dump_topic, shown.unfollowed_at),
    U64("earlier", struct dump_topic, earlier),
    FLAG("resuming", struct dump_topic, resuming),
    U64("resumed", struct dump_topic, resumed),
};

static const struct field of_entry[] = {
    BYTES("id", struct store_entry, id),
    BYTES("content", struct store_entry, content),
    U64("seq", struct store_entry, seq),
    U32("seen", struct store_entry, seen),
};

static const struct field of_entries[] = {
    U64("topic", struct dump_entries, topic),
    LIST("entries", struct dump_entries, items, count,
         sizeof(struct store_entry), of_entry),
};

static const struct field of_changed[] = {
    { .name = "", .kind = FIELD_BYTES, .size = 16 },
};

static const struct field of_update[] = {
    U64("topic", struct dump_update, topic),
    U64("seq", struct dump_update, seq),
    U64("event", struct dump_update, number),
    TIME("time", struct dump_update, time),
    WORD("what", struct dump_update, kind, KIND),
    FLAG("baseline", struct dump_update, baseline),
    FLAG("removed", struct dump_update, skeleton),
    TEXT("content_type", struct dump_update, content_type, STORE_HEADER_MAX),
    TEXT("self", struct dump_update, self, STORE_URL_MAX),
    TEXT("hubs", struct dump_update, hubs, STORE_LINKS_MAX),
    BYTES("digest", struct dump_update, digest),
    U64("whole_size", struct dump_update, whole_size),
    U64("delta_size", struct dump_update, delta_size),
    FLAG("delta_on_request", struct dump_update, on_request),
    LIST("changed", struct dump_update, changed, changed_count, 16,
         of_changed),
};

static const struct field of_body[] = {
    U64("topic", struct dump_body, topic),
    U64("seq", struct dump_body, seq),
    WORD("which", struct dump_body, which, "whole|delta"),
    U32("piece", struct dump_body, index),
    DATA("data", struct dump_body, piece, STORE_CHUNK),
};

static const struct field of_step[] = {
    U64("last", struct store_step, last),
    U64("cursor", struct store_step, cursor),
};

static const struct field of_walk[] = {
    U64("topic", struct store_walk, topic),
    U64("from", struct store_walk, from),
    U64("to", struct store_walk, to),
    U64("start", struct store_walk, start),
    U64("position", struct store_walk, position),
    FIXED_LIST("steps", struct store_walk, steps, step_count, of_step),
};

static const struct field of_attempt[] = {
    TIME("at", struct store_attempt, at),
    I32("status", struct store_attempt, status),
    U32("took_ms", struct store_attempt, took_ms),
};

static const struct field of_subscription[] = {
    U64("topic", struct dump_subscription, shown.topic),
    U64("id", struct dump_subscription, shown.id),
    TEXT("topic_url", struct dump_subscription, shown.topic_url,
         STORE_URL_MAX),
    TEXT("callback", struct dump_subscription, shown.callback, STORE_URL_MAX),
    BYTES("callback_key", struct dump_subscription, callback_key),
    BYTES("origin_key", struct dump_subscription, shown.origin),
    U32("rev", struct dump_subscription, shown.rev),
    U64("start", struct dump_subscription, shown.start),
    TIME("lease_end", struct dump_subscription, shown.lease_end),
    TIME("ends", struct dump_subscription, ends),
    FLAG("suspended", struct dump_subscription, shown.suspended),
    FLAG("paused", struct dump_subscription, shown.paused),
    U64("request", struct dump_subscription, shown.request),
    TEXT("secret", struct dump_subscription, shown.profile.secret,
         STORE_SECRET_MAX),
    WORD("method", struct dump_subscription, shown.profile.method, METHOD),
    WORD("content", struct dump_subscription, shown.profile.content, CONTENT),
    TEXT("verify_token", struct dump_subscription, shown.profile.verify_token,
         STORE_VERIFY_TOKEN_MAX),
    FLAG("old_client", struct dump_subscription, shown.profile.old_client),
    FLAG("lagging", struct dump_subscription, shown.lagging),
    U64("next", struct dump_subscription, shown.next),
    U32("attempts", struct dump_subscription, shown.attempts),
    U32("step", struct dump_subscription, shown.step),
    TIME("first_failure", struct dump_subscription, shown.first_failure),
    TIME("due", struct dump_subscription, shown.due),
    I32("last_status", struct dump_subscription, shown.last_status),
    FLAG("waits", struct dump_subscription, shown.waits),
    FLAG("resent", struct dump_subscription, resent),
    FIXED_LIST("last_attempts", struct dump_subscription, shown.last,
               shown.last_count, of_attempt),
};

static const struct field of_request[] = {
    U64("id", struct dump_request, shown.id),
    WORD("mode", struct dump_request, shown.mode,
         "none|subscribe|unsubscribe"),
    TEXT("topic_url", struct dump_request, shown.topic, STORE_URL_MAX),
    TEXT("topic_url_normal", struct dump_request, shown.topic_normal,
         STORE_URL_MAX),
    TEXT("callback", struct dump_request, shown.callback, STORE_URL_MAX),
    BYTES("topic_key", struct dump_request, shown.topic_key),
    BYTES("callback_key", struct dump_request, shown.callback_key),
    BYTES("origin_key", struct dump_request, shown.origin),
    HEX("host", struct dump_request, shown.host),
    HEX("asker", struct dump_request, shown.asker),
    TIME("lease", struct dump_request, shown.lease),
    TEXT("secret", struct dump_request, shown.profile.secret,
         STORE_SECRET_MAX),
    WORD("method", struct dump_request, shown.profile.method, METHOD),
    WORD("content", struct dump_request, shown.profile.content, CONTENT),
    TEXT("verify_token", struct dump_request, shown.profile.verify_token,
         STORE_VERIFY_TOKEN_MAX),
    FLAG("old_client", struct dump_request, shown.profile.old_client),
    TIME("accepted", struct dump_request, shown.accepted),
    TIME("deadline", struct dump_request, shown.deadline),
    U32("tries", struct dump_request, shown.tries),
    FLAG("renews", struct dump_request, shown.renews),
    TIME("due", struct dump_request, due),
};

static const struct field of_denial[] = {
    U64("id", struct dump_denial, shown.id),
    TEXT("topic_url", struct dump_denial, shown.topic, STORE_URL_MAX),
    TEXT("callback", struct dump_denial, shown.callback, STORE_URL_MAX),
    BYTES("topic_key", struct dump_denial, shown.topic_key),
    BYTES("callback_key", struct dump_denial, shown.callback_key),
    BYTES("origin_key", struct dump_denial, shown.origin),
    WORD("reason", struct dump_denial, shown.reason, REASON),
    FLAG("verified", struct dump_denial, shown.verified),
    TIME("made", struct dump_denial, shown.made),
    U32("tries", struct dump_denial, shown.tries),
    TIME("due", struct dump_denial, due),
};

static const struct field of_ticket[] = {
    U64("request", struct dump_ticket, request),
    U64("topic", struct dump_ticket, topic),
    U64("subscription", struct dump_ticket, subscription),
    TIME("until", struct dump_ticket, end),
};

static const struct field of_hole[] = {
    U64("from", struct dump_hole, from),
    U64("to", struct dump_hole, to),
};

static const struct field of_mailbox[] = {
    U64("id", struct dump_mailbox, shown.id),
    HEX("owner", struct dump_mailbox, shown.owner),
    TEXT("name", struct dump_mailbox, shown.name, STORE_NAME_MAX),
    WORD("ack", struct dump_mailbox, shown.ack, "-|none|cursor|explicit"),
    WORD("overflow", struct dump_mailbox, shown.overflow,
         "-|suspend|oldest|newest|end"),
    FLAG("unordered", struct dump_mailbox, shown.unordered),
    U64("max_pending", struct dump_mailbox, shown.max_pending),
    U64("max_bytes", struct dump_mailbox, shown.max_bytes),
    TIME("ack_wait", struct dump_mailbox, shown.ack_wait),
    U32("max_deliver", struct dump_mailbox, shown.max_deliver),
    TIME("lease", struct dump_mailbox, shown.lease),
    TIME("inactivity", struct dump_mailbox, shown.inactivity),
    TEXT("secret", struct dump_mailbox, shown.profile.secret,
         STORE_SECRET_MAX),
    WORD("method", struct dump_mailbox, shown.profile.method, METHOD),
    WORD("content", struct dump_mailbox, shown.profile.content, CONTENT),
    TIME("created", struct dump_mailbox, shown.created),
    TIME("lease_end", struct dump_mailbox, shown.lease_end),
    TIME("seen", struct dump_mailbox, shown.seen),
    U64("place", struct dump_mailbox, shown.place),
    U32("rev", struct dump_mailbox, shown.rev),
    U64("last_listen", struct dump_mailbox, sid),
    U64("last_dead", struct dump_mailbox, dead),
    U64("first_dead", struct dump_mailbox, dead_first),
    FIXED_LIST("passed_over", struct dump_mailbox, holes, hole_count, of_hole),
};

static const struct field of_listen[] = {
    U64("mailbox", struct dump_listen, mailbox),
    U64("id", struct dump_listen, shown.sid),
    U64("topic", struct dump_listen, shown.topic),
    TEXT("url", struct dump_listen, shown.url, STORE_URL_MAX),
    TEXT("url_normal", struct dump_listen, shown.normal, STORE_URL_MAX),
    BYTES("key", struct dump_listen, shown.key),
    TEXT("label", struct dump_listen, shown.label, STORE_LABEL_MAX),
    U64("from", struct dump_listen, shown.from),
    U64("done", struct dump_listen, shown.seq),
    FLAG("fresh", struct dump_listen, shown.fresh),
    FLAG("placed", struct dump_listen, placed),
    FLAG("vague", struct dump_listen, vague),
    U64("added", struct dump_listen, added),
};

static const struct field of_letter[] = {
    U64("mailbox", struct dump_letter, mailbox),
    U64("event", struct dump_letter, number),
    U64("topic", struct dump_letter, topic),
    U64("seq", struct dump_letter, seq),
    FLAG("done", struct dump_letter, done),
    HEX("claim", struct dump_letter, claim),
    TIME("until", struct dump_letter, until),
    U32("deliveries", struct dump_letter, deliveries),
};

static const struct field of_dead[] = {
    U64("mailbox", struct dump_dead, mailbox),
    U64("number", struct dump_dead, number),
    U64("event", struct dump_dead, event.number),
    U64("topic", struct dump_dead, event.topic),
    TEXT("topic_url", struct dump_dead, event.url, STORE_URL_MAX),
    U64("seq", struct dump_dead, event.seq),
    HEX("incarnation", struct dump_dead, event.incarnation),
    U64("previous", struct dump_dead, event.previous),
    TIME("time", struct dump_dead, event.time),
    WORD("what", struct dump_dead, event.kind, KIND),
    TEXT("content_type", struct dump_dead, event.content_type,
         STORE_HEADER_MAX),
    TEXT("self", struct dump_dead, event.self, STORE_URL_MAX),
    TEXT("hubs", struct dump_dead, event.hubs, STORE_LINKS_MAX),
    FLAG("delta", struct dump_dead, event.delta),
    FLAG("delta_on_request", struct dump_dead, event.on_request),
    U64("size", struct dump_dead, event.size),
    U64("listen", struct dump_dead, sid),
    U32("deliveries", struct dump_dead, deliveries),
};

static const struct field of_dead_body[] = {
    U64("mailbox", struct dump_dead_body, mailbox),
    U64("number", struct dump_dead_body, number),
    U32("piece", struct dump_dead_body, index),
    DATA("data", struct dump_dead_body, piece, STORE_CHUNK),
};

static const struct record_kind kinds[DUMP_KINDS] = {
    [DUMP_STORE] = RECORD("store", of_store),
    [DUMP_RULE] = RECORD("rule", of_rule),
    [DUMP_TOKEN] = RECORD("token", of_token),
    [DUMP_GRAVE] = RECORD("grave", of_grave),
    [DUMP_LANE] = RECORD("lane", of_lane),
    [DUMP_TOPIC] = RECORD("topic", of_topic),
    [DUMP_ENTRIES] = RECORD("entries", of_entries),
    [DUMP_UPDATE] = RECORD("update", of_update),
    [DUMP_BODY] = RECORD("body", of_body),
    [DUMP_WALK] = RECORD("walk", of_walk),
    [DUMP_SUBSCRIPTION] = RECORD("subscription", of_subscription),
    [DUMP_REQUEST] = RECORD("request", of_request),
    [DUMP_DENIAL] = RECORD("denial", of_denial),
    [DUMP_TICKET] = RECORD("ticket", of_ticket),
    [DUMP_MAILBOX] = RECORD("mailbox", of_mailbox),
    [DUMP_LISTEN] = RECORD("listen", of_listen),
    [DUMP_LETTER] = RECORD("letter", of_letter),
    [DUMP_DEAD] = RECORD("dead-letter", of_dead),
    [DUMP_DEAD_BODY] = RECORD("dead-letter-body", of_dead_body),
};
// clang-format on

const struct record_kind *dump_fields(enum dump_kind kind)
{
    return kind >= DUMP_STORE && kind < DUMP_KINDS ? &kinds[kind] : NULL;
}

enum dump_kind dump_kind_named(const char *name)
{
    for (int kind = DUMP_STORE; kind < DUMP_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return (enum dump_kind)kind;
    return (enum dump_kind)0;
}
