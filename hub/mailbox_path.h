// SPDX-License-Identifier: MIT
//
// mailbox_path -- what of which mailbox a path names.
//
// "/mailboxes/reader-7/messages". A name has 1 to 128 unreserved characters
// (RFC 3986 2.3), escaped or not; "reader-7.dead" are the dead letters of
// reader-7, and no mailbox. Pure.

#pragma once

#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mailbox_part {
    MAILBOX_ALL,    // /mailboxes
    MAILBOX_ITSELF, // /mailboxes/NAME
    MAILBOX_MESSAGES,
    MAILBOX_MESSAGE, // .../messages/ID: one letter by its ack_id
    MAILBOX_SSE,
    MAILBOX_STREAM,
    MAILBOX_WS,
    MAILBOX_ACKS,
    MAILBOX_SEEK,
    MAILBOX_TOUCH,
    MAILBOX_SUBSCRIPTIONS,
    MAILBOX_SUBSCRIPTION, // .../subscriptions/SID
    MAILBOX_PARTS
};

struct mailbox_path {
    enum mailbox_part part;
    char name[STORE_NAME_MAX + 1]; // decoded
    bool dead;                     // of its dead letters
    uint64_t sid;                  // of SUBSCRIPTION
    char item[32];                 // of MESSAGE
};

// False: there can be nothing at this path.
bool mailbox_path_read(const char *path, struct mailbox_path *out);

// May a mailbox be called so?
bool mailbox_path_is_name(const char *name);
