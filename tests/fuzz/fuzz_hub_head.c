// SPDX-License-Identifier: MIT
//
// Heads of requests, and bodies in chunks: first the head, then what follows
// it as chunks, fed in two pieces and in one, with the same outcome.

#include "fuzz.h"
#include "hub/chunk.h"
#include "hub/head.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t feed(struct chunk *chunk, const char *bytes, size_t len,
                   size_t *sum)
{
    size_t taken = 0;
    while (taken < len && chunk->state < CHUNK_DONE) {
        size_t content;
        taken += chunk_feed(chunk, bytes + taken, len - taken, &content);
        assert(taken <= len && content <= taken);
        *sum += content;
    }
    return taken;
}

static void try_chunks(const char *bytes, size_t len)
{
    struct chunk whole = { 0 };
    struct chunk parted = { 0 };
    size_t whole_sum = 0;
    size_t parted_sum = 0;
    size_t half = len / 2;

    size_t whole_taken = feed(&whole, bytes, len, &whole_sum);
    size_t parted_taken = feed(&parted, bytes, half, &parted_sum);
    if (parted_taken == half)
        parted_taken += feed(&parted, bytes + half, len - half, &parted_sum);
    assert(whole.state == parted.state);
    assert(whole_taken == parted_taken && whole_sum == parted_sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct head head;
    const char *problem = NULL;
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, bytes, len);

    size_t blank = head_blank(text, len);
    assert(blank <= len);
    size_t end = head_length(text, len);
    assert(end <= len);
    if (end > 0 && head_read(text, end, &head, &problem) == 0) {
        assert(head.path[0] == '/' && head.query);
        assert(head.field_count <= REQUEST_FIELDS_MAX);
        for (size_t i = 0; i < head.field_count; i++)
            assert(head.fields[i].name[0]
                   && strlen(head.fields[i].value) < end);
    }
    try_chunks(text + end, len - end);
    free(text);
    return 0;
}
