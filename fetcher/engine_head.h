// SPDX-License-Identifier: MIT
//
// engine_head -- the head of a request, in the bytes that are sent.

#pragma once

#include <stddef.h>

struct transfer;

// No more than this is needed.
size_t engine_head_length(const struct transfer *transfer);

// Returns the length.
size_t engine_head_write(const struct transfer *transfer, char *out);
