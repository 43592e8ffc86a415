// SPDX-License-Identifier: MIT
//
// observation -- one document of one topic, from the claim to the settlement.
//
// The data of it, and what needs neither store nor engine: asking, reading
// the document (on a worker thread), doubting it, filling in the settlement
// and planning the next poll. observe.h moves it along; what came with a ping
// instead of a fetch (given.h) is one too.

#pragma once

#include "fetcher/document.h"
#include "fetcher/engine.h"
#include "pace.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct noise;
struct settlements;

enum { OBSERVATION_LINKS = 16 };

struct observation {
    struct exchange exchange;
    struct store_topic *topic; // a copy, as it was when claimed
    uint64_t token;            // 0: given, not fetched
    bool pinged;               // since the last settled fetch
    int64_t pinged_at;         // unix ms; 0: not as far as is known
    bool echo;                 // another look after a silent ping
    bool conditional;          // validators were sent
    bool differences;          // and only what is new was asked for (RFC 3229)
    bool at_moved;             // asked where it was moved for good (M15)
    bool fell_back;            // in vain, so where it was subscribed
    bool whole;                // nothing but the whole document helps
    bool partial;              // it is the answer of RFC 3229
    unsigned counts;           // by pace.h
    bool doubtful;             // it may well bring nothing, or never end
    bool stranger;             // and somebody else asked for it
    enum pace_end end;
    char if_none_match[STORE_HEADER_MAX + 32];

    // The remembered entries, as the store and as the document know them.
    struct store_read_entries memory;
    struct document_entry *known;
    size_t entries_max;
    struct noise *noise; // its share; NULL: the default
    uint32_t today;

    struct document document;
    bool document_read; // document holds something
    char *first_entry;  // delta for old clients when a baseline is owed (M12)
    size_t first_entry_len;
    uint8_t first_id[1][16];

    char *hubs; // discovered, one a line
    struct store_entry *entries;
    uint8_t plan[STORE_PLAN_MAX];
    struct store_put_chunk chunk;
    struct store_publish publish;
    struct store_release_claim release;
    void *owner;
    // Of settlement.h.
    struct settlements *settlements;
    void (*settled)(struct observation *observation, const struct store_op *op);
    struct observation *next_putting;
};

// Takes nothing: the item is copied. NULL: out of memory.
struct observation *observation_new(const struct store_claimed *item);
void observation_free(struct observation *observation);

// M15: a poll goes straight to where the topic was moved for good, and once a
// day where it was subscribed, as pings always do.
void observation_set_out(struct observation *observation, int64_t now_unix);
// As poll_plan.moved_day.
uint8_t observation_day(int64_t now_unix);

// Fill in the exchange. With `conditional`, validators are sent if there are
// any worth sending; and with them a poll asks for what is new alone (RFC
// 3229).
void observation_ask(struct observation *observation, bool conditional,
                     uint32_t timeout_ms, size_t body_max);

// The baseline is still owed to webhooks, and this fetch may settle that
// (M12): then its document is needed, changed or not.
bool observation_owes_baseline(const struct observation *observation,
                               int64_t now_unix);

// 304 for another resource than the validators came from (R81).
bool observation_misled(const struct observation *observation);

// The answer is a document, whole, or what is new of it (`partial` then).
bool observation_answered(struct observation *observation);

// First value of that field of the answer. NULL: there is none, or it is too
// long to be kept.
const char *observation_field(const struct observation *observation,
                              const char *name);
// Where the document comes from.
const char *observation_url(const struct observation *observation);

// On a worker thread: read what came back. False: out of memory. A second time
// after observation_forget().
bool observation_read(struct observation *observation);
// The document and its exchange, but not what was remembered.
void observation_forget(struct observation *observation);

// There is nothing in the answer but blanks.
bool observation_is_empty(const struct observation *observation);
// M5: nothing, or no feed, where there has been something, or a feed: an
// accident, until it has been so three times in a row in more than a day.
bool observation_is_lapse(const struct observation *observation);
bool observation_is_believed(const struct observation *observation,
                             int64_t now_unix);
// M6: it is what the topic said before it said what it says now, not long ago,
// and nothing proves that it says so again: a cache may have been asked.
bool observation_is_stale(const struct observation *observation,
                          int64_t now_unix);

// Fill in the settlement of one that brought a document, from what was read.
// False: out of memory.
bool observation_judge(struct observation *observation, int64_t now_unix);

// Of one that failed, was answered 304, or brought nothing to be kept.
void observation_settle(struct observation *observation,
                        enum store_verdict verdict);

// Of one that did not fail, when it is filled in: learn from it, and plan the
// next poll, between `poll_min` and `poll_max` from now. (Of what was given the
// store takes the plan alone.)
void observation_plan(struct observation *observation, int64_t now_unix,
                      int64_t poll_min, int64_t poll_max);
// Of one that failed: what was planned stays, but not where it moved to.
void observation_unplan(struct observation *observation);
