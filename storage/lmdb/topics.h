// SPDX-License-Identifier: MIT
//
// topics -- make a topic, follow it, notice that nobody follows it (M7).
//
// Followed means: it has webhooks, or mailboxes listen to it, or an operator
// keeps it, or somebody pulled it lately.
//
// These change `topic` in memory; the caller saves it with topic_save().

#pragma once

#include "tables.h"

bool topic_followed(const struct topic *topic, int64_t now);

// A new topic, not followed yet, with all of its keys. Its strings are
// borrowed from the arguments.
void topic_make(struct engine_context *context, const struct store_key *key,
                struct bytes url, struct bytes url_normal, struct topic *out);

// By its key, and by its URL.
void topic_put_indexes(struct txn *txn, const struct topic *topic);

// Somebody begins to follow a topic that nobody followed: it is fetched now,
// and that fetch is to learn what is old (last_fetch is 0).
void topic_follow(struct engine_context *context, struct topic *topic);

// When it is fetched next, if nothing pings, after one that went well at
// `from`: as planned (0: never), but as often as the operator says.
int64_t topic_poll_due(const struct topic *topic, int64_t from,
                       int64_t planned);

// Number of its newest event; 0: it has none.
uint64_t topic_newest(struct txn *txn, const struct topic *topic);

// Retention visits it within the hour, unless that is planned already.
void topic_plan_trim(struct engine_context *context, struct topic *topic);

// Stamp the moment when nobody follows it any more, plan no fetch, and see to
// it that retention visits it.
void topic_unfollow_check(struct engine_context *context, struct topic *topic);
