// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/decode.h"

#include <assert.h>
#include <string.h>

enum { OUT_MAX = 100000, IN_MAX = 1 << 20 };

struct reading {
    enum decode_step step;
    bool whole;
    size_t len;
    char out[OUT_MAX];
};

static bool take(void *context, const char *bytes, size_t len)
{
    struct reading *reading = context;
    size_t left = OUT_MAX - reading->len;
    memcpy(reading->out + reading->len, bytes, len < left ? len : left);
    reading->len += len < left ? len : left;
    return len <= left;
}

static void read_in(struct reading *reading, const char *codings,
                    const char *bytes, size_t len, size_t piece)
{
    struct decode *decode = decode_new(IN_MAX);
    assert(decode);
    bool known = decode_add(decode, codings);
    assert(known);
    reading->step = DECODE_ON;
    reading->len = 0;
    for (size_t at = 0; at < len && reading->step == DECODE_ON; at += piece)
        reading->step =
            decode_feed(decode, bytes + at, len - at < piece ? len - at : piece,
                        take, reading);
    reading->whole = decode_is_whole(decode);
    decode_free(decode);
}

// However it is cut into pieces, the same comes out.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const codings[] = { "gzip",      "deflate",  "br",
                                           "zstd",      "br, gzip", "zstd, br",
                                           "gzip, zstd" };
    static struct reading whole, pieces;
    if (size < 2)
        return 0;
    const char *coding = codings[data[0] % (sizeof codings / sizeof *codings)];
    const char *bytes = (const char *)data + 2;
    read_in(&whole, coding, bytes, size - 2, size);
    read_in(&pieces, coding, bytes, size - 2, data[1] % 32U + 1);
    // What came out before it broke or was stopped is nobody's business.
    assert((whole.step == DECODE_ON) == (pieces.step == DECODE_ON));
    if (whole.step != DECODE_ON)
        return 0;
    assert(whole.whole == pieces.whole && whole.len == pieces.len);
    assert(memcmp(whole.out, pieces.out, whole.len) == 0);
    return 0;
}
