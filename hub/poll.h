// SPDX-License-Identifier: MIT
//
// poll -- when a topic is to be fetched again.
//
// Pure. All times in milliseconds; the answers are delays from now.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// After a failed fetch: doubling from half a minute to an hour while a ping
// waits for it, for at most 48 h; from then on like any poll, never not at all
// (M5). `failed_for`: since the first failure in a row. One that nobody
// pinged: doubling from twice poll_min to poll_max; a server in trouble is not
// helped by coming soon.
int64_t poll_after_failure(uint32_t failures, int64_t failed_for, bool pinged,
                           int64_t poll_min, int64_t poll_max, uint32_t chance);

// When to fetch it next after a fetch that did not fail, unix ms: what was
// learnt, unless an operator wants something else (poll_every, as in struct
// store_topic). A little sooner than he says, so that those he has said it of
// at once spread. 0: never.
int64_t poll_as_wanted(int64_t poll_every, int64_t now_unix, int64_t learnt,
                       uint32_t chance);

enum { POLL_ECHOES = 2 };

// A ping may outrun the publisher's own caches (R86a, M12): when it brought
// nothing new, look again. `echo`: how often that was done already, below
// POLL_ECHOES.
int64_t poll_after_silence(unsigned echo);

// Are these two from the same second? Then Last-Modified proves nothing
// (R86b). Both as the origin sent them; NULL: it did not.
bool poll_modified_is_weak(const char *last_modified, int64_t date_ms);
