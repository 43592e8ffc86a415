// SPDX-License-Identifier: MIT
//
// request, reply -- one incoming HTTP request and the answer to it.
//
// Whoever reads requests (http.h, front.h) makes them and posts them to the
// main thread; whoever answers calls request_reply() exactly once, from any
// thread, and forgets the request: it is gone when the call returns. A handler
// therefore never needs to know which of the two it came from.

#pragma once

#include "door.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

enum request_method {
    REQUEST_GET,
    REQUEST_HEAD,
    REQUEST_POST,
    REQUEST_PUT,
    REQUEST_PATCH,
    REQUEST_DELETE,
    REQUEST_OPTIONS,
    REQUEST_OTHER,
};

struct request_field {
    const char *name, *value; // as sent, NUL-terminated, value trimmed
};

enum { REPLY_HEADERS_MAX = 10, REQUEST_FIELDS_MAX = 64 };

struct reply {
    unsigned status;
    const char *content_type; // NULL: no body
    const void *body;         // copied
    size_t body_len;
    // Further header lines ("Retry-After: 5"), copied.
    const char *headers[REPLY_HEADERS_MAX];
    size_t header_count;
    bool close; // end the connection after it
    // Instead of `body`, if file_len is not 0: so many bytes of this file from
    // its beginning. The descriptor is taken, whatever becomes of the answer.
    int file;
    uint64_t file_len;
};

// Fields belong to the maker of the request; all pointers live until
// request_reply().
struct request {
    enum request_method method;
    const char *path;  // starts with '/', as sent, without the query
    const char *query; // as sent, without '?'; "" if there is none
    const struct request_field *fields;
    size_t field_count;
    const char *body; // never NULL; NUL after the last byte
    size_t body_len;
    char peer[48]; // address without the port, "" for the admin socket
    enum door door;
    bool admin;   // an operator's: he is known
    bool steers;  // and may change things
    char who[64]; // then: "uid 0", "token NAME"; for the log
    // This connection can be held open for long at no cost (front.h). If not,
    // a pull is answered at once, with Connection: close.
    bool parkable;

    // The maker's: how to answer it.
    void (*answer)(struct request *request, const struct reply *reply);
    // The main thread's, while it works on the request.
    struct request *link;
    void *work;
    // Set by the maker, from its own thread, when the peer went away while
    // the request was being held; the holder learns of it by `gone` of
    // front.h. It must be answered all the same. Who is about to hold a
    // request looks here: that notice may have come before.
    atomic_bool gone;
    // The maker's: true while so much is on its way to this address that a
    // large answer would be thrown away. NULL: it never is.
    const atomic_bool *sated;
};

// Value of the first field of that name, in any case; NULL: there is none.
const char *request_field(const struct request *request, const char *name);

void request_reply(struct request *request, const struct reply *reply);

// A one-line text/plain answer (R26); `reason` gets its newline.
void request_say(struct request *request, unsigned status, const char *reason);

// The same of a request that is refused, with a code for programs (`Hub-Error:
// callback.fragment`, see refusal.h). A 429 or 503 says when to come again, in
// `retry_s` seconds; 0: soon.
void request_refuse(struct request *request, unsigned status, const char *code,
                    const char *reason, unsigned retry_s);

// The header line of an answer to what is no request: when to come again, or
// the code. Borrowed for ever.
const char *request_trouble(unsigned status);
