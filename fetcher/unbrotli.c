// SPDX-License-Identifier: MIT

#include "unbrotli.h"

#include "coding.h"

#include <brotli/decode.h>
#include <stdint.h>

static void *begin(void)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    // As it is by default, but it is what keeps memory within 16 MiB.
    if (state)
        BrotliDecoderSetParameter(state, BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
    return state;
}

static void end(void *state)
{
    BrotliDecoderDestroyInstance(state);
}

static enum coding_step feed(void *state, const char *bytes, size_t len,
                             coding_take *take, void *context)
{
    const uint8_t *in = (const uint8_t *)bytes;
    while (!BrotliDecoderIsFinished(state)) {
        // It has a buffer of its own, so that none of ours is needed.
        size_t no_room = 0;
        BrotliDecoderResult result = BrotliDecoderDecompressStream(
            state, &len, &in, &no_room, NULL, NULL);
        if (result == BROTLI_DECODER_RESULT_ERROR)
            return CODING_BROKEN;
        size_t got = 0; // as much as there is
        const uint8_t *out = BrotliDecoderTakeOutput(state, &got);
        if (got > 0 && !take(context, (const char *)out, got))
            return CODING_STOPPED;
        if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return CODING_ON;
    }
    return CODING_ON;
}

static bool is_whole(const void *state)
{
    return BrotliDecoderIsFinished(state);
}

const struct coding *unbrotli_coding(void)
{
    static const struct coding coding = { begin, end, feed, is_whole };
    return &coding;
}
