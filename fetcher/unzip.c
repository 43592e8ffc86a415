// SPDX-License-Identifier: MIT

#define ZLIB_CONST

#include "unzip.h"

#include "coding.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    OUT_SIZE = 16 * 1024,
    IN_MAX = INT_MAX,    // zlib counts in unsigned int
    WINDOW = 15,         // of inflateInit2: the largest, and zlib's format
    GZIP_ONLY = 16 + 15, // this format alone
    FIRST_MAGIC = 0x1f,
};

struct unzip {
    z_stream stream;
    bool gzip;
    bool begun; // the stream can be used
    bool whole, over;
    // The first two bytes of what may be zlib's format or none.
    char head[2];
    size_t head_len;
    char out[OUT_SIZE];
};

static void *begin_gzip(void)
{
    struct unzip *unzip = calloc(1, sizeof *unzip);
    if (!unzip)
        return NULL;
    unzip->gzip = true;
    unzip->begun = inflateInit2(&unzip->stream, GZIP_ONLY) == Z_OK;
    if (unzip->begun)
        return unzip;
    free(unzip);
    return NULL;
}

static void *begin_deflate(void)
{
    return calloc(1, sizeof(struct unzip));
}

static void end(void *state)
{
    struct unzip *unzip = state;
    if (unzip->begun)
        inflateEnd(&unzip->stream);
    free(unzip);
}

static bool is_whole(const void *state)
{
    const struct unzip *unzip = state;
    return unzip->whole;
}

// False: what follows is not another stream.
static bool begin_next(struct unzip *unzip)
{
    unzip->over = !unzip->gzip || unzip->stream.next_in[0] != FIRST_MAGIC;
    if (unzip->over)
        return false;
    unzip->whole = false;
    return inflateReset(&unzip->stream) == Z_OK;
}

static enum coding_step inflate_all(struct unzip *unzip, const char *bytes,
                                    size_t len, coding_take *take,
                                    void *context)
{
    z_stream *stream = &unzip->stream;
    if (len > IN_MAX)
        return CODING_BROKEN;
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
            return CODING_BROKEN;
        size_t got = OUT_SIZE - stream->avail_out;
        if (got > 0 && !take(context, unzip->out, got))
            return CODING_STOPPED;
        unzip->whole = code == Z_STREAM_END;
        full = stream->avail_out == 0 && !unzip->whole;
    }
    return CODING_ON;
}

static enum coding_step feed_gzip(void *state, const char *bytes, size_t len,
                                  coding_take *take, void *context)
{
    return inflate_all(state, bytes, len, take, context);
}

// RFC 1950 2.2: method 8, and a sum that 31 divides.
static bool is_zlib(const char head[2])
{
    unsigned first = (unsigned char)head[0], second = (unsigned char)head[1];
    return (first & 0x0f) == 8 && (first * 256 + second) % 31 == 0;
}

static enum coding_step feed_deflate(void *state, const char *bytes, size_t len,
                                     coding_take *take, void *context)
{
    struct unzip *unzip = state;
    while (unzip->head_len < 2 && len > 0) {
        unzip->head[unzip->head_len++] = *bytes++;
        len--;
    }
    if (unzip->head_len < 2)
        return CODING_ON;
    if (!unzip->begun) {
        int window = is_zlib(unzip->head) ? WINDOW : -WINDOW;
        unzip->begun = inflateInit2(&unzip->stream, window) == Z_OK;
        if (!unzip->begun)
            return CODING_BROKEN;
        enum coding_step step =
            inflate_all(unzip, unzip->head, 2, take, context);
        if (step != CODING_ON)
            return step;
    }
    return inflate_all(unzip, bytes, len, take, context);
}

const struct coding *unzip_gzip(void)
{
    static const struct coding gzip = { begin_gzip, end, feed_gzip, is_whole };
    return &gzip;
}

const struct coding *unzip_deflate(void)
{
    static const struct coding deflate = { begin_deflate, end, feed_deflate,
                                           is_whole };
    return &deflate;
}
