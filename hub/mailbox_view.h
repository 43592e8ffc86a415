// SPDX-License-Identifier: MIT
//
// mailbox_view -- a mailbox as its owner is shown it.
//
// Secrets are not shown: only whether there is one. Pure.

#pragma once

#include "storage/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox_view {
    const struct store_mailbox *mailbox;
    const struct store_listen *listens;
    size_t listen_count;
    bool has_pending;
    uint64_t pending;
    const char *cursor; // where it stands
    const char *base;   // what the hub calls itself
    bool connected;
    int64_t seen; // unix ms: a reader was there; 0: as the mailbox says
};

// Each makes a new value. NULL: out of memory.
json_t *mailbox_view_whole(const struct mailbox_view *view);
// Without what it listens to.
json_t *mailbox_view_brief(const struct mailbox_view *view);
json_t *mailbox_view_listen(const struct store_listen *listen);
json_t *mailbox_view_listens(const struct store_listen *listens, size_t count);

// "https://hub.example/mailboxes/NAME/PART"; PART may be "".
enum { MAILBOX_URL_MAX = 2048 + STORE_NAME_MAX + 64 };
void mailbox_view_url(const char *base, struct bytes name, const char *part,
                      char url[MAILBOX_URL_MAX]);
