// SPDX-License-Identifier: MIT
//
// ack_id -- a letter of a mailbox, as its reader names it when he acknowledges.
//
// Sealed, so that it is opaque and cannot be made up: the number of the event
// and the claim it was handed out with. Any thread.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal;

enum { ACK_ID_TEXT = 23 }; // with its NUL

// The seal they are made with, for seal_free(). NULL: libcrypto refused.
struct seal *ack_id_seal(const uint8_t secret[32]);

bool ack_id_write(struct seal *seal, uint64_t number, uint64_t claim,
                  char text[ACK_ID_TEXT]);

// False: it is not one of this store.
bool ack_id_read(struct seal *seal, const char *text, size_t len,
                 uint64_t *number, uint64_t *claim);
