// SPDX-License-Identifier: MIT
//
// model -- the store as plain arrays, and random moves made on both.
//
// A move draws an operation, says from the arrays what must come of it, runs
// it, compares, and carries it out on the arrays. Where the contract leaves
// something open the model learns it from the store.
//
// Moments that are compared never coincide: the clock shows even numbers and
// every end, due time and length that is drawn is odd.

#pragma once

#include "chance.h"
#include "scene.h"

enum {
    MODEL_TOPICS = 4,
    MODEL_CALLBACKS = 5,
    MODEL_PROFILES = 3,
    MODEL_REQUESTS = MODEL_TOPICS * MODEL_CALLBACKS * STORE_WAITING_MAX,
    MODEL_UPDATES = 16384, // of one topic
    MODEL_DENIALS = 256,
    MODEL_PER_HOST = 8,
    MODEL_ASKERS = 4, // 0: none
    MODEL_ORIGINS = 3,
    MODEL_TICKETS = 65536, // numbers of requests
};

struct model_claim {
    uint64_t token; // 0: not ours to use
    int64_t until;
    bool lapsed; // when it is due is the engine's choice since then
};

struct model_request {
    uint64_t id; // 0: free
    enum store_mode mode;
    int topic, callback, profile;
    int64_t lease, due;
    uint32_t tries;
    uint64_t asker;
    bool renews;
    bool idle; // an unsubscribe of nothing, gone at `due`
    struct model_claim claim;
};

struct model_denial {
    uint64_t id; // 0: free
    int topic, callback;
    enum store_denial_reason reason;
    bool verified;
    int64_t made, due;
    uint32_t tries;
    struct model_claim claim;
};

struct model_subscriber {
    uint64_t id; // 0: none
    uint32_t rev;
    uint64_t start;
    int64_t lease_end;
    bool suspended;
    int profile;
    uint64_t cursor; // while there is a walk: what he is taken to have
    bool lagging;
    uint64_t next;
    bool attempts_known, history_known;
    uint32_t attempts, step;
    int64_t first_failure, due;
    int32_t status;
    bool paused, waits;
    uint64_t request; // that was verified last
    // Set back by an operator, and while it was claimed.
    bool resent, overtaken;
    struct model_claim claim;
};

struct model_lane {
    bool there, paused;
    int64_t due;
    uint32_t failures;
    struct model_claim claim;
    bool hurried; // since it was claimed
};

struct model_update {
    uint64_t number;
    int64_t time;
    bool baseline, delta, on_request;
    uint8_t digest;
    enum store_update_kind kind;
    uint32_t ids; // bit n: entry n is new or changed
    size_t size;
};

struct model_topic {
    uint64_t id; // 0: none
    uint64_t incarnation, head, baseline, removed;
    uint32_t dirty, fetched, failures;
    int64_t fetch_due, pulled_until, left;
    bool fading;         // its removal has begun: rows are gone, too
    uint32_t generation; // at the claim
    struct model_claim fetch;
    bool walking;
    struct store_walk walk;
    int self; // a topic and one, 0: none
    bool self_near;
    size_t entry_count;
    uint8_t entry_salt;
    enum store_content content;
    uint8_t plan;
    uint64_t last_subscription;
    struct model_subscriber subscribers[MODEL_CALLBACKS];
    struct model_update updates[MODEL_UPDATES]; // by seq
};

struct model {
    struct session *session;
    struct chance chance;
    uint64_t events, last_topic, last_request, last_denial;
    uint64_t operations;
    struct model_request requests[MODEL_REQUESTS];
    struct model_denial denials[MODEL_DENIALS];
    struct model_topic topics[MODEL_TOPICS];
    struct model_lane lanes[MODEL_ORIGINS];
    bool paused;
    int64_t ended[MODEL_TICKETS]; // until when that is told; 0: never
};

// ------------------------------------------------------------------ state

