// SPDX-License-Identifier: MIT
//
// admin_topic_wish -- what an operator wants of a topic.
//
// The parameters `content` (default, full, entries, each), `poll` (a time,
// auto or never) and `keep` (yes, no), of which each may be left out.

#pragma once

#include "storage/steering.h"

#include <stdbool.h>

struct inquiry;
struct url;

enum { ADMIN_TOPIC_WISH_MAX = 96 };

// False: it was answered with a 400.
bool admin_topic_wish_read(struct inquiry *inquiry,
                           struct store_keep_topic *out);

// Which topic it is about; the URL is borrowed.
void admin_topic_wish_name(struct store_keep_topic *out, const struct url *url);

// For the log: "content=full poll=15m keep=yes". Returns `out`.
const char *admin_topic_wish_text(const struct store_keep_topic *keep,
                                  char out[ADMIN_TOPIC_WISH_MAX]);
