// SPDX-License-Identifier: MIT

#define ZLIB_CONST

#include "unzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    OUT_SIZE = 16 * 1024,
    IN_MAX = INT_MAX,    // zlib counts in unsigned int
    GZIP_ONLY = 16 + 15, // of inflateInit2: this format, the largest window
    FIRST_MAGIC = 0x1f,
};

struct unzip {
    z_stream stream;
    bool whole, over;
    char out[OUT_SIZE];
};

struct unzip *unzip_new(void)
{
    struct unzip *unzip = calloc(1, sizeof *unzip);
    if (!unzip)
        return NULL;
    if (inflateInit2(&unzip->stream, GZIP_ONLY) != Z_OK) {
        free(unzip);
        return NULL;
    }
    return unzip;
}

void unzip_free(struct unzip *unzip)
{
    if (!unzip)
        return;
    inflateEnd(&unzip->stream);
    free(unzip);
}

// False: what follows is not another stream.
static bool begin_next(struct unzip *unzip)
{
    unzip->over = unzip->stream.next_in[0] != FIRST_MAGIC;
    if (unzip->over)
        return false;
    unzip->whole = false;
    return inflateReset(&unzip->stream) == Z_OK;
}

enum unzip_step unzip_feed(struct unzip *unzip, const char *bytes, size_t len,
                           bool (*take)(void *context, const char *bytes,
                                        size_t len),
                           void *context)
{
    z_stream *stream = &unzip->stream;
    if (len > IN_MAX)
        return UNZIP_BROKEN;
    stream->next_in = (const Bytef *)bytes;
    stream->avail_in = (unsigned)len;
    bool full = false; // so that there may be more to come out
    while (!unzip->over && (stream->avail_in > 0 || full)) {
        if (unzip->whole && !begin_next(unzip))
            break;
        stream->next_out = (Bytef *)unzip->out;
        stream->avail_out = OUT_SIZE;
        int code = inflate(stream, Z_NO_FLUSH);
        // A full buffer may have been just all that there was.
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return UNZIP_BROKEN;
        size_t got = OUT_SIZE - stream->avail_out;
        if (got > 0 && !take(context, unzip->out, got))
            return UNZIP_STOPPED;
        unzip->whole = code == Z_STREAM_END;
        full = stream->avail_out == 0 && !unzip->whole;
    }
    return UNZIP_ON;
}

bool unzip_is_whole(const struct unzip *unzip)
{
    return unzip->whole;
}
