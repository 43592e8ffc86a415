// SPDX-License-Identifier: MIT
//
// pull_query_inside -- what the files of pull_query share. For no other file.

#pragma once

#include "pull_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Always false.
bool pull_query_refuse(struct pull_query *query, unsigned status,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool pull_query_is_one_of(const char *name, const char *const names[]);
bool pull_query_names_since(const char *name);

// Seconds, as a parameter or a preference.
bool pull_query_wait(struct pull_query *query, const char *text);

// One parameter, but for topics and where they begin.
bool pull_query_field(struct pull_query *query, const char *name,
                      const char *value, int64_t now_unix);
bool pull_query_match(struct pull_query *query, const char *value, size_t len);
bool pull_query_since(struct pull_query *query, const char *value,
                      int64_t now_unix);

// A body of application/json.
bool pull_query_json(struct pull_query *query, const char *text, size_t len,
                     int64_t now_unix);
