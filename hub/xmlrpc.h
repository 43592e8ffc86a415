// SPDX-License-Identifier: MIT
//
// xmlrpc -- calls of XML-RPC, as weblogs ping with them, and answers.
//
// Only what a ping needs, strictly: a method's name and a few plain values.
// No document type, no entities but XML's own five and characters by number,
// no attributes, no structures, nothing nested deeper than a call itself: so
// reading takes one pass and no more memory than the call has bytes. The
// encoding is ASCII or a superset of it; what a value holds beyond is for
// whoever looks at it.
//
// Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    XMLRPC_BYTES_MAX = 64 * 1024,
    XMLRPC_PARAMS_MAX = 8,
    XMLRPC_ANSWER_MAX = 1024,
};

// What is known as the usual numbers of faults.
enum xmlrpc_fault {
    XMLRPC_MALFORMED = -32700,
    XMLRPC_NO_METHOD = -32601,
    XMLRPC_BAD_PARAMS = -32602,
    XMLRPC_NO_MEMORY = -32400,
};

struct xmlrpc_call {
    const char *method;                    // NUL-terminated, all of them
    const char *params[XMLRPC_PARAMS_MAX]; // as text, whatever their type
    size_t count;
    char *memory; // what they point into
};

// False: *fault and *problem (one sentence, borrowed for ever) say why, and
// there is nothing to clear.
bool xmlrpc_read(const char *text, size_t len, struct xmlrpc_call *out,
                 enum xmlrpc_fault *fault, const char **problem);
void xmlrpc_clear(struct xmlrpc_call *call);

// The answer of weblogUpdates: a struct of flerror and message. Returns its
// length. `message` is cut if it does not fit.
size_t xmlrpc_write_result(bool error, const char *message,
                           char out[XMLRPC_ANSWER_MAX]);
size_t xmlrpc_write_fault(enum xmlrpc_fault fault, const char *problem,
                          char out[XMLRPC_ANSWER_MAX]);
