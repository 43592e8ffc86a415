// SPDX-License-Identifier: MIT
//
// observation -- one fetch of one topic, from the claim to the settlement.
//
// The data of it, and the two halves that need neither store nor engine:
// reading the document (on a worker thread) and filling in the settlement.
// observe.h moves it along.

#pragma once

#include "fetcher/document.h"
#include "fetcher/engine.h"
#include "pace.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBSERVATION_LINKS = 16 };

struct observation {
    struct exchange exchange;
    struct store_topic *topic; // a copy, as it was when claimed
    uint64_t token;
    bool pinged;      // since the last settled fetch
    bool conditional; // validators were sent
    unsigned counts;  // by pace.h
    bool doubtful;    // it may well bring nothing, or never end
    bool stranger;    // and somebody else asked for it
    enum pace_end end;
    char if_none_match[STORE_HEADER_MAX + 32];

    // The remembered entries, as the store and as the document know them.
    struct store_read_entries memory;
    struct document_entry *known;
    uint32_t today;

    struct document document;
    bool document_read; // document holds something
    char *first_entry;  // delta for old clients when a baseline is owed (M12)
    size_t first_entry_len;
    uint8_t first_id[1][16];

    char *hubs; // discovered, one a line
    struct store_entry *entries;
    struct store_put_chunk chunk;
    struct store_publish publish;
    struct store_release_claim release;
    void *owner;
};

// Takes nothing: the item is copied. NULL: out of memory.
struct observation *observation_new(const struct store_claimed *item);
void observation_free(struct observation *observation);

// Fill in the exchange. With `conditional`, validators are sent if there are
// any worth sending.
void observation_ask(struct observation *observation, bool conditional,
                     uint32_t timeout_ms, size_t body_max);

// The baseline is still owed to webhooks, and this fetch may settle that
// (M12): then its document is needed, changed or not.
bool observation_owes_baseline(const struct observation *observation,
                               int64_t now_unix);

// 304 for another resource than the validators came from (R81).
bool observation_misled(const struct observation *observation);

// On a worker thread: read what came back. False: out of memory.
bool observation_read(struct observation *observation);

// Fill in the settlement of a fetch that brought a document, from what was
// read. False: out of memory.
bool observation_judge(struct observation *observation, int64_t now_unix);

// Of one that failed, or was answered 304.
void observation_settle(struct observation *observation,
                        enum store_verdict verdict);
