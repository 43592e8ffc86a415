// SPDX-License-Identifier: MIT
//
// console_files -- what the console consists of, as it was built in.
//
// The function is in a file that hub/console/embed.cmake makes.

#pragma once

#include <stddef.h>

struct console_file {
    const char *path; // below "/console/"; "": the page itself
    const char *type;
    const char *hash; // of the plain bytes
    const unsigned char *plain;
    size_t plain_len;
    const unsigned char *packed; // gzip
    size_t packed_len;
};

// Borrowed for ever.
const struct console_file *console_files(size_t *count);
