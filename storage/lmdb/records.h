// SPDX-License-Identifier: MIT
//
// records -- what the tables hold, as structs and as bytes.
//
// Pure: bytes in, a struct out, and back. Everything that is decoded is
// checked; a false means that the record is damaged or of a version that this
// program does not know; those of older versions are known, and what they do
// not have is zero. Bytes in a decoded struct are borrowed from the
// record, each followed by a NUL.
//
// What a key says is not repeated in its record: the functions fill in only
// what the record holds. storage/README.md has the layouts.

#pragma once

#include "codec.h"

// The largest record but for updates, and what its encoding fits into.
enum { RECORD_MAX = 16384 };

struct topic {
    struct store_topic shown; // as the contract shows it
    // As stored; what is shown depends on the store's epoch too (M8).
    uint64_t incarnation;
    struct store_key key;
    // Of the discovered self, all zero: none, or itself; and whether it is of
    // the topic's origin, so that there is a mark in `aliases`.
    struct store_key self_key;
    bool self_near;
    int64_t trim_due; // 0: none is planned
    // An older topic of that name was removed when this was the newest event;
    // 0: none is known.
    uint64_t earlier;
    // It is followed again after a while, and what came of that is not known
    // yet; and the seq of the update that the last such fetch brought.
    bool resuming;
    uint64_t resumed;
};

// Table topics: what hardly ever changes. Table topic-state: all else. Both
// decode into the same struct.
void topic_encode(struct writer *writer, const struct topic *topic);
bool topic_decode(struct bytes record, struct topic *topic);
void topic_state_encode(struct writer *writer, const struct topic *topic);
bool topic_state_decode(struct bytes record, struct topic *topic);

struct subscription {
    struct store_subscriber shown; // but for what `lagging` says
    struct store_key callback_key;
    int64_t lease_key; // under which time it is in `leases`
};

void subscription_encode(struct writer *writer,
                         const struct subscription *subscription);
bool subscription_decode(struct bytes record,
                         struct subscription *subscription);

struct lagging {
    uint64_t next;
    uint32_t attempts, step;
    int64_t first_failure;
    int64_t due; // 0: stopped
    int32_t last_status;
    bool waits; // in its origin's lane, but not while it is stopped
    // An operator has set it back: an attempt that began before that does not
    // count.
    bool resent;
    struct store_attempt last[STORE_ATTEMPTS_KEPT]; // newest first
    size_t last_count;
};

void lagging_encode(struct writer *writer, const struct lagging *lagging);
bool lagging_decode(struct bytes record, struct lagging *lagging);

// The key says the origin.
void lane_encode(struct writer *writer, const struct store_lane *lane);
bool lane_decode(struct bytes record, struct store_lane *lane);

// What a request that was verified has led to (M18).
struct ticket {
    uint64_t topic, subscription; // 0: it has ended, or was an unsubscribe
    int64_t end;                  // then: until when that is told
};

void ticket_encode(struct writer *writer, const struct ticket *ticket);
bool ticket_decode(struct bytes record, struct ticket *ticket);

struct request {
    struct store_request shown;
    int64_t due; // of its key in `due`
    // M18: an unsubscribe of nothing. It is there for as long as it takes to
    // write it, and nobody ever asks about it.
    bool idle;
};

void request_encode(struct writer *writer, const struct request *request);
bool request_decode(struct bytes record, struct request *request);

struct denial {
    struct store_denial shown;
    int64_t due; // of its key in `due`
};

void denial_encode(struct writer *writer, const struct denial *denial);
bool denial_decode(struct bytes record, struct denial *denial);

// `number` and `time` outlive the bodies (M9): a skeleton has only the first
// four fields.
struct update {
    uint64_t number; // of the event
    int64_t time;
    enum store_update_kind kind;
    bool baseline;
    bool skeleton;
    bool on_request; // the delta
    uint8_t digest[16];
    struct bytes content_type, self, hubs;
    uint64_t whole_size, delta_size; // delta 0: there is none
    size_t changed_count;
    const uint8_t *changed; // ids of 16 bytes each; borrowed
};

// Buffer needed for update_encode().
size_t update_size(const struct update *update);
void update_encode(struct writer *writer, const struct update *update);
bool update_decode(struct bytes record, struct update *update);

// The key says the topic.
void walk_encode(struct writer *writer, const struct store_walk *walk);
bool walk_decode(struct bytes record, struct store_walk *walk);

// The last numbers given, and the clock at the last commit.
struct counters {
    uint64_t topic, subscription, request, event, denial;
    int64_t clock;
    uint64_t idle; // requests that are there, but idle
    uint64_t mailbox, token;
};

void counters_encode(struct writer *writer, const struct counters *counters);
bool counters_decode(struct bytes record, struct counters *counters);
