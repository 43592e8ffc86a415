// SPDX-License-Identifier: MIT
//
// mailbox_scope -- does somebody's token cover what a mailbox listens to?
//
// It was made with a token that did, but its owner may have another, or had an
// operator make his narrower. Of a ticket it is the token of who gave it. Pure.

#pragma once

#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct visitor;

bool mailbox_scope_covers(const struct config *config,
                          const struct visitor *visitor,
                          const struct store_listen *listens, size_t count);
