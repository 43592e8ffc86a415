// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/document.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES_MAX = 64 };

struct text {
    const char *bytes;
    size_t len;
};

static bool read_after(const struct text *text, const struct document *known,
                       uint64_t seq, struct document *out)
{
    struct document_input input = {
        .bytes = text->bytes,
        .len = text->len,
        .url = "http://e.example/",
        .known = known != NULL ? known->entries : NULL,
        .known_count = known != NULL ? known->memory_count : 0,
        .seq = seq,
        .today = (uint32_t)seq,
        .entries_max = ENTRIES_MAX,
    };
    return document_read(&input, out);
}

static bool is_changed(const struct document *document, const uint8_t *id)
{
    for (size_t i = 0; i < document->changed_count; i++)
        if (memcmp(document->changed[i], id, 16) == 0)
            return true;
    return false;
}

// Its own rows first, each entry with some day, and not without end.
static void check_memory(const struct document *document, size_t known)
{
    size_t current = document->entry_count + 2;
    size_t max = 2 * current > ENTRIES_MAX ? 2 * current : ENTRIES_MAX;
    assert(document->memory_count >= 1);
    assert(!document_is_entry(&document->entries[0]));
    assert(document->memory_count <= (max > known ? max : known));
    for (size_t i = 0; i < document->memory_count; i++)
        assert(document->entries[i].seen <= document->entries[0].seen);
}

// Whoever gets what is new gets all of it, and nothing else.
static void check_delta(const struct document *document)
{
    if (document->delta == NULL)
        return;
    struct text delta = { document->delta, document->delta_len };
    struct document cut;
    if (!read_after(&delta, NULL, 1, &cut))
        return;
    // A feed in nobody's namespace is known by its children, and these may be
    // among what was cut.
    if (cut.format == DOCUMENT_OTHER) {
        document_clear(&cut);
        return;
    }
    assert(cut.format == document->format);
    assert(cut.changed_count == document->changed_count);
    for (size_t i = 0; i < cut.changed_count; i++)
        assert(is_changed(document, cut.changed[i]));
    document_clear(&cut);
}

// What returns is new only if the version between had it otherwise.
static void check_return(const struct document *now, const struct text *between)
{
    struct document other;
    if (now->entry_count > ENTRIES_MAX / 4
        || !read_after(between, NULL, 1, &other))
        return;
    if (other.entry_count <= ENTRIES_MAX / 4)
        for (size_t i = 0; i < now->changed_count; i++)
            assert(is_changed(&other, now->changed[i]));
    document_clear(&other);
}

static void check_choice(const struct text *text,
                         const struct document *document)
{
    enum document_fate fates[8];
    struct document_choice choice = {
        .bytes = text->bytes,
        .len = text->len,
        .ids = (const uint8_t(*)[16])document->changed,
        .id_count = document->changed_count < 8 ? document->changed_count : 8,
        .known = document->entries,
        .known_count = document->memory_count,
        .fates = fates,
    };
    if (!document_choose(&choice))
        return;
    assert(choice.listed == choice.id_count);
    free(choice.cut);
}

// A zero byte parts one document from another; without one the other is two
// thirds of the first. Both in turn, twice.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        document_setup();
    ready = true;
    const uint8_t *border = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = border != NULL ? (size_t)(border - data) : size;
    struct text texts[] = {
        { (const char *)data, len },
        { (const char *)data, size / 3 * 2 },
    };
    if (border != NULL)
        texts[1] = (struct text){ (const char *)border + 1, size - len - 1 };
    struct document last = { 0 };
    for (uint64_t seq = 1; seq <= 4; seq++) {
        struct document now, again;
        const struct text *text = &texts[(seq - 1) % 2];
        if (!read_after(text, &last, seq, &now))
            break;
        check_memory(&now, last.memory_count);
        check_delta(&now);
        check_choice(text, &now);
        if (seq > 2)
            check_return(&now, &texts[seq % 2]);
        if (read_after(text, &now, seq, &again)) {
            assert(again.change == DOCUMENT_SAME && !again.remember);
            assert(memcmp(again.digest, now.digest, 16) == 0);
            document_clear(&again);
        }
        document_clear(&last);
        last = now;
    }
    document_clear(&last);
    return 0;
}
