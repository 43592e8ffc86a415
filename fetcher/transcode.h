// SPDX-License-Identifier: MIT
//
// transcode -- bytes of a charset as UTF-8, whatever they are.
//
// Bytes that are no characters become U+FFFD, and are noted.

#pragma once

#include "charset.h"
#include "label.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    TRANSCODE_FAULTS_MAX = 10000, // noted; more of them have no places
    TRANSCODE_GIVE_UP = 1000      // by iconv: it is another charset
};

enum transcode_result {
    TRANSCODE_DONE,
    TRANSCODE_NOT_THAT, // it is not in this charset at all
    TRANSCODE_NO_MEMORY
};

// Sets text, len, owned, faults, width, kind and bytes of `out`.
enum transcode_result transcode(const struct label *label, const char *bytes,
                                size_t len, struct charset_text *out);
