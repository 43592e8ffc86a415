// SPDX-License-Identifier: MIT
//
// ticket -- what the holder of a token lends for a minute, in the place of the
// token, to who can show nothing but a URL (EventSource, WebSocket).
//
// It holds everything there is to know about it, sealed (AES-256-GCM, under a
// key that only this store knows), so that nothing is stored. Topics stand in
// it as short hashes: a ticket for a hundred still fits into a URL, and tells
// its bearer none of them. Which token gave it is in it too: it is worth
// nothing without that, and never more.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ticket_key;

enum {
    TICKET_ITEMS_MAX = 100,
    TICKET_HASH = 8,
    TICKET_BYTES_MAX =
        1 + 8 + 8 + 1 + 1 + TICKET_ITEMS_MAX * (2 + TICKET_HASH) + 12 + 16,
    TICKET_TEXT_MAX = (TICKET_BYTES_MAX + 2) / 3 * 4 + 1, // with NUL
};

enum ticket_kind {
    TICKET_URL = 0,
    TICKET_PREFIX = 1,  // everything that begins so
    TICKET_MAILBOX = 2, // of the token's owner, by its name
};

struct ticket_item {
    enum ticket_kind kind;
    uint16_t len; // of what is hashed
    uint8_t hash[TICKET_HASH];
};

struct ticket {
    uint64_t token;  // of whose holder it is
    int64_t expires; // unix ms: from then on it is good for nothing
    unsigned rights; // enum store_right
    // Without one for topics it is good for all of the token's, and so with
    // mailboxes.
    size_t count;
    struct ticket_item items[TICKET_ITEMS_MAX];
};

// NULL: libcrypto refused, or out of memory. Both arguments are the store's.
struct ticket_key *ticket_key_new(const uint8_t secret[32], uint64_t epoch);
void ticket_key_free(struct ticket_key *key);

// As text for a URL; two of the same never look alike. False: libcrypto
// refused.
bool ticket_write(struct ticket_key *key, const struct ticket *ticket,
                  char text[TICKET_TEXT_MAX]);
// False: not a ticket of this store.
bool ticket_read(struct ticket_key *key, const char *text, size_t len,
                 struct ticket *out);

// Binds it to one more: a normalised URL, what begins so, or a mailbox. False:
// there are too many.
bool ticket_bind(struct ticket *ticket, enum ticket_kind kind, const char *text,
                 size_t len);

// Of normalised URLs.
bool ticket_covers(const struct ticket *ticket, const char *normal, size_t len);
bool ticket_covers_all(const struct ticket *ticket, const char *prefix,
                       size_t len);
// NULL: all mailboxes.
bool ticket_opens(const struct ticket *ticket, const char *name, size_t len);
