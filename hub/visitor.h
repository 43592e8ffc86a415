// SPDX-License-Identifier: MIT
//
// visitor -- one who was let in, and what he may do.
//
// Shared and counted; never changes. Main thread.

#pragma once

#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct ticket;

struct visitor {
    uint64_t owner;   // of his mailboxes; 0: he is anonymous
    uint64_t token;   // its id; 0: none
    unsigned rights;  // enum store_right; of a ticket those it was given
    int64_t expires;  // unix ms; 0: never. What he holds ends then
    bool ticket;      // he came with a ticket
    const char *name; // of the token, for operators; "" if he is anonymous
};

// Nobody in particular. For ever; may be shared and dropped like the others.
const struct visitor *visitor_anonymous(void);

// The holder of a token. NULL: out of memory.
const struct visitor *visitor_of_token(const struct store_token *token);
// He who came with a ticket that this one gave: has of his rights and topics
// those that the ticket names. NULL: out of memory.
const struct visitor *visitor_of_ticket(const struct visitor *giver,
                                        const struct ticket *ticket);

// Who gave him his ticket; himself if he has none. Borrowed, as long as he is.
const struct visitor *visitor_giver(const struct visitor *visitor);

const struct visitor *visitor_share(const struct visitor *visitor);
void visitor_drop(const struct visitor *visitor); // NULL is fine

// A number for the owner of that name; never 0.
uint64_t visitor_owner(struct bytes name);

// May he read this topic? `reach` as the store tells (M20): what only we reach
// is nothing for the anonymous, unless pull-open is set; nor is what nobody
// has fetched yet. `normal` is the normalised URL.
bool visitor_may_read(const struct visitor *visitor,
                      const struct config *config, const char *normal,
                      size_t len, enum store_reach reach);
// May he read every topic that begins so?
bool visitor_may_match(const struct visitor *visitor,
                       const struct config *config, const char *prefix,
                       size_t len);
// May he open his owner's mailbox of this name? NULL: all of them.
bool visitor_may_open(const struct visitor *visitor, const char *name,
                      size_t len);
// Is he one to whom only what anybody could fetch is known?
bool visitor_is_stranger(const struct visitor *visitor,
                         const struct config *config);
// May reading it make the hub follow it (M7)?
bool visitor_may_create(const struct visitor *visitor,
                        const struct config *config, const char *normal,
                        size_t len);
