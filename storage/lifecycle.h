// SPDX-License-Identifier: MIT
//
// lifecycle -- what happens to one (topic, callback), as one table.
//
// The page it is to be held against is the table of subscriptions in the
// semantics (B): lifecycle.c has its rows in its order. Whoever changes a
// subscription or a request asks here what is to be done, and does that.
//
// Pure: no store, no clock, no memory. A moment that matters is a fact, and
// the functions at the end make facts of times.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum lifecycle_state {
    LIFECYCLE_NONE,    // N: there is no subscription
    LIFECYCLE_ACTIVE,  // A: at the head
    LIFECYCLE_LAGGING, // L: something is owed, and tried again
    LIFECYCLE_STOPPED, // D: something is owed, after the last attempt
    LIFECYCLE_GRACE,   // G: lease over, a renewal is still being verified
    LIFECYCLE_STATES,
};

enum lifecycle_event {
    LIFECYCLE_SUBSCRIBE,   // such a request is to be accepted
    LIFECYCLE_UNSUBSCRIBE, // the same
    LIFECYCLE_ATTEMPT,     // r is to be verified now
    LIFECYCLE_VERIFIED_SUBSCRIBE,
    LIFECYCLE_VERIFIED_UNSUBSCRIBE,
    LIFECYCLE_NOT_CONFIRMED, // 3xx, 4xx, or 2xx with a wrong body
    LIFECYCLE_NOT_REACHED,   // 5xx, 408, 425, 429, timeout, DNS, TLS
    LIFECYCLE_DENIED,        // the hub does not want r
    LIFECYCLE_REMOVED,       // by an operator, or its topic is denied or gone
    LIFECYCLE_LEASE_END,
    LIFECYCLE_REQUEST_FAILED, // r has been deleted without effect
    LIFECYCLE_POST_OK,        // a delivery ended: 2xx
    LIFECYCLE_POST_GONE,      // 410
    LIFECYCLE_POST_FAILED,    // anything else
    LIFECYCLE_UPDATE,         // a walk with something new passes
    LIFECYCLE_RESTART,        // after kill -9
    LIFECYCLE_EVENTS,
};

enum lifecycle_fact {
    LIFECYCLE_IDENTICAL = 1 << 0,  // an identical live r waits
    LIFECYCLE_SUBSCRIBES = 1 << 1, // a live subscribe r waits, accepted before
    LIFECYCLE_CROWD = 1 << 2,      // as many of its mode wait as may
    LIFECYCLE_VANISHED = 1 << 3,   // r does not exist any more
    LIFECYCLE_TIME_LEFT = 1 << 4,  // r's deadline is ahead
    LIFECYCLE_TOO_LATE = 1 << 5,   // the lease, from its sending, is over
    LIFECYCLE_NO_PLACE = 1 << 6,   // a new one would be above a ceiling
    LIFECYCLE_LAGS = 1 << 7,       // something is owed, also in G
    LIFECYCLE_AT_HEAD = 1 << 8,    // nothing is owed after this
    LIFECYCLE_OUTDATED = 1 << 9,   // rev at send is not rev now
    LIFECYCLE_ANEW = 1 << 10,      // an update or a renewal came after the send
    LIFECYCLE_TRIES_LEFT = 1 << 11, // this was not the last attempt
    LIFECYCLE_UNCALLED = 1 << 12,   // the walk did not call it
    LIFECYCLE_OVERTAKEN = 1 << 13,  // less is owed than this send left
    LIFECYCLE_GOODBYE = 1 << 14,    // who expires is told so
    LIFECYCLE_PINNED = 1 << 15,     // another secret, and that may not change
    LIFECYCLE_AWAITED = 1 << 16, // a walk will bring what has arrived already
    LIFECYCLE_FACTS = 1 << 17,
};

enum lifecycle_effect {
    LIFECYCLE_JOIN = 1 << 0,       // r is the one that waits
    LIFECYCLE_INSERT = 1 << 1,     // r waits
    LIFECYCLE_DUMMY = 1 << 2,      // commit a record that changes nothing
    LIFECYCLE_REFUSE = 1 << 3,     // 429
    LIFECYCLE_ASK = 1 << 4,        // the GET is made
    LIFECYCLE_AWAIT = 1 << 5,      // r goes on waiting, and may be claimed
    LIFECYCLE_DELAY = 1 << 6,      // r is due later
    LIFECYCLE_DROP = 1 << 7,       // delete r
    LIFECYCLE_DROP_OLDER = 1 << 8, // and those accepted before it
    LIFECYCLE_DROP_ALL = 1 << 9,   // and those after it
    LIFECYCLE_DENY = 1 << 10,      // make a denial
    LIFECYCLE_CREATE = 1 << 11,   // a new id, start = head, the lease from then
    LIFECYCLE_RENEW = 1 << 12,    // the whole profile, the lease, rev + 1
    LIFECYCLE_END = 1 << 13,      // delete the subscription and what it is owed
    LIFECYCLE_SUSPEND = 1 << 14,  // stop sending
    LIFECYCLE_CATCH_UP = 1 << 15, // nothing is owed any more
    LIFECYCLE_ADVANCE = 1 << 16,  // less is owed
    LIFECYCLE_OWE = 1 << 17,      // write down what is owed, due as said
    LIFECYCLE_RESET = 1 << 18,    // attempts are counted from 0
    LIFECYCLE_HURRY = 1 << 19,    // due now
    LIFECYCLE_STOP = 1 << 20,     // never due, until something new comes
};

struct lifecycle_step {
    unsigned effects; // set of enum lifecycle_effect; one transaction
    enum lifecycle_state next;
};

// What no row tells of changes nothing.
struct lifecycle_step lifecycle_step(enum lifecycle_state state,
                                     enum lifecycle_event event,
                                     unsigned facts);

// TIME_LEFT if the deadline is after `now`.
unsigned lifecycle_deadline(int64_t deadline, int64_t now);
// TOO_LATE if a lease that began at `sent_at` is over at `now`.
unsigned lifecycle_lease(int64_t sent_at, int64_t lease, int64_t now);
