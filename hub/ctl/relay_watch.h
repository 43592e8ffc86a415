// SPDX-License-Identifier: MIT
//
// relay_watch -- for which topics is there something in the mailboxes?
//
// A held poll for each mailbox would be a thousand connections for a thousand
// subscriptions. So the log itself is watched, without bodies, a hundred
// topics a poll, and only the mailboxes of those with news are read. Where the
// hub does not let the log be read, they are all read now and then.

#pragma once

#include "hub/loop.h"

#include <stdint.h>

struct relay;
struct relay_seat;
struct relay_watch;

// NULL: out of memory.
struct relay_watch *relay_watch_new(struct relay *relay);
void relay_watch_free(struct relay_watch *watch); // before the net

// His topic has to be watched from now on.
void relay_watch_seated(struct relay_watch *watch, struct relay_seat *seat);
// Not any more.
void relay_watch_left(struct relay_watch *watch, struct relay_seat *seat);

void relay_watch_step(struct relay_watch *watch, struct moment now);
int64_t relay_watch_patience(const struct relay_watch *watch,
                             struct moment now);
