// SPDX-License-Identifier: MIT
//
// http -- incoming requests by libmicrohttpd, for everything but held pulls.
//
// It owns no listener: front.h accepts connections, looks at the first
// request of each, and hands over what it does not hold itself. From then on
// the connection is ours, keep-alive and all. A request is checked for
// framing that two servers could read differently (a doubled Content-Length
// or Host, Content-Length with Transfer-Encoding, a blank before a colon:
// 400 and close), its body is collected up to a ceiling (413), and the whole
// is passed on from libmicrohttpd's thread; the connection sleeps until
// request_reply() wakes it.
//
// The only file that includes <microhttpd.h>.

#pragma once

#include "answer.h"
#include "ceiling.h"
#include "door.h"
#include "request.h"
#include "settling.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct http;

struct http_options {
    unsigned connections_max;
    unsigned per_address;         // of these, as in front.h; 0: any number
    struct answer_limits answers; // under way
    unsigned idle_seconds; // twice that: until a request has arrived whole
    struct ceiling bodies;
    const atomic_bool *documents; // may anybody send any now? NULL: nobody
    // How long, instead of what `bodies` has; NULL: that.
    const atomic_size_t *document_max;
    // Called on a thread of ours: take the request and return at once.
    void (*arrived)(void *context, struct request *request);
    // As in front.h; on the thread of http_adopt() and on ours.
    bool (*unlimited)(void *context, const struct sockaddr *address);
    void *context;
};

// NULL: *problem is one sentence, borrowed for ever.
struct http *http_open(const struct http_options *options,
                       const char **problem);

// Take over a connected socket, whatever becomes of it. From any thread.
bool http_adopt(struct http *http, int fd, const struct sockaddr *address,
                enum door door);

// End what has waited too long for a request to arrive: libmicrohttpd's own
// timeout starts anew with every byte. From any thread, now and then; false:
// nothing waits.
bool http_look(struct http *http);

// From now on every answer is the last of its connection.
void http_soften(struct http *http);

// Connections, idle or not.
size_t http_connections(const struct http *http);

// Ends those that are idle, and says how it is with the others but for those
// that http_pending() counts.
enum settling http_settle(struct http *http);

// Requests that were passed on and are not answered yet.
size_t http_pending(const struct http *http);

// From now on nothing is passed on; who asks is told that the hub stops. What
// was passed on, or is about to be, is still to be answered: http_pending().
void http_end(struct http *http);

// Every request must have been answered before, and none may come after that:
// http_end(). Ends all connections.
void http_close(struct http *http);
