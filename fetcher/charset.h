// SPDX-License-Identifier: MIT
//
// charset -- from the bytes of a document to UTF-8, and back by offset.
//
// The charset is decided by, in this order: the byte order mark, the pattern
// of zero bytes that UTF-16 and UTF-32 give to a document's first signs, the
// charset parameter of the HTTP Content-Type, the encoding of the XML
// declaration (of a page: of its <meta>), UTF-8 (RFC 7303 section 3; text/xml
// without a charset is no more US-ASCII). A label that is not in our table
// (label.h) is as good as none: converters run only for a fixed list, since
// some of iconv's others have had holes.
//
// Then the bytes are heard:
// - What is taken for UTF-8 and has more pieces that are no UTF-8 than
//   characters of several bytes is what the declaration says, else what it
//   looks like (guess.h): windows-1252, if nothing better. With fewer, it is
//   UTF-8 with U+FFFD for each such piece.
// - What is labelled as a single-byte charset is UTF-8 if it reads as UTF-8
//   but for one piece in four characters at most: text of such a charset
//   practically never does. Where the document itself says UTF-8 and HTTP says
//   otherwise (a server's default is no knowledge), and where the label is
//   US-ASCII, it is enough that there are no more such pieces than characters.
//   One stray byte in one entry so never changes how the others are read.
// - What is not what any other label says has U+FFFD in those places, or, with
//   too many of them, is read as if it had no label.
//
// A place in the text can be told as a place in the bytes, so that the
// document can be cut; except in ISO-2022-JP and HZ, whose bytes mean
// something only with those before them, and where a great many were broken.

#pragma once

#include "label.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A place in the text that has U+FFFD for bytes that are no characters.
struct charset_fault {
    size_t at;
    size_t bytes;
};

struct charset_text {
    const char *text; // UTF-8 without a byte order mark, always valid
    size_t len;
    const char *name; // "utf-8", as WHATWG spells it; for ever
    unsigned repairs; // bits of enum document_repair
    bool readable;    // false: nothing can be made of the bytes; text is ""
    // width[1] == 0: places cannot be told. Bytes of the document for a
    // character of 1, 2, 3 or 4 bytes of text, where those tell it.
    uint8_t width[5];
    size_t before; // bytes of the byte order mark
    char *owned;   // NULL: `text` points into the document
    enum label_kind kind;
    const char *bytes; // of the document, behind its mark; borrowed
    size_t byte_count;
    struct charset_fault *faults;
    size_t fault_count;
};

// False: out of memory. Borrows the bytes. Must be cleared.
bool charset_read(const char *bytes, size_t len, const char *content_type,
                  struct charset_text *out);
void charset_clear(struct charset_text *text);

// Where `to` of the text is in the document, counting on from a known pair of
// places: *text_at (not after `to`) and *byte_at. Start with 0 and `before`;
// both are moved.
void charset_seek(const struct charset_text *text, size_t to, size_t *text_at,
                  size_t *byte_at);

// The media type without its parameters, in lower case, cut to fit.
void charset_media_type(const char *content_type, char *out, size_t out_max);
