// SPDX-License-Identifier: MIT
//
// credential -- what a request shows of who made it.
//
// Pure.

#pragma once

#include "ticket.h"
#include "token_text.h"

#include <stddef.h>
#include <stdint.h>

struct request;

enum credential_kind {
    CREDENTIAL_NONE,    // nothing: he wants to be anonymous
    CREDENTIAL_TOKEN,   // of a token's form: `hash`
    CREDENTIAL_TICKET,  // `ticket`
    CREDENTIAL_FOREIGN, // something that is nobody's: another scheme or form
    CREDENTIAL_EXPOSED, // a token in a place that is logged
    CREDENTIAL_TWICE,   // more than one thing
};

struct credential {
    enum credential_kind kind;
    uint8_t hash[TOKEN_HASH];
    char ticket[TICKET_TEXT_MAX];
    size_t ticket_len;
};

void credential_read(const struct request *request, struct credential *out);
