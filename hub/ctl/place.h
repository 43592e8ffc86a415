// SPDX-License-Identifier: MIT
//
// place -- where the daemon's admin socket is.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// By --socket, --data (either NULL: not given), WEBSUBD_SOCKET, or the first
// of the usual places that has one. False: the path does not fit.
bool place_find(const char *socket, const char *data, char *out, size_t max);
