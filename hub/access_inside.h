// SPDX-License-Identifier: MIT
//
// access_inside -- what access.c and access_ticket.c share.

#pragma once

#include "access.h"
#include "cursor.h"
#include "services.h"
#include "ticket.h"

struct access_origins;
struct token_cache;

struct access {
    struct services services;
    void (*revoked)(void *context, uint64_t token);
    void *context;
    struct token_cache *cache;
    struct ticket_key *tickets;
    struct cursor_key *cursors;
    struct access_origins *origins;
    uint64_t removals; // of tokens, ever
    size_t under_way;
};
