// SPDX-License-Identifier: MIT
//
// dump_fields -- the records of an export, field by field.
//
// One table a kind of record: what a field is called in a line of JSON, where
// it is in the struct, and what it may be. contrib/man/export.md says the same
// for people.

#pragma once

#include "storage/dump.h"

#include <stddef.h>

enum field_kind {
    FIELD_U64, // a number that counts
    FIELD_HEX, // one that is random: 16 hexadecimal digits
    FIELD_U32,
    FIELD_I32,
    FIELD_TIME, // milliseconds, of any sign
    FIELD_BOOL,
    FIELD_WORD,   // an enum: one of `words`, the first is 0
    FIELD_RIGHTS, // a set of them
    FIELD_BYTES,  // `size` bytes of it, as hexadecimal digits
    FIELD_TEXT,   // struct bytes; what is no UTF-8 as {"base64":...}
    FIELD_DATA,   // the same, always base64
    FIELD_LIST,   // of `items`: an array in the struct, or a pointer to one
};

struct field {
    const char *name;
    enum field_kind kind;
    size_t at;         // in the struct
    size_t size;       // BYTES: how many; LIST: of an item
    const char *words; // "default|full"
    uint64_t max;      // of TEXT and DATA: bytes; LIST: items
    // LIST:
    const struct field *items;
    size_t item_count; // fields of an item
    size_t count_at;   // where the struct says how many there are
    bool pointed;      // the struct has a pointer to the array
};

struct record_kind {
    const char *name; // "topic"
    const struct field *fields;
    size_t count;
};

// NULL: there is no such kind.
const struct record_kind *dump_fields(enum dump_kind kind);
// 0: there is none of that name.
enum dump_kind dump_kind_named(const char *name);
