// SPDX-License-Identifier: MIT
//
// punycode -- one label of an international name in ASCII (RFC 3492).
//
// The encoding alone: no mapping, no normalisation and no "xn--" before it.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writes the encoded label and its length; no NUL after it. False: it does
// not fit into out_max bytes.
bool punycode_encode(const uint32_t *points, size_t count, char *out,
                     size_t out_max, size_t *out_len);
