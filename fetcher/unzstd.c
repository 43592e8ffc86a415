// SPDX-License-Identifier: MIT

#include "unzstd.h"

#include "coding.h"

#include <stdlib.h>
#include <zstd.h>

enum { OUT_SIZE = 16 * 1024, WINDOW_LOG_MAX = 23 };

struct unzstd {
    ZSTD_DCtx *context;
    bool whole;
    char out[OUT_SIZE];
};

static void end(void *state)
{
    struct unzstd *unzstd = state;
    ZSTD_freeDCtx(unzstd->context);
    free(unzstd);
}

static void *begin(void)
{
    struct unzstd *unzstd = calloc(1, sizeof *unzstd);
    if (!unzstd)
        return NULL;
    unzstd->context = ZSTD_createDCtx();
    if (unzstd->context
        && !ZSTD_isError(ZSTD_DCtx_setParameter(
            unzstd->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return unzstd;
    end(unzstd);
    return NULL;
}

static enum coding_step feed(void *state, const char *bytes, size_t len,
                             coding_take *take, void *context)
{
    struct unzstd *unzstd = state;
    ZSTD_inBuffer in = { bytes, len, 0 };
    bool full = false; // so that there may be more to come out
    while (in.pos < in.size || full) {
        ZSTD_outBuffer out = { unzstd->out, OUT_SIZE, 0 };
        size_t left = ZSTD_decompressStream(unzstd->context, &out, &in);
        if (ZSTD_isError(left))
            return CODING_BROKEN;
        if (out.pos > 0 && !take(context, unzstd->out, out.pos))
            return CODING_STOPPED;
        unzstd->whole = left == 0;
        full = out.pos == OUT_SIZE && !unzstd->whole;
    }
    return CODING_ON;
}

static bool is_whole(const void *state)
{
    const struct unzstd *unzstd = state;
    return unzstd->whole;
}

const struct coding *unzstd_coding(void)
{
    static const struct coding coding = { begin, end, feed, is_whole };
    return &coding;
}
