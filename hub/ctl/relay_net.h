// SPDX-License-Identifier: MIT
//
// relay_net -- the relay's requests to others, all on one thread.
//
// To the hub as the environment says (a proxy, if there is one). To callbacks
// directly, and only at addresses that were allowed: judged is the address
// that is connected to, so that a name cannot change its mind in between, and
// never the relay's own (WebSub 8: nobody else's doors are knocked at).
//
// What answers hold at a time has a ceiling over all of them.

#pragma once

#include "fetcher/guard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_net;
struct relay_call;

enum relay_side { RELAY_TO_HUB, RELAY_TO_CALLBACK, RELAY_TO_FEED };

enum { RELAY_HEADERS_MAX = 8, RELAY_LINKS_MAX = 16 };

struct relay_answer {
    unsigned status;  // 0: there was none, see `why`
    const char *why;  // a few words; borrowed, as all of this is
    bool excess;      // there was one, and it was too long
    bool refused;     // by the guard: nobody was asked
    const char *body; // never NULL, with a NUL behind it
    size_t len;
    int64_t retry_after_ms;              // -1: not said
    const char *content_type, *location; // NULL: not said
    const char *etag, *modified;
    const char *const *links; // values of Link
    size_t link_count;
};

struct relay_ask {
    enum relay_side side;
    const char *method, *url;               // copied
    const char *headers[RELAY_HEADERS_MAX]; // lines, copied
    size_t header_count;
    const void *body; // yours until `done`; NULL: none
    size_t body_len;
    int64_t timeout_ms;
    size_t answer_max;
    bool truncate; // a longer answer is cut, instead of being an error
    void (*done)(void *context, const struct relay_answer *answer);
    void *context;
};

// NULL: libcurl does not start. `agent` is borrowed.
struct relay_net *relay_net_new(const struct guard *callbacks,
                                const char *agent);
void relay_net_free(struct relay_net *net); // cancels what is under way

// `done` is called once, by relay_net_run(). NULL: out of memory.
struct relay_call *relay_net_begin(struct relay_net *net,
                                   const struct relay_ask *ask);
// `done` will not be called. NULL is fine.
void relay_net_cancel(struct relay_net *net, struct relay_call *call);

// Wait until something happens, one of the descriptors can be read, or the
// time is over; then call what is done.
void relay_net_run(struct relay_net *net, const int *fds, size_t fd_count,
                   int64_t timeout_ms);
// End the waiting. From any thread.
void relay_net_wake(struct relay_net *net);

// Is this status of the hub's, or 0, to be taken for "not now"?
bool relay_net_later(unsigned status);
