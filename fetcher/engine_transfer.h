// SPDX-License-Identifier: MIT
//
// engine_transfer -- an exchange while it is under way.
//
// It may take several attempts (the next address of the name) and several
// hops (redirects). Between hops it stands in the queue of the origin that it
// was sent to, and time does not count.

#pragma once

#include "address.h"
#include "engine_collect.h"

struct easy;
struct gate;
struct lean;
struct network;
struct origin;
struct shard;

enum { TRANSFER_ADDRESSES_MAX = 3 };

// By what carries it, and so which pool it is of.
enum transfer_kind {
    TRANSFER_LEAN,
    TRANSFER_POST,  // curl, short answers
    TRANSFER_FETCH, // curl, documents
    TRANSFER_KINDS
};

// Whether it keeps others waiting (engine_slow.h).
enum transfer_pace {
    TRANSFER_AGED, // it does, and will
    TRANSFER_YOUNG,
    TRANSFER_SLOW, // not any more
    TRANSFER_CUT,  // neither, nor does it count as slow
};

struct transfer {
    struct network *network;
    struct transfer *next; // of all of the thread
    struct transfer *next_spare;
    enum transfer_kind kind;
    struct exchange *exchange;
    struct origin *origin;
    struct shard *shard; // it runs there; NULL: it does not run
    struct gate *gate;   // of its address
    struct transfer *line_previous, *line_next;
    enum transfer_pace pace;
    bool told;         // its origin was, that it takes long
    int64_t placed_ms; // when it got its places
    int64_t sent_ms;   // when it set out, or the request was sent
    struct address address;
    unsigned attempts; // addresses tried, this one too
    struct address tried[TRANSFER_ADDRESSES_MAX];
    bool handshaking; // counted among the new TLS connections
    bool connected;
    bool refused; // by the guard, at the last moment
    bool starved; // there was no descriptor for it
    bool late;    // connected, but not to be sent any more
    enum collect_verdict verdict;
    int64_t deadline_ms, left_ms;
    char *hop_url; // NULL: the exchange's own
    unsigned hops;
    bool moved; // not for good
    bool downgraded;
    bool inside; // a hop was
    struct collect collect;
    char line[EXCHANGE_LINE_MAX];
    struct easy *easy; // NULL: it is lean
    struct lean *lean;
    // Of a lean one until it is told.
    struct transfer *next_done;
    enum exchange_result result;
    bool elsewhere; // the next address may be better
    bool afresh;    // not on a kept connection
};

// It has given up its places.
static inline bool transfer_is_slow(const struct transfer *transfer)
{
    return transfer->pace == TRANSFER_SLOW || transfer->pace == TRANSFER_CUT;
}

// NULL has tried none.
bool transfer_tried(const struct transfer *transfer,
                    const struct address *address);

const char *transfer_url(const struct transfer *transfer);

// The one that this exchange has already, or a spare or new one. NULL: out
// of memory.
struct transfer *transfer_of(struct network *network, struct origin *origin,
                             struct exchange *exchange);

// Sends it to that address of the origin: it holds its places from here on.
void transfer_start(struct transfer *transfer, struct origin *origin,
                    struct gate *gate, bool handshaking);

// The request is about to be sent, on a new connection or an old one. False:
// it is too late for it.
bool transfer_sends(struct transfer *transfer);

// What came of an attempt; `elsewhere` says that another address may do
// better. Not called from within the call that started it.
void transfer_finished(struct transfer *transfer, enum exchange_result result,
                       bool elsewhere);

// It has been long under way, or has ended: says so to its origin.
void transfer_heard(struct transfer *transfer);

// It gives up one of its places.
void transfer_leave_handshake(struct transfer *transfer);
void transfer_leave_class(struct transfer *transfer);

// One that waits for its next hop, or could not be started.
void transfer_end(struct transfer *transfer, enum exchange_result result);

void transfers_free(struct network *network);
// All but a few spare ones, if they are not in use.
void transfers_trim(struct network *network);
