// SPDX-License-Identifier: MIT
//
// mailbox_topics -- what a mailbox listens to, as JSON says it.
//
// "https://example.com/feed", or {"topic": that, "label": "x"}; of all topics
// that begin so "https://example.com/news/*", or {"match": that, ...}.
// Pure.

#pragma once

#include "storage/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { MAILBOX_PROBLEM = 256 };

struct mailbox_topics {
    struct store_listen *items; // url, normal, key and label alone
    char **texts;               // the normalised ones
    size_t count, room;
};
void mailbox_topics_clear(struct mailbox_topics *topics);

// Take one more; twice the same is one. The value has to outlive it. False:
// `problem` is a sentence that begins with `name`, or is empty: there is no
// memory left.
bool mailbox_topics_add(struct mailbox_topics *topics, const char *name,
                        json_t *value, bool prefix,
                        char problem[MAILBOX_PROBLEM]);

// One that is listened to already; only its url and normal have to outlive it.
// False: out of memory.
bool mailbox_topics_keep(struct mailbox_topics *topics,
                         const struct store_listen *listen);
