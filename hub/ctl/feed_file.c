// SPDX-License-Identifier: MIT

#include "feed_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_OF_FILE = 64 * 1024 * 1024, PIECE = 64 * 1024 };

int feed_complain(const char *name, const char *why)
{
    (void)fprintf(stderr, "websubctl: %s: %s\n", name, why);
    return FEED_CANNOT;
}

// NULL, or why not.
static const char *read_all(FILE *from, struct feed_file *out)
{
    size_t max = 0;
    for (;;) {
        if (max - out->len < PIECE) {
            max = max * 2 + PIECE;
            char *grown = realloc(out->bytes, max);
            if (grown == NULL)
                return "out of memory";
            out->bytes = grown;
        }
        size_t n = fread(out->bytes + out->len, 1, PIECE, from);
        out->len += n;
        if (n < PIECE)
            return ferror(from) ? "cannot be read" : NULL;
        if (out->len > SIZE_MAX_OF_FILE)
            return "is larger than 64 MiB";
    }
}

bool feed_file_read(const char *name, struct feed_file *out)
{
    *out = (struct feed_file){ NULL, 0 };
    bool from_stdin = strcmp(name, "-") == 0;
    FILE *from = from_stdin ? stdin : fopen(name, "rb");
    if (from == NULL) {
        feed_complain(name, strerror(errno));
        return false;
    }
    const char *problem = read_all(from, out);
    if (!from_stdin)
        (void)fclose(from);
    if (problem == NULL)
        return true;
    feed_complain(name, problem);
    free(out->bytes);
    return false;
}

int feed_print(const char *bytes, size_t len)
{
    bool written = fwrite(bytes, 1, len, stdout) == len && fflush(stdout) == 0;
    return written ? FEED_FINE : feed_complain("output", "cannot be written");
}
