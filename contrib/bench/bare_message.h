// SPDX-License-Identifier: MIT
//
// bare_message -- a POST that was seen, made again for any callback.

#pragma once

#include "bare.h"

#include <stdbool.h>
#include <stddef.h>

struct bare_message;

// NULL: the sample is no whole POST, or memory ran out. Never freed: the
// process that sends ends right after.
struct bare_message *bare_message_new(const struct bare_options *options);

// In one piece, borrowed until the next call.
const char *bare_message_make(struct bare_message *message, size_t number,
                              size_t *out_len);
