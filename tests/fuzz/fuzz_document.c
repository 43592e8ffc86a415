// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/document.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

static const char *const types[] = {
    NULL,
    "text/html",
    "application/xml; charset=iso-8859-1",
    "application/json; charset=shift_jis",
};

static void check_outline(const char *bytes, size_t len, const char *type)
{
    struct document_outline outline;
    if (!document_outline(bytes, len, type, "http://e.example/", &outline))
        return;
    for (size_t i = 0; i < outline.item_count; i++)
        assert(strlen(outline.items[i].hash) == 32);
    document_outline_clear(&outline);
}

// The last byte chooses a Content-Type if it is none of a text; the document
// comes before it. What is read twice is the same, and nothing is left out of
// the first delta.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        document_setup();
    ready = true;
    const char *type = NULL;
    if (size > 0 && data[size - 1] < sizeof types / sizeof types[0])
        type = types[data[--size]];

    struct document_input input = {
        .bytes = (const char *)data,
        .len = size,
        .content_type = type,
        .url = "http://e.example/",
        .seq = 1,
        .today = 10,
        .entries_max = 10,
    };
    struct document first, second;
    if (!document_read(&input, &first))
        return 0;
    assert(first.change != DOCUMENT_SAME && first.remember);
    assert(first.memory_count >= 1);
    if (first.change == DOCUMENT_ENTRIES && first.cuttable
        && (first.repairs & DOCUMENT_REPAIR_TAIL) == 0)
        assert(first.delta_len == input.len
               && memcmp(first.delta, input.bytes, input.len) == 0);

    input.known = first.entries;
    input.known_count = first.memory_count;
    input.seq = 2;
    if (document_read(&input, &second)) {
        assert(second.change == DOCUMENT_SAME && !second.remember);
        assert(second.memory_count == first.memory_count);
        document_clear(&second);
    }
    document_clear(&first);
    check_outline(input.bytes, input.len, input.content_type);
    return 0;
}
