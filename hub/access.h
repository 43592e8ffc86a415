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
#include "visitor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct config;
struct request;
struct services;

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

// NULL: out of memory. `revoked` is called when a token was removed: who holds
// a connection by it has to go.
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

// The token with this id was removed, durably: forget it, and tell.
void access_forget(struct access *access, uint64_t token);

// Does it show anything of who made it? Where strangers get an answer anyhow,
// also if pull-anonymous is off.
bool access_shows(const struct request *request);

// Does it show a token that we know to be somebody's, without asking the
// store? It may have expired.
bool access_knows(struct access *access, const struct request *request,
                  struct moment now);

// POST /tickets, a route's handler, for the holder of a token with
// STORE_RIGHT_TICKET: {"topics": [URL or URL*, ...], "mailboxes": [NAME, ...],
// "ttl": seconds, "rights": [...]}, all of which may be left out; 201
// {"ticket", "expires_in", "cursor"}. A ticket is good for connecting until its
// time is up, for the topics named (those of the token if none are), and for
// the mailboxes named (none but if "mailbox" is among the rights: then all of
// the owner's); a connection made with it lives as long as the token.
void access_ticket(struct access *access, struct request *request,
                   struct moment now);

// May a page of this origin pull (an Origin field)? Of public-url, or listed in
// pull-origin, or any if "*" is there. NULL, no such field: yes.
bool access_allows_origin(const struct config *config, const char *origin);
// The line of an answer that lets the page read it (CORS), borrowed for as long
// as there is `access`; the same for the same origin. NULL: it is from no page,
// or from one that may not.
const char *access_allow_origin(const struct access *access,
                                const struct request *request);
// OPTIONS on a path that is there for pages: takes the request. `methods` are
// those that the path has, "GET, POST".
void access_preflight(const struct access *access, struct request *request,
                      const char *methods);
