// SPDX-License-Identifier: MIT
//
// bare_message -- a POST to a callback, after the example of another one.

#pragma once

#include "bare.h"

#include <stdbool.h>
#include <stddef.h>

struct bare_message;

// NULL: the sample is no whole POST, or memory ran out. Never freed: the
// process that sends ends right after.
struct bare_message *bare_message_new(const struct bare_options *options);

// False: not all of it went out at once.
bool bare_message_send(struct bare_message *message, int fd, size_t number);
