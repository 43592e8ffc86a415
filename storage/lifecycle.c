// SPDX-License-Identifier: MIT

#include "lifecycle.h"

#include <stddef.h>

// States as a set, and what stands for the state it was.
enum {
    N = 1 << LIFECYCLE_NONE,
    A = 1 << LIFECYCLE_ACTIVE,
    L = 1 << LIFECYCLE_LAGGING,
    D = 1 << LIFECYCLE_STOPPED,
    G = 1 << LIFECYCLE_GRACE,
    ANY = N | A | L | D | G,
    SAME = 0,
};

struct row {
    enum lifecycle_event event;
    unsigned states;
    unsigned yes, no; // facts that must hold, and that must not
    unsigned effects;
    unsigned next; // one state, or SAME
};

// Of the rows of an event the first that fits is taken. A row of the page
// that names several states, or says "A or L", is several here; what the page
// says in words elsewhere stands where it belongs.
static const struct row rows[] = {
    // subscribe accepted
    { LIFECYCLE_SUBSCRIBE, ANY, LIFECYCLE_IDENTICAL, 0, LIFECYCLE_JOIN, SAME },
    { LIFECYCLE_SUBSCRIBE, ANY, LIFECYCLE_CROWD, 0, LIFECYCLE_REFUSE, SAME },
    { LIFECYCLE_SUBSCRIBE, ANY, 0, 0, LIFECYCLE_INSERT, SAME },

    // unsubscribe accepted: the mode is a part of what is identical
    { LIFECYCLE_UNSUBSCRIBE, ANY, LIFECYCLE_IDENTICAL, 0, LIFECYCLE_JOIN,
      SAME },
    // never refused, or the refusal would tell that there is something: those
    // that wait ask the callback already
    { LIFECYCLE_UNSUBSCRIBE, ANY, LIFECYCLE_CROWD, 0, LIFECYCLE_DUMMY, SAME },
    { LIFECYCLE_UNSUBSCRIBE, N | G, 0, LIFECYCLE_SUBSCRIBES, LIFECYCLE_DUMMY,
      SAME },
    { LIFECYCLE_UNSUBSCRIBE, ANY, 0, 0, LIFECYCLE_INSERT, SAME },

    // attempt
    { LIFECYCLE_ATTEMPT, ANY, LIFECYCLE_TIME_LEFT, 0, LIFECYCLE_ASK, SAME },

    // verified, or not: r is gone
    { LIFECYCLE_VERIFIED_SUBSCRIBE, ANY, LIFECYCLE_VANISHED, 0, 0, SAME },
    { LIFECYCLE_VERIFIED_UNSUBSCRIBE, ANY, LIFECYCLE_VANISHED, 0, 0, SAME },
    { LIFECYCLE_NOT_CONFIRMED, ANY, LIFECYCLE_VANISHED, 0, 0, SAME },
    { LIFECYCLE_NOT_REACHED, ANY, LIFECYCLE_VANISHED, 0, 0, SAME },
    { LIFECYCLE_DENIED, ANY, LIFECYCLE_VANISHED, 0, 0, SAME },
    // verified subscribe: the lease is already over, as failed
    { LIFECYCLE_VERIFIED_SUBSCRIBE, ANY, LIFECYCLE_TOO_LATE, 0, LIFECYCLE_DROP,
      SAME },
    // verified subscribe with another secret than the operator has pinned
    { LIFECYCLE_VERIFIED_SUBSCRIBE, A | L | D | G, LIFECYCLE_PINNED, 0,
      LIFECYCLE_DROP, SAME },
    // verified subscribe, but the hub is full: others keep their places
    { LIFECYCLE_VERIFIED_SUBSCRIBE, N, LIFECYCLE_NO_PLACE, 0,
      LIFECYCLE_DROP | LIFECYCLE_DENY, SAME },
    // verified subscribe
    { LIFECYCLE_VERIFIED_SUBSCRIBE, N, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_CREATE, A },
    { LIFECYCLE_VERIFIED_SUBSCRIBE, A, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW, A },
    { LIFECYCLE_VERIFIED_SUBSCRIBE, L, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW | LIFECYCLE_HURRY,
      L },
    { LIFECYCLE_VERIFIED_SUBSCRIBE, D, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW | LIFECYCLE_RESET
          | LIFECYCLE_HURRY,
      L },
    { LIFECYCLE_VERIFIED_SUBSCRIBE, G, LIFECYCLE_LAGS, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW | LIFECYCLE_RESET
          | LIFECYCLE_HURRY,
      L },
    { LIFECYCLE_VERIFIED_SUBSCRIBE, G, 0, LIFECYCLE_LAGS,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW, A },
    // verified unsubscribe
    { LIFECYCLE_VERIFIED_UNSUBSCRIBE, N, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER, N },
    { LIFECYCLE_VERIFIED_UNSUBSCRIBE, A | L | D | G, 0, 0,
      LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_END, N },

    // 3xx, 4xx, or 2xx with a wrong body
    { LIFECYCLE_NOT_CONFIRMED, ANY, 0, 0, LIFECYCLE_DROP, SAME },
    // 5xx, 408, 425, 429, timeout, DNS, TLS
    { LIFECYCLE_NOT_REACHED, ANY, LIFECYCLE_TRIES_LEFT | LIFECYCLE_TIME_LEFT, 0,
      LIFECYCLE_DELAY, SAME },
    { LIFECYCLE_NOT_REACHED, ANY, 0, 0, LIFECYCLE_DROP, SAME },

    // request denied by policy
    { LIFECYCLE_DENIED, ANY, 0, 0, LIFECYCLE_DROP | LIFECYCLE_DENY, SAME },
    // operator removes; topic denied or gone
    { LIFECYCLE_REMOVED, A | L | D | G, 0, 0,
      LIFECYCLE_DROP_ALL | LIFECYCLE_END | LIFECYCLE_DENY, N },

    // lease end
    { LIFECYCLE_LEASE_END, A | L | D | G, LIFECYCLE_SUBSCRIBES, 0,
      LIFECYCLE_SUSPEND, G },
    { LIFECYCLE_LEASE_END, A | L | D | G, LIFECYCLE_GOODBYE, 0,
      LIFECYCLE_END | LIFECYCLE_DENY, N },
    { LIFECYCLE_LEASE_END, A | L | D | G, 0, 0, LIFECYCLE_END, N },
    // r fails
    { LIFECYCLE_REQUEST_FAILED, G, 0, LIFECYCLE_SUBSCRIBES, LIFECYCLE_END, N },

    // POST 2xx
    { LIFECYCLE_POST_OK, A | L | D, LIFECYCLE_AT_HEAD, LIFECYCLE_AWAITED,
      LIFECYCLE_CATCH_UP, A },
    // before a walk that would send it an older one again (C: seq never
    // decreases): the record says so to the walk
    { LIFECYCLE_POST_OK, L | D, LIFECYCLE_AT_HEAD, 0,
      LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_STOP, D },
    // and others have brought more meanwhile
    { LIFECYCLE_POST_OK, L | D | G, LIFECYCLE_OVERTAKEN, LIFECYCLE_AT_HEAD, 0,
      SAME },
    { LIFECYCLE_POST_OK, A | L | D, 0, LIFECYCLE_AT_HEAD,
      LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_HURRY, L },
    { LIFECYCLE_POST_OK, G, LIFECYCLE_AT_HEAD, LIFECYCLE_AWAITED,
      LIFECYCLE_CATCH_UP, G },
    { LIFECYCLE_POST_OK, G, 0, 0,
      LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_STOP, G },
    // POST 410
    { LIFECYCLE_POST_GONE, A | L | D | G, 0, LIFECYCLE_OUTDATED, LIFECYCLE_END,
      N },
    { LIFECYCLE_POST_GONE, A | L | D, LIFECYCLE_OUTDATED, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_RESET, L },
    { LIFECYCLE_POST_GONE, G, LIFECYCLE_OUTDATED, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_RESET | LIFECYCLE_STOP, G },
    // POST anything else. M4: what is new since the send has its own attempts
    { LIFECYCLE_POST_FAILED, A | L | D, LIFECYCLE_ANEW, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_RESET, L },
    { LIFECYCLE_POST_FAILED, A | L | D, LIFECYCLE_TRIES_LEFT, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE, L },
    { LIFECYCLE_POST_FAILED, A | L | D, 0, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_STOP, D },
    { LIFECYCLE_POST_FAILED, G, 0, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_STOP, G },

    // new update: the walk serves A, retries serve L; D has one attempt now.
    // A walk that passes A without having called it, because the lease is
    // over, leaves what it brought to the renewal, if there is one
    { LIFECYCLE_UPDATE, A, LIFECYCLE_TOO_LATE, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_STOP, D },
    { LIFECYCLE_UPDATE, A, 0, LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_HURRY, L },
    // it has got that already, and perhaps what the next walk brings, too
    { LIFECYCLE_UPDATE, L | D, LIFECYCLE_AT_HEAD, LIFECYCLE_AWAITED,
      LIFECYCLE_CATCH_UP, A },
    { LIFECYCLE_UPDATE, G, LIFECYCLE_LAGS | LIFECYCLE_AT_HEAD,
      LIFECYCLE_AWAITED, LIFECYCLE_CATCH_UP, G },
    { LIFECYCLE_UPDATE, L | D | G, LIFECYCLE_AT_HEAD, 0, 0, SAME },
    { LIFECYCLE_UPDATE, L, 0, LIFECYCLE_UNCALLED, LIFECYCLE_RESET, L },
    { LIFECYCLE_UPDATE, D, 0, LIFECYCLE_UNCALLED,
      LIFECYCLE_RESET | LIFECYCLE_HURRY, L },
    { LIFECYCLE_UPDATE, G, LIFECYCLE_LAGS, LIFECYCLE_UNCALLED, LIFECYCLE_RESET,
      G },
    { LIFECYCLE_UPDATE, G, 0, LIFECYCLE_LAGS | LIFECYCLE_AT_HEAD,
      LIFECYCLE_OWE | LIFECYCLE_STOP, G },

    // kill -9
    { LIFECYCLE_RESTART, ANY, 0, 0, LIFECYCLE_AWAIT, SAME },
};

static enum lifecycle_state only(unsigned set)
{
    unsigned state = 0;
    while (set >> state > 1)
        state++;
    return (enum lifecycle_state)state;
}

struct lifecycle_step lifecycle_step(enum lifecycle_state state,
                                     enum lifecycle_event event, unsigned facts)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        if (row->event != event || !(row->states & 1U << state)
            || (facts & row->yes) != row->yes || (facts & row->no) != 0)
            continue;
        return (struct lifecycle_step){
            .effects = row->effects,
            .next = row->next == SAME ? state : only(row->next),
        };
    }
    return (struct lifecycle_step){ .next = state };
}

unsigned lifecycle_deadline(int64_t deadline, int64_t now)
{
    return deadline > now ? LIFECYCLE_TIME_LEFT : 0;
}

unsigned lifecycle_lease(int64_t sent_at, int64_t lease, int64_t now)
{
    return sent_at + lease <= now ? LIFECYCLE_TOO_LATE : 0;
}