uint64_t model_below(struct model *model, uint64_t limit);
// Odd, from 1 to `limit`.
int64_t model_length(struct model *model, int64_t limit);
int64_t model_now(const struct model *model);
enum store_status model_run(struct model *model, struct store_op *op);
void model_must(struct model *model, struct store_op *op);

const char *model_topic_url(int topic);
const char *model_callback_url(int callback);
struct store_profile model_profile(int profile);
// Some callbacks share a host, which is also their origin; 0: it has none.
uint64_t model_host(int callback);
int model_origin(int callback); // of MODEL_ORIGINS
struct store_key model_origin_key(int origin);
// Whether anything at the origin of this callback is subscribed.
bool model_known(const struct model *model, int callback);

// By number; NULL: there is none.
struct model_topic *model_topic(struct model *model, uint64_t id);
struct model_subscriber *model_subscriber(struct model_topic *topic,
                                          uint64_t id);
struct model_request *model_request(struct model *model, uint64_t id);

size_t model_subscribers(const struct model_topic *topic);
size_t model_lagging(const struct model_topic *topic);
bool model_followed(const struct model *model, const struct model_topic *topic);
bool model_pending_subscribe(const struct model *model, int topic, int callback,
                             uint64_t but);
bool model_held(const struct model *model, const struct model_claim *claim);
// It is nobody's any more, because its time is over.
void model_lapse(const struct model *model, struct model_claim *claim);
void model_end(struct model *model, struct model_topic *topic,
               struct model_subscriber *subscriber);
// Nothing is due of him by himself: he is paused, or in a lane.
bool model_withdrawn(const struct model_subscriber *subscriber);
// He waits: so there is a lane, unless he is paused.
void model_lane_expect(struct model *model, const struct model_topic *topic,
                       const struct model_subscriber *subscriber);
// It is looked at now.
void model_lane_hurry(struct model *model, const struct model_topic *topic,
                      const struct model_subscriber *subscriber);
// What this request had led to is over.
void model_ticket_end(struct model *model, uint64_t request);
// One is made now, unless there is no reason.
void model_deny(struct model *model, int topic, int callback, bool verified,
                enum store_denial_reason reason);
// Any, also none.
enum store_denial_reason model_reason(struct model *model);
// It is new or followed again: learn what the engine made of it.
void model_refetch(struct model *model, int topic);
// The body of an update.
void model_body(uint64_t topic, uint64_t seq, size_t size, char *out);

// What a claim answered, checked against all that could be claimed.
struct model_due {
    uint64_t id;
    int64_t due;
    struct model_claim *claim;
    bool optional; // the engine may hold it back, or not
};
void model_check_claim(struct model *model, struct store_claim *claim,
                       struct model_due *due, size_t count);

// ------------------------------------------------------------------ moves

void model_take(struct model *model);
void model_claim_requests(struct model *model);
void model_settle(struct model *model);
void model_remove(struct model *model);
void model_expire(struct model *model);

void model_claim_denials(struct model *model);
void model_tell(struct model *model);
void model_find(struct model *model);

void model_ping(struct model *model);
void model_claim_fetches(struct model *model);
void model_publish(struct model *model);
void model_give(struct model *model);
void model_choose(struct model *model);
void model_follow(struct model *model);
void model_trim(struct model *model);

void model_walk(struct model *model);
void model_claim_deliveries(struct model *model);
void model_record(struct model *model);
void model_compare_subscribers(struct model *model);

void model_claim_lane(struct model *model);
void model_claim_lanes(struct model *model);
void model_keep_lane(struct model *model);
void model_pause(struct model *model);
void model_resend(struct model *model);
void model_status(struct model *model);
void model_page_lagging(struct model *model);
size_t model_waiting(const struct model *model, int origin);

void model_events(struct model *model);
void model_missed(struct model *model);
void model_read_body(struct model *model);
void model_compare_topics(struct model *model);
void model_compare_stats(struct model *model);
