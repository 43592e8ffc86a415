// SPDX-License-Identifier: MIT
//
// callback_host -- the part of a callback that may be shown.
//
// A callback's URL is a capability: whoever knows all of it can pass for the
// hub. Logs and operators see its host.

#pragma once

#include <stddef.h>

enum { CALLBACK_HOST_MAX = 256 };

// "?" where it cannot be told.
void callback_host(const char *callback, size_t len,
                   char out[CALLBACK_HOST_MAX]);
