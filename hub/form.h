// SPDX-License-Identifier: MIT
//
// form -- the fields of a submitted form or of a query.
//
// application/x-www-form-urlencoded as WebSub 5.1 wants it, strictly: '&'
// separates, '+' is a blank, a broken escape, a NUL or bytes that are not
// UTF-8 are errors, names are decoded like values, empty pairs are skipped.
// multipart/form-data (RFC 7578) is understood as far as clients send it by
// mistake: fields in order, file names ignored, no transfer encodings.
//
// One field may hold any bytes: FORM_DOCUMENT, the document that a publisher
// sends with a ping.
//
// Pure, and bounded: so many fields, so many bytes, one allocation each for
// both.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
    FORM_FIELDS_MAX = 1024,
    FORM_BYTES_MAX = 64 * 1024 * 1024,
    FORM_PROBLEM_MAX = 128,
};

#define FORM_DOCUMENT "hub.content"

struct form_field {
    // Decoded UTF-8 without NUL inside; a FORM_DOCUMENT's value may be anything
    // that `value_len` tells, and has a NUL behind it, too.
    const char *name, *value;
    size_t value_len;
};

struct form {
    struct form_field *fields; // in the order given
    size_t count;
    char *memory; // what they point into
    size_t memory_len;
};

// False: `problem` is a sentence that can be shown to the sender, and there
// is nothing to clear. "out of memory" is the only one that is our fault.
bool form_read(const char *text, size_t len, struct form *out,
               char problem[FORM_PROBLEM_MAX]);

// The same of a multipart/form-data body; the boundary is taken from
// `content_type`.
bool form_read_multipart(const char *body, size_t len, const char *content_type,
                         struct form *out, char problem[FORM_PROBLEM_MAX]);

// An empty form with room for so many decoded bytes and fields: for those who
// read yet another kind. False: out of memory.
bool form_reserve(struct form *form, size_t bytes, size_t fields);

// Is this a FORM_DOCUMENT?
bool form_holds_document(const struct form_field *field);

// A zeroed form may be asked and cleared too.
void form_clear(struct form *form);

// The first field of that name; NULL: there is none.
const struct form_field *form_find(const struct form *form, const char *name);

// The next one of the same name after `field`; NULL: that was the last.
const struct form_field *form_next(const struct form *form,
                                   const struct form_field *field);

// Value of the first field of that name; NULL: there is none.
const char *form_value(const struct form *form, const char *name);
