// SPDX-License-Identifier: MIT
//
// Made-up names of requests (M18), and good ones that the input spoils. One in
// 2^24 is taken by chance: whatever is read is within its bounds.

#include "fuzz.h"
#include "hub/status_token.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static void try(struct status_key *key, const char *text, size_t len)
{
    struct status_token token;
    if (!status_token_read(key, text, len, &token))
        return;
    assert(len == STATUS_TOKEN_TEXT - 1);
    assert(token.request >> 48 == 0);
    assert(token.accepted >= 0 && token.accepted <= UINT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint8_t secret[32] = { 1, 2, 3 };
    static struct status_key *key;
    const struct status_token token = { 7, 1800000000, true };
    char text[64] = "";
    if (!key)
        key = status_key_new(secret, 5);
    size_t used = len < sizeof text - 1 ? len : sizeof text - 1;
    if (!key || used == 0)
        return 0;
    memcpy(text, bytes, used);
    try(key, text, used);
    assert(status_token_write(key, &token, text));
    for (size_t at = 0; at + 1 < STATUS_TOKEN_TEXT; at++) {
        text[at] = (char)(text[at] ^ bytes[at % used]);
        try(key, text, STATUS_TOKEN_TEXT - 1);
    }
    return 0;
}
