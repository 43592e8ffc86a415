// SPDX-License-Identifier: MIT
//
// mailbox -- operations on durable consumers: who pulls, and wants the hub to
// remember how far he is.
//
// A mailbox lives under its owner: another owner's names are his own (M20). It
// listens to topics and to prefixes of topics; what it has not had yet is not
// stored again, but is whatever the log has above its place (M10: nothing pins
// the log). For each topic the seq is kept beside it, so that a gap is exact
// however old (M9). A mailbox that is alive keeps its topics followed (M7).
//
// Everything store.h says of operations holds here.

#pragma once

#include "store.h"

enum {
    STORE_NAME_MAX = 128,    // of a mailbox, bytes
    STORE_LABEL_MAX = 256,   // of a subscription of it
    STORE_LISTENS_MAX = 1000 // subscriptions of one mailbox
};

enum store_ack {
    STORE_ACK_NONE = 1,     // at most once: the place moves before it is told
    STORE_ACK_CURSOR = 2,   // a later call says up to where
    STORE_ACK_EXPLICIT = 3, // one by one, each leased for `ack_wait`
};

// What becomes of more than max_pending events, or max_bytes of bodies.
enum store_overflow {
    STORE_OVERFLOW_SUSPEND = 1, // nothing, until its owner reads again:
                                // retention alone takes away
    STORE_OVERFLOW_OLDEST = 2,  // the oldest are passed over; a gap tells
    STORE_OVERFLOW_NEWEST = 3,  // those after the first so many are
    STORE_OVERFLOW_END = 4,     // the mailbox ends (ephemeral ones)
};

struct store_mailbox {
    uint64_t id;    // never given twice
    uint64_t owner; // a number for him; 0: nobody, see hub/visitor.h
    struct bytes name;
    enum store_ack ack;
    enum store_overflow overflow;
    bool unordered;               // EXPLICIT: topics do not keep their order
    uint64_t max_pending;         // events
    uint64_t max_bytes;           // of bodies; 0: any number
    int64_t ack_wait;             // ms, EXPLICIT
    uint32_t max_deliver;         // EXPLICIT; 0: any number, else dead then
    int64_t lease;                // ms, granted; renewed by use
    int64_t inactivity;           // ms, ends it when nobody reads; 0: never
    struct store_profile profile; // secret, method, content alone
    int64_t created, lease_end, seen; // unix ms
    // Its state:
    uint64_t place;   // every event up to this number is done with
    uint64_t listens; // subscriptions
    uint64_t leased;  // EXPLICIT: events that somebody has now
    bool suspended;   // by overflow
    uint32_t rev;     // grows with each change of what it listens to
};

// What a mailbox listens to: one topic, or all whose normalised URL begins so.
struct store_listen {
    uint64_t sid;         // within the mailbox; never given twice there
    uint64_t topic;       // 0: a prefix
    struct bytes url;     // as given; of a prefix without its "*"
    struct bytes normal;  // normalised, for prefixes and following
    struct store_key key; // of the topic; all zero: it is a prefix
    struct bytes label;   // echoed with each event
    uint64_t from;        // events above this number belong to it (M16)
    uint64_t seq;         // done with up to this one, of a topic
    bool fresh;           // has had nothing yet: the first is whole (M3)
};

// Make a mailbox, or change one's definition (all but id, owner, name, created
// and its state). With `listens` what it listens to is made so too: what is new
// is added, what is missing removed, what is there stays where it is. Topics
// that nobody follows are followed from now on, unknown ones made
// (topics_new: fetch). CONFLICT: `only_new` and it exists, or another ack mode
// than it has, or a ceiling (too_many: mailboxes of this owner, topics).
// FULL: also when options.max_mailboxes leaves no place for a new one.
// NOT_FOUND: `only_old` and there is none. Release.
struct store_put_mailbox {
    struct store_op op;
    struct store_mailbox mailbox; // in, and out as it is now
    bool only_new, only_old;
    // Where a new subscription begins:
    enum store_since since; // LATEST, EARLIEST, NUMBER, TIME, LAST
    uint64_t value;
    const struct store_listen *listens; // url, normal, key, label
    size_t listen_count;
    bool set_listens;
    uint64_t max_of_owner; // 0: any number
    bool created;          // out
    bool topics_new;       // out: some have just begun to be followed
    bool too_many;         // out, with CONFLICT
};

// Add or remove one subscription. DUPLICATE: it listens to that already (out
// is what there is). NOT_FOUND: no such mailbox, or sid. Release.
struct store_listen_op {
    struct store_op op;
    uint64_t mailbox;
    bool remove;
    uint64_t sid;               // remove; 0: all of them
    struct store_listen listen; // add: as above; out
    enum store_since since;
    uint64_t value;
    bool topics_new; // out
};

// One mailbox with all it listens to, by id, or by owner and name. Release.
struct store_read_mailbox {
    struct store_op op;
    uint64_t id; // 0: by the two others
    uint64_t owner;
    struct bytes name;
    struct store_mailbox mailbox;
    size_t count;
    struct store_listen *items;
    uint64_t pending; // events above its place, of topics alone; exact
};

// Mailboxes by (owner, name) after (after_owner, after_name); with `owner` his
// alone. Release.
struct store_page_mailboxes {
    struct store_op op;
    uint64_t owner; // 0: all
    uint64_t after_owner;
    struct bytes after_name;
    size_t max;
    size_t count;
    struct store_mailbox *items;
    bool end;
};

