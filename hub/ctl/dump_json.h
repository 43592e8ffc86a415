// SPDX-License-Identifier: MIT
//
// dump_json -- one record of an export as one JSON object, and back.
//
// A field that is 0, false or empty is left out, and what is left out is that.
// What is read is checked against its table (dump_fields.h): another name,
// another type, a text that is too long is refused.

#pragma once

#include "dump_fields.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// NULL: no memory.
json_t *dump_json_write(const struct dump_record *record);

enum { DUMP_JSON_HELD_MAX = 64 };

// What a record that was read points into.
struct dump_json {
    void *held[DUMP_JSON_HELD_MAX];
    size_t held_count;
};

// `root` stays the caller's, and must stay for as long as the record is used,
// as must what is held. False: *problem says why.
bool dump_json_read(struct dump_json *holder, const json_t *root,
                    struct dump_record *out, struct problem *problem);
void dump_json_release(struct dump_json *holder);
