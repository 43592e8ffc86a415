// SPDX-License-Identifier: MIT
//
// scene -- what a hub asks of its store, in one line each.
//
// Topics and callbacks are named by URL. Everything that is not the point of
// a call is filled in with something sensible, and what must succeed fails
// the running test if it does not. Records that come back by value have lost
// their strings (they are NULL) unless the comment says otherwise.

#pragma once

#include "session.h"

enum {
    LEASE = 10 * DAY,
    DEADLINE = 10 * MINUTE,
    HOLD = MINUTE,
    SCENE_MAX = 64, // subscribers, topics, requests in one scene
};

struct bytes scene_bytes(const char *text);
bool scene_same(struct bytes bytes, const char *text);
// Stands for the SHA-256 of a normalised URL.
struct store_key scene_key(const char *url);

// ------------------------------------------------------------ subscribers

struct scene_name {
    uint64_t topic, id;
};

// A (un)subscribe as a subscriber sends it; to be changed before it is run.
struct store_take scene_asks(enum store_mode mode, const char *topic,
                             const char *callback);
// Runs it. Returns the id, or 0 if it is idle.
uint64_t scene_take(struct session *session, struct store_take *take);

// Claim this request; all others stay unclaimed. 0: it is not due.
uint64_t scene_claim_request(struct session *session, uint64_t id);
// Claim and settle it: sent now, with the full lease, and due in a minute.
struct store_settle scene_settle(struct session *session, uint64_t request,
                                 enum store_verification verdict);

struct scene_name scene_subscribe(struct session *session, const char *topic,
                                  const char *callback);
void scene_unsubscribe(struct session *session, const char *topic,
                       const char *callback);

// False: there is none.
bool scene_subscriber(struct session *session, struct scene_name name,
                      struct store_subscriber *out);
// How many of a topic, up to SCENE_MAX.
size_t scene_subscribers(struct session *session, uint64_t topic,
                         struct store_subscriber out[SCENE_MAX]);

// Claim all denials that are due; strings stay until store_release().
struct store_claim scene_claim_denials(struct session *session);

// ----------------------------------------------------------------- topics

struct store_topic scene_topic(struct session *session, const char *url);
// How many of them are followed.
size_t scene_ping(struct session *session, const char *url);
// Claim this topic for work of a kind; all others stay unclaimed. False: it
// is not due.
bool scene_claim_topic(struct session *session, enum store_due_kind kind,
                       uint64_t topic, struct store_claimed *out);

// A fetch after a ping: claimed, and its settlement with the topic's head and
// generation, to be filled in and run.
struct store_publish scene_fetch(struct session *session, const char *url,
                                 enum store_verdict verdict);
// A new update with this body. Returns what was run.
struct store_publish scene_update(struct session *session, const char *url,
                                  const char *body);

// ------------------------------------------------------------- deliveries

// What became of a delivery to `name` now: its revision and position, one
// more attempt, due in a minute.
struct store_outcome scene_outcome(struct session *session,
                                   enum store_outcome_kind kind,
                                   struct scene_name name, uint64_t upto);
// Run one outcome outside a walk. Returns how many applied.
size_t scene_record(struct session *session, struct store_outcome outcome);
// Claim this lagging subscriber; all others stay unclaimed. 0: it is not due.
uint64_t scene_claim_delivery(struct session *session, struct scene_name name);

// The unfinished walk of a topic. False: there is none.
bool scene_walk(struct session *session, uint64_t topic,
                struct store_walk *out);
// Walk the topic as a hub does until it is at its head. `answer` says what
// became of a delivery to one that is owed; NULL: it arrived.
void scene_walk_all(struct session *session, uint64_t topic,
                    enum store_outcome_kind (*answer)(uint64_t subscription));

// ------------------------------------------------------------------ lanes

// Of all callbacks that scene_asks() asks for.
struct store_key scene_origin(void);
// A subscriber at another origin.
struct scene_name scene_subscribe_at(struct session *session, const char *topic,
                                     const char *callback, const char *origin);

// The row of a lane. False: there is none.
bool scene_lane(struct session *session, struct store_key origin,
                struct store_lane *out);
// Claim this lane; all others stay unclaimed. 0: it is not due.
uint64_t scene_claim_due_lane(struct session *session, struct store_key origin);
// Claim up to `max` of those in the lane of scene_origin(), from its start;
// strings stay until store_release().
struct store_claim_lane scene_claim_lane(struct session *session, size_t max);
// Claim this one in its lane, from wherever it is. 0: it is not there.
uint64_t scene_claim_waiting(struct session *session, struct scene_name name,
                             struct store_key origin);

struct store_pause scene_pause_one(struct scene_name name, bool paused);
struct store_pause scene_pause_origin(struct store_key origin, bool paused);

// ------------------------------------------------------------ maintenance

// Trim a topic, moving the clock to when that is due. Returns what was run.
struct store_trim scene_trim(struct session *session, uint64_t topic,
                             int64_t keep_ms, uint64_t keep_updates,
                             uint64_t keep_bytes);
// Follow a topic as one who pulls it does.
struct store_follow scene_follow(struct session *session, const char *url,
                                 bool create, int64_t interest_ms);

struct store_numbers scene_stats(struct session *session);
