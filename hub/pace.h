// SPDX-License-Identifier: MIT
//
// pace -- when a topic that is due may really be fetched.
//
// What others ask for must not become a weapon against a topic's origin (S7).
// Of each origin are fetched:
//  - for pings that bring nothing, and looks after such pings: `idle_pings` an
//    hour, a sixth of them at once. What brings something takes none of these;
//  - for pings and subscriptions in all: ten times as many. A page that is
//    another one each time always brings something, and so does the first
//    fetch of what somebody follows;
//  - besides, what has not been fetched for an hour, though it did not fail:
//    as many again, ten at once, so that nobody can hold up another's news for
//    ever.
// And each topic ten times at once, then six times a minute. Polls, which the
// hub itself asks for, wait for none of these, but for courtesy.h.
//
// Pure: time is a parameter.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct pace;
struct store_topic;

enum pace_reason { PACE_DUE, PACE_PING, PACE_ECHO };

// Who counts a fetch until it ends: none, or some of these.
enum { PACE_FREE = 0, PACE_IDLE = 1, PACE_ASKED = 2, PACE_OVERDUE = 4 };

enum pace_end { PACE_NOT_FETCHED, PACE_NOTHING, PACE_NEWS };

// `idle_pings` as the option says; 0: nothing waits. What comes in less than
// half of `poll_min` after a fetch is no poll. NULL: out of memory.
struct pace *pace_new(int64_t idle_pings, int64_t poll_min);
void pace_free(struct pace *pace);
// The same, from now on.
void pace_set(struct pace *pace, int64_t idle_pings, int64_t poll_min);

// 0: fetch it, and call pace_end() with *counts. Else come again in so many
// ms.
int64_t pace_begin(struct pace *pace, const struct store_topic *topic,
                   enum pace_reason reason, struct moment now,
                   unsigned *counts);

// Is this fetch hardly worth it, or had the topic one just now? Those the
// engine counts by address, which only it knows.
bool pace_is_stranger(const struct store_topic *topic, unsigned counts,
                      int64_t now_unix);

// The topic's origin said that it wants to be left alone for so long: its
// other topics are not polled either, and this one is not fetched for pings
// (respite.h).
void pace_pause(struct pace *pace, const struct store_topic *topic,
                int64_t pause_ms, struct moment now);

// `final_url`: where redirects led, or NULL.
void pace_end(struct pace *pace, const struct store_topic *topic,
              unsigned counts, const char *final_url, enum pace_end end,
              struct moment now);
