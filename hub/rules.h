// SPDX-License-Identifier: MIT
//
// rules -- which topics and callbacks the operator wants (R19, S18).
//
// By name alone, so that it can be told before the request is answered. A rule
// is a domain, which stands for itself and all names below it, or an address,
// which stands for itself in any notation; what is denied is denied whatever
// is allowed, and where some are allowed all others are not. Rules come from
// the configuration and from the store, where operators put them while the hub
// runs; it makes no difference. What a name resolves to is judged elsewhere
// (fetcher/guard.h), later.
//
// A look-up costs as much as the name has labels, however many rules there
// are. All of it belongs to the main thread. NULL for a book is one without
// rules.

#pragma once

#include "storage/steering.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct rules;
struct url;

enum { RULES_DOMAIN_MAX = 256 };

// NULL: out of memory.
struct rules *rules_new(void);
void rules_free(struct rules *rules);

// What `text` means, spelt in the one way that all spellings of it share: in
// lower case and A-labels, without a dot at the end; an address as
// inet_ntop(3) has it, and an IPv4 address, in whatever IPv6 it is written or
// embedded, as that (address_meant()). NULL: it is in `out`. Else what was
// expected, in words that fit after "must be".
const char *rules_read(const char *text, char out[RULES_DOMAIN_MAX]);

// What the configuration says now, instead of what it said. False: out of
// memory, and all is as it was.
bool rules_configure(struct rules *rules, const struct config *config);

// Grows with each change of what is denied or allowed.
uint64_t rules_generation(const struct rules *rules);

// One that is in the store, or is no more; only kinds of domains. False: out of
// memory, or it is no domain.
bool rules_add(struct rules *rules, enum store_rule_kind kind,
               const char *domain);
void rules_remove(struct rules *rules, enum store_rule_kind kind,
                  const char *domain);

// Does the configuration say so?
bool rules_is_configured(const struct rules *rules, enum store_rule_kind kind,
                         const char *domain);

// NULL: it is allowed. Else the rule that says no: a domain that is denied,
// the closest one; "" where it is none of those that are allowed. Borrowed
// until the rules change.
const char *rules_topic(const struct rules *rules, const struct url *url);
const char *rules_callback(const struct rules *rules, const struct url *url);

// Of what these two say, for who must keep it: `out`, or NULL.
const char *rules_copy(const char *rule, char out[RULES_DOMAIN_MAX]);

// False also of what cannot be read as a URL.
bool rules_allow_topic(const struct rules *rules, const char *url, size_t len);
bool rules_allow_callback(const struct rules *rules, const char *url,
                          size_t len);
// Topics that begin so: their host's. "" is the prefix of every host's, and is
// allowed.
bool rules_allow_below(const struct rules *rules, const char *prefix,
                       size_t len);

// Is there any rule about these?
bool rules_judge_topics(const struct rules *rules);
bool rules_judge_callbacks(const struct rules *rules);

// "deny-topic", ...; NULL: it is no rule about domains. And back; 0: none.
const char *rules_kind_name(enum store_rule_kind kind);
enum store_rule_kind rules_kind_read(const char *name);
