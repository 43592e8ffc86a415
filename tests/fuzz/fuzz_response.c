// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/response.h"

#include <assert.h>
#include <string.h>

struct reading {
    enum response_step step;
    size_t used;
    struct exchange exchange;
    struct collect collect;
    struct response response;
};

static void read_in(struct reading *reading, const char *bytes, size_t len,
                    size_t piece)
{
    *reading = (struct reading){ .exchange.body_max = 1000 };
    collect_begin(&reading->collect, &reading->exchange);
    response_begin(&reading->response, &reading->collect);
    while (reading->used < len && reading->step == RESPONSE_MORE) {
        size_t left = len - reading->used, used;
        reading->step = response_feed(&reading->response, bytes + reading->used,
                                      left < piece ? left : piece, &used);
        assert(used <= left);
        reading->used += used;
    }
    bool handed = collect_hand_over(&reading->collect, &reading->exchange);
    assert(handed);
}

static void clear(struct reading *reading)
{
    response_clear(&reading->response);
    collect_clear(&reading->collect);
    exchange_clear(&reading->exchange);
}

static void check_fields(const struct exchange *exchange)
{
    for (size_t i = 0; i < exchange->field_count; i++) {
        assert(exchange->fields[i].name[0] != '\0');
        assert(!strpbrk(exchange->fields[i].value, "\r\n"));
    }
}

// However it is cut into pieces, it means the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole, pieces;
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    read_in(&whole, bytes, size - 1, size);
    read_in(&pieces, bytes, size - 1, data[0] % 32U + 1);
    check_fields(&whole.exchange);
    assert(whole.exchange.response_len <= whole.exchange.body_max);
    assert(whole.step == pieces.step);
    assert(whole.exchange.status == pieces.exchange.status);
    if (whole.step == RESPONSE_DONE) {
        assert(whole.used == pieces.used);
        assert(response_keeps(&whole.response)
               == response_keeps(&pieces.response));
        assert(whole.exchange.response_len == pieces.exchange.response_len);
    }
    clear(&whole);
    clear(&pieces);
    return 0;
}
