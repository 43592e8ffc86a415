// SPDX-License-Identifier: MIT
//
// access -- who is it that pulls, and what may he read?
//
// A visitor is anonymous, or shows a token (`Authorization: Bearer ...`), or a
// ticket (`?ticket=...`) that the holder of a token gave him. What is shown
// and does not hold is refused: nobody is taken for anonymous who did not want
// to be. A token in a query is refused (RFC 9700 2.1: it would be logged).
//
// Tokens are kept hashed; those that were shown lately are remembered, so that
// a long-poll costs no look at the store. A removed one is forgotten at once,
// and who holds a connection by it is told to pull.h.
//
// Main thread.

#pragma once

#include "loop.h"
#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct config;
struct request;
struct services;

// One who was let in. Shared and counted; immutable.
struct visitor {
    uint64_t owner;   // of his mailboxes; 0: he is anonymous
    uint64_t token;   // its id; 0: none
    unsigned rights;  // enum store_right; of a ticket those it was given
    int64_t expires;  // unix ms; 0: never. What he holds ends then
    bool ticket;      // he came with a ticket
    const char *name; // of the token, for operators; "" if he is anonymous
};
const struct visitor *visitor_share(const struct visitor *visitor);
void visitor_drop(const struct visitor *visitor);

// May he read this topic? `reach` as the store tells (M20): what only we reach
// is nothing for the anonymous, unless pull-open is set; nor is what nobody
// has fetched yet. `normal` is the normalised URL.
bool visitor_may_read(const struct visitor *visitor,
                      const struct config *config, const char *normal,
                      size_t len, enum store_reach reach);
// May he read every topic that begins so?
bool visitor_may_match(const struct visitor *visitor,
                       const struct config *config, const char *prefix,
                       size_t len);
// May reading it make the hub follow it (M7)?
bool visitor_may_create(const struct visitor *visitor,
                        const struct config *config, const char *normal,
                        size_t len);

enum access_answer {
    ACCESS_KNOWN,   // *out is who it is, one share is yours
    ACCESS_ASKED,   // `done` will be called in a later step
    ACCESS_REFUSED, // see `refusal`
};
struct access_refusal {
    unsigned status;       // 400, 401, 503
    const char *type;      // for pull_problem()
    const char *detail;    // borrowed for ever
    const char *challenge; // a WWW-Authenticate line, or NULL
};

// NULL: out of memory. `revoked` is called when a token has ended.
struct access *access_new(const struct services *services,
                          void (*revoked)(void *context, uint64_t token),
                          void *context);
void access_free(struct access *access);
bool access_idle(const struct access *access);

// Who is it? `done` gets NULL and a refusal where he is refused. The request
// is not kept: look at it no longer than the call.
enum access_answer access_ask(
    struct access *access, const struct request *request, struct moment now,
    const struct visitor **out, struct access_refusal *refusal,
    void (*done)(void *context, const struct visitor *visitor,
                 const struct access_refusal *refusal),
    void *context);

// A token with this id has ended: forget it, and tell.
void access_forget(struct access *access, uint64_t token);

// POST /tickets, a route's handler: {"topics": [...], "ttl": seconds} from the
// holder of a token with STORE_RIGHT_TICKET; 201 {"ticket", "expires_in",
// "cursor"}. A ticket is good for connecting until its time is up, for the
// topics named (those of the token if none are) and for mailboxes if asked; a
// connection made with it lives as long as the token.
void access_ticket(struct access *access, struct request *request,
                   struct moment now);

// May a page of this origin read here (the Origin field)? Same origin as
// public-url, or one of pull-origin, or "*" there. NULL, no such field: yes.
bool access_allows_origin(const struct config *config, const char *origin);
