// SPDX-License-Identifier: MIT
//
// export_format -- the first and the last line of an export.
//
// contrib/man/export.md describes the format. Its version grows with every
// change that an older program would misread.

#pragma once

enum {
    EXPORT_VERSION = 1,
    EXPORT_LINE_MAX = 64 << 20, // the entries of a very large document
};

#define EXPORT_FIRST "websubd-export"
#define EXPORT_LAST  "end"