// Ends it and everything it holds, in pages: `more` asks for another call.
struct store_remove_mailbox {
    struct store_op op;
    uint64_t mailbox;
    bool more;
};

// Somebody reads it, or holds it: keep it alive, and its lease. Writes only
// when less than half of the lease or of the inactivity is left.
struct store_touch_mailbox {
    struct store_op op;
    uint64_t mailbox;
    bool now;          // write in any case
    int64_t lease_end; // out
};

// One event for the reader of a mailbox.
struct store_letter {
    struct store_event event;
    uint64_t sid;
    uint32_t deliveries; // EXPLICIT: this one included
    uint64_t claim;      // EXPLICIT: names this lease of it
};

// Read what comes next, ascending by number.
//  NONE:     the place has moved past it, durably, before `done`.
//  CURSOR:   first everything up to `ack` is done with (0: nothing more).
//            INVALID: `ack` is above what the log has. It never goes back.
//  EXPLICIT: each is leased until now + ack_wait; what is leased is passed
//            over, and so is what comes after it of the same topic, unless
//            `unordered`. What was delivered max_deliver times goes to the
//            dead letters instead.
// NOT_FOUND: there is no such mailbox (any more). CONFLICT: it has just ended
// by overflow. Release.
struct store_collect {
    struct store_op op;
    uint64_t mailbox;
    uint64_t ack;
    // It was told before mailbox.rev was what it is now: what it listens to
    // since then, with events from before, is not done with by it.
    bool ack_is_old;
    bool ack_only;    // read nothing
    uint64_t after;   // CURSOR: tell only what is above it, too (a stream that
                      // goes on without having been acknowledged)
    size_t limit;     // events, 1..STORE_BATCH_MAX
    size_t max_bytes; // of bodies; at least one event is always returned
    bool bodies, deltas;
    bool dead; // its dead letters instead: as CURSOR, whatever its mode
    // Answers:
    struct store_mailbox mailbox_now;
    size_t count;
    struct store_letter *items;
    bool more;
    uint64_t place;   // up to here all was told; a later ack may name it
    uint64_t head;    // newest event number of the store
    int64_t again_at; // EXPLICIT: unix ms when a lease runs out; INT64_MAX
    // What is lost since (M9): one for each topic that has lost any.
    size_t gap_count;
    struct store_gap *gaps;
    size_t listen_count; // what it listens to now
    struct store_listen *listens;
};

// Of leased events. `result` of each: OK, or STALE: the lease had passed to
// somebody else, or ended; acknowledging twice is OK.
enum store_mark { STORE_MARK_ACK = 1, STORE_MARK_NACK, STORE_MARK_EXTEND };
struct store_marking {
    enum store_mark mark;
    uint64_t number; // of the event
    uint64_t claim;
    int64_t delay; // NACK: again after so long, EXTEND: leased for so long, ms
    enum store_status result;
};
struct store_mark_letters {
    struct store_op op;
    uint64_t mailbox;
    struct store_marking *items;
    size_t count;     // at most STORE_BATCH_MAX
    uint64_t place;   // out
    int64_t again_at; // out: unix ms, a NACKed one is due; INT64_MAX: none
};

// Set its place: forward or back, leases end.
struct store_seek {
    struct store_op op;
    uint64_t mailbox;
    enum store_since since;
    uint64_t value;
    uint64_t place; // out
};

// Ends mailboxes whose lease or inactivity is over, up to `max`. Release.
struct store_expire_mailboxes {
    struct store_op op;
    size_t max;
    size_t count;
    struct store_mailbox *items; // those that ended
    bool more;
    int64_t next_end; // INT64_MAX: none
};

// ----------------------------------------------------------------- tokens

enum store_right {
    STORE_RIGHT_PULL = 1,      // read topics in its scope
    STORE_RIGHT_MATCH = 2,     // prefixes in its scope
    STORE_RIGHT_MAILBOX = 4,   // have mailboxes
    STORE_RIGHT_CREATE = 8,    // begin to follow topics in its scope
    STORE_RIGHT_TICKET = 16,   // give tickets
    STORE_RIGHT_PRESENCE = 32, // see who is there
    STORE_RIGHT_VIEW = 64,     // see all that operators see; none of topics
    STORE_RIGHT_ADMIN = 128,   // steer the hub; goes with VIEW
};

enum { STORE_SCOPE_MAX = 4096, STORE_OWNER_MAX = 128 };

struct store_token {
    uint64_t id;           // never given twice
    struct bytes name;     // for people; unique
    struct bytes owner;    // whose mailboxes it opens; several may share one
    uint8_t hash[32];      // SHA-256 of what its holder shows
    unsigned rights;       // of enum store_right
    struct bytes scope;    // patterns, one a line: a URL, a prefix*, or *
    int64_t made, expires; // unix ms; expires 0: never
};

// CONFLICT: the name is taken, or the hash. DUPLICATE: both are of the same
// one already.
struct store_put_token {
    struct store_op op;
    struct store_token token; // id and made out
};
// By its hash, or with id != 0 by that. NOT_FOUND. Release.
struct store_find_token {
    struct store_op op;
    uint8_t hash[32];
    uint64_t id;
    struct store_token token;
};
// By name. NOT_FOUND. `id` tells which it was.
struct store_remove_token {
    struct store_op op;
    struct bytes name;
    uint64_t id;
};
// By id after `after`. Release.
struct store_page_tokens {
    struct store_op op;
    uint64_t after;
    size_t max;
    size_t count;
    struct store_token *items;
    bool end;
};
