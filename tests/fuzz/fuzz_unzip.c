// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/unzip.h"

#include <assert.h>
#include <string.h>

enum { OUT_MAX = 100000 };

struct reading {
    enum unzip_step step;
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

static void read_in(struct reading *reading, const char *bytes, size_t len,
                    size_t piece)
{
    struct unzip *unzip = unzip_new();
    assert(unzip);
    reading->step = UNZIP_ON;
    reading->len = 0;
    for (size_t at = 0; at < len && reading->step == UNZIP_ON; at += piece)
        reading->step =
            unzip_feed(unzip, bytes + at, len - at < piece ? len - at : piece,
                       take, reading);
    reading->whole = unzip_is_whole(unzip);
    unzip_free(unzip);
}

// However it is cut into pieces, the same comes out.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct reading whole, pieces;
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    read_in(&whole, bytes, size - 1, size);
    read_in(&pieces, bytes, size - 1, data[0] % 32U + 1);
    // What came out before it broke or was stopped is nobody's business.
    assert((whole.step == UNZIP_ON) == (pieces.step == UNZIP_ON));
    if (whole.step != UNZIP_ON)
        return 0;
    assert(whole.whole == pieces.whole && whole.len == pieces.len);
    assert(memcmp(whole.out, pieces.out, whole.len) == 0);
    return 0;
}
