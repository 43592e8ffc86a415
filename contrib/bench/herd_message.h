// SPDX-License-Identifier: MIT
//
// herd_message -- where what a client was sent is whole. Pure.

#pragma once

#include "herd.h"

#include <stdbool.h>
#include <stddef.h>

struct herd_message {
    size_t len;      // bytes that it takes
    unsigned ping;   // length of its payload, plus one; 0: it is none
    bool closing;    // a close frame, or an answer that ends the connection
    bool news;       // it holds the expected text
    unsigned status; // of an answer
};

// The next message among these bytes. False: it is not whole yet.
bool herd_message(enum herd_kind kind, const char *bytes, size_t len,
                  const char *expected, struct herd_message *out);

// "cursor":"..." of a JSON answer into `out`, which stays as it is without.
void herd_message_cursor(const char *bytes, size_t len,
                         char out[HERD_CURSOR_MAX]);
