// SPDX-License-Identifier: MIT
//
// charset -- from the bytes of a document to UTF-8, and back by offset.
//
// The charset is decided by, in this order: the byte order mark, the charset
// parameter of the HTTP Content-Type, the pattern of zero bytes that UTF-16
// gives to "<?", the encoding of the XML declaration, UTF-8 (RFC 7303
// section 3). A label that is not in our table is as good as none: converters
// run only for a fixed list, since some of iconv's others have had holes.
// As in WHATWG's standard, ISO-8859-1 and US-ASCII mean windows-1252; a
// document that claims ASCII and is UTF-8 is UTF-8.
//
// Where every character has a width in bytes that its UTF-8 form tells
// (UTF-8, UTF-16, UTF-32, all single-byte charsets), a place in the text can be
// told as a place in the bytes by counting, so the document can be cut. In the
// others (Shift_JIS, GBK, GB18030, Big5, EUC) it can be read, but not cut.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct charset_text {
    const char *text; // UTF-8 without a byte order mark
    size_t len;
    char *owned;   // NULL: `text` points into the document
    size_t before; // bytes of the byte order mark
    // Bytes of the document for a character of 1, 2, 3 or 4 bytes of text;
    // width[1] == 0: it cannot be told.
    uint8_t width[5];
    bool readable; // false: the bytes are not what they claim; text is ""
};

// False: out of memory. UTF-8 is passed on as it is, valid or not: whoever
// reads it judges. Must be cleared.
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
