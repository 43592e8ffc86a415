// SPDX-License-Identifier: MIT
//
// base64 -- RFC 4648, with its padding, on one line.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

// What so many bytes become, with a NUL.
size_t base64_size(size_t len);
// Its length without the NUL.
size_t base64_write(struct bytes bytes, char *out);

// `out` has room for `len` bytes. False: it is none.
bool base64_read(const char *text, size_t len, char *out, size_t *size);
