// SPDX-License-Identifier: MIT
//
// trace -- how updates went, for people.

#pragma once

#include <jansson.h>

// {"traces":[...]} as a table.
void trace_print(const json_t *answer);
