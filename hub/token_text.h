// SPDX-License-Identifier: MIT
//
// token_text -- what the holder of a token shows: "wsd_" and 32 random bytes
// in base64url.
//
// It is known by its SHA-256 alone. No salt and no slow hash: nobody finds 256
// random bits by trying.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOKEN_TEXT = 4 + 43 + 1, TOKEN_HASH = 32 }; // with NUL

// A new one. False: there is no randomness to be had.
bool token_text_make(char out[TOKEN_TEXT]);

// False: it has another form, and is nobody's.
bool token_text_hash(const char *text, size_t len, uint8_t out[TOKEN_HASH]);
