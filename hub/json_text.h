// SPDX-License-Identifier: MIT
//
// json_text -- text of others as JSON, whatever bytes it has.
//
// Header fields may hold bytes that are not UTF-8 (RFC 9110, 5.5: obs-text),
// and JSON may not: each such byte becomes U+FFFD.

#pragma once

#include "storage/store.h"

#include <jansson.h>

// JSON's null if there is none. NULL: out of memory.
json_t *json_text(struct bytes text);
