// SPDX-License-Identifier: MIT
//
// label -- the names that charsets go by.
//
// All of WHATWG's Encoding standard that are not there to be refused, plus
// UTF-32, HZ and some code pages of DOS. As there, iso-8859-1 and us-ascii
// mean windows-1252, and other old names what is used under them.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum label_kind {
    LABEL_UTF8,
    LABEL_SINGLE, // one byte a character, of which the lower half is ASCII
    LABEL_DOUBLE, // or two, from 0x81 on
    LABEL_SHIFT_JIS,
    LABEL_EUC_JP,
    LABEL_GB18030,
    LABEL_STATEFUL, // what a byte means depends on those before it
    LABEL_HZ,
    LABEL_UTF16LE,
    LABEL_UTF16BE,
    LABEL_UTF32LE,
    LABEL_UTF32BE
};

struct label {
    const char *name;  // as the standard spells it
    const char *iconv; // NULL: of Unicode
    enum label_kind kind;
};

// In any case. NULL: there is none; else for ever.
const struct label *label_find(const char *name, size_t len);

// UTF-16 or UTF-32?
bool label_is_wide(const struct label *label);
