// SPDX-License-Identifier: MIT
//
// steering -- operations of operators: what is wanted here, and by whom.
//
// Rules survive restarts beside what the configuration says; what they mean is
// the hub's business (hub/rules.h). A topic that is kept is followed without
// anybody who subscribes; a granted subscription was never verified.
//
// Everything store.h says of operations holds here.

#pragma once

#include "store.h"

// ------------------------------------------------------------------ rules

enum store_rule_kind {
    STORE_RULE_DENY_TOPIC = 1, // subject: a domain
    STORE_RULE_ALLOW_TOPIC = 2,
    STORE_RULE_DENY_CALLBACK = 3,
    STORE_RULE_ALLOW_CALLBACK = 4,
    STORE_RULE_PUBLISHER_KEY = 5, // subject: a prefix of URLs; value: a secret
    STORE_RULE_QUOTA = 6,         // subject: an option; value: as written
};

enum {
    STORE_RULE_SUBJECT_MAX = 2048,
    STORE_RULE_VALUE_MAX = 1024,
    STORE_RULE_BY_MAX = 64,
    STORE_RULES_MAX = 100000,
};

struct store_rule {
    enum store_rule_kind kind;
    struct bytes subject, value; // a (kind, subject, value) is there once
    struct bytes by;             // who made it
    int64_t made;                // unix ms
};

// Of a QUOTA the new value replaces the old one; of the others there may be
// several values of one subject (keys are changed by adding the new one first).
// DUPLICATE: it is there already. CONFLICT: STORE_RULES_MAX are.
struct store_put_rule {
    struct store_op op;
    struct store_rule rule; // `made` out
};

// With an empty value all of this kind and subject. NOT_FOUND.
struct store_remove_rule {
    struct store_op op;
    enum store_rule_kind kind;
    struct bytes subject, value;
    size_t count; // removed
};

// By kind and subject, values of one in an order of their own; the first page
// with `after` all zero, each next one with the last item of the one before.
// Without a subject it goes on with the first of that kind. Release.
struct store_page_rules {
    struct store_op op;
    struct store_rule after; // kind, subject, value
    size_t max;
    size_t count;
    struct store_rule *items;
    bool end;
};

// ----------------------------------------------------------------- topics

// An operator follows a topic, which is made if there is none, or changes how
// it is polled and what of it is delivered; only what is `set_` changes.
// `keep` false: he follows it no longer; without other followers it ends as
// any (M7). NOT_FOUND: there is none and it is not to be kept. CONFLICT:
// max_topics is reached.
struct store_keep_topic {
    struct store_op op;
    struct store_key key;
    struct bytes url, url_normal;
    bool set_keep, keep;
    bool set_poll;
    int64_t poll_every; // as in struct store_topic
    bool set_content;
    enum store_content content;
    uint64_t topic;
    bool topic_new; // just created, or followed again: fetch it
};

// A topic goes, with its log, in pages, at once and not after retention: its
// subscriptions must have ended before (STORE_REMOVE), mailboxes listen to it
// no longer. CONFLICT: there are subscriptions. `more` asks for another call,
// until NOT_FOUND or no more.
struct store_drop_topic {
    struct store_op op;
    uint64_t topic;
    uint64_t looked; // 0 at first, then as it was left: mailboxes so far
    bool more;
};

// ---------------------------------------------------------- subscriptions

// An operator moves the end of a lease; a later renewal counts as ever.
// NOT_FOUND: there is no such subscription. INVALID: `lease_end` is not in the
// future.
struct store_extend {
    struct store_op op;
    uint64_t topic, subscription;
    int64_t lease_end; // unix ms
};

// An operator vouches for a subscription: it is active without verification,
// as after one, and replaces the profile of one that is there; requests that
// wait for the pair are forgotten. `request` as for STORE_TAKE. FULL:
// max_topics or max_subscriptions is reached. Sent again it renews once more.
struct store_grant {
    struct store_op op;
    struct store_request request; // all but id, accepted, deadline, tries, ...
    uint64_t topic, subscription;
    bool topic_new; // just created, or followed again: fetch it
    bool renewed;   // it was there
};
