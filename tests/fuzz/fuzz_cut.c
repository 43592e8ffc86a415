// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/document.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 64 };

static bool read_all(const char *bytes, size_t len, struct document *out)
{
    struct document_input input = {
        .bytes = bytes,
        .len = len,
        .url = "http://e.example/",
        .today = 10,
        .entries_max = 1000,
    };
    return document_read(&input, out);
}

static bool has(const struct document *document,
                const struct document_entry *wanted)
{
    for (size_t i = 0; i < document->memory_count; i++)
        if (memcmp(document->entries[i].id, wanted->id, 16) == 0
            && memcmp(document->entries[i].content, wanted->content, 16) == 0)
            return true;
    return false;
}

// A cut document is one that can be read again, with those entries and no
// others, each saying what it said.
static void check(const struct document *whole, const char *bytes, size_t len,
                  const uint8_t (*ids)[16], size_t id_count)
{
    struct document cut;
    if (!read_all(bytes, len, &cut))
        return;
    // What is a feed by nothing but its entries is none without them.
    bool is_bare = id_count == 0 && cut.format == DOCUMENT_OTHER;
    assert(cut.format == whole->format || is_bare);
    assert(cut.changed_count == id_count);
    for (size_t i = 0; i < id_count; i++)
        assert(memcmp(cut.changed[i], ids[i], 16) == 0);
    static const uint8_t own[16];
    for (size_t i = 0; i < cut.memory_count; i++)
        if (memcmp(cut.entries[i].id, own, 16) != 0)
            assert(has(whole, &cut.entries[i]));
    document_clear(&cut);
}

// Which entries are kept: any other choice for any other document.
static uint64_t choose(const uint8_t *data, size_t size)
{
    uint64_t bits = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        bits = (bits ^ data[i]) * 0x100000001b3;
    return bits ^ bits >> 29;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        document_setup();
    ready = true;

    const char *bytes = (const char *)data;
    size_t len = size, count = 0, found, cut_len;
    uint64_t bits = choose(data, size);
    struct document whole;
    if (!read_all(bytes, len, &whole))
        return 0;
    uint8_t ids[IDS_MAX][16];
    for (size_t i = 0; i < whole.changed_count && i < IDS_MAX; i++)
        if (bits >> i & 1)
            memcpy(ids[count++], whole.changed[i], 16);

    char *cut = document_cut(bytes, len, NULL, (const uint8_t(*)[16])ids, count,
                             NULL, &found, &cut_len);
    if (cut != NULL) {
        // What was cut off gets its end tags.
        assert(found == count);
        assert(cut_len <= len || (whole.repairs & DOCUMENT_REPAIR_TAIL) != 0);
        check(&whole, cut, cut_len, (const uint8_t(*)[16])ids, count);
    }
    free(cut);
    document_clear(&whole);
    return 0;
}
