// SPDX-License-Identifier: MIT
//
// mailbox_query -- what a reader of a mailbox has asked for.
//
// Pure: a request in, checked values out. What it does not know it passes
// over, as in WebSub 5.1.

#pragma once

#include "mailbox_path.h"
#include "puller.h"
#include "since.h"

#include <stdbool.h>
#include <stddef.h>

struct request;

enum { MAILBOX_QUERY_PROBLEM = 160 };

struct mailbox_query {
    char ack[SINCE_CURSOR_MAX]; // a cursor, not looked into; "": none
    size_t limit, max_bytes;
    bool limited; // a limit was asked for: a stream pauses there
    bool bodies;
    struct puller_wish wish;
    char problem[MAILBOX_QUERY_PROBLEM];
};

// `part` is MESSAGES, SSE, STREAM or WS. False: see `problem`.
bool mailbox_query_read(const struct request *request, enum mailbox_part part,
                        struct mailbox_query *out);
