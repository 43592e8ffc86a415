// SPDX-License-Identifier: MIT

#include "feed_file.h"

#include "feed_why.h"
#include "fetcher/document.h"
#include "fetcher/why.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_MAX = 10000 };

// All versions so far.
struct history {
    const struct feed_request *request;
    struct document memory; // of the last one that counted
    struct why why;
    char *around; // that one without its entries; NULL: it could not be cut
    size_t around_len;
};

// The last version.
struct version {
    struct feed_file file;
    struct document document;
    uint64_t seq;
    bool refused; // no feed where there was one
};

// What a subscriber gets of it who has had those before.
static int print_new(const struct version *version)
{
    const struct document *document = &version->document;
    bool completed =
        document->change == DOCUMENT_FEED_LEVEL && document->completes;
    if (version->refused || completed || document->change == DOCUMENT_SAME
        || document->change == DOCUMENT_REMOVAL_ONLY)
        return FEED_FINE;
    // Where it cannot be cut, all of it is what is delivered.
    if (document->delta == NULL)
        return feed_print(version->file.bytes, version->file.len);
    return feed_print(document->delta, document->delta_len);
}

static char *cut_around(const struct history *history,
                        const struct version *version, size_t *len)
{
    size_t found;
    return document_cut(version->file.bytes, version->file.len,
                        history->request->content_type, NULL, 0, NULL, &found,
                        len);
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool has_new_links(const struct document *old,
                          const struct document *document)
{
    if (old->hub_count != document->hub_count
        || !is_same_text(old->self, document->self))
        return true;
    for (size_t i = 0; i < document->hub_count; i++)
        if (!is_same_text(old->hubs[i], document->hubs[i]))
            return true;
    return false;
}

// Of an id that stands several times all go.
static size_t count_cut(const struct history *history,
                        const struct document *document)
{
    struct document_outline outline;
    size_t count = 0;
    if (document->delta != NULL
        && document_outline(document->delta, document->delta_len,
                            history->request->content_type, NULL, &outline)) {
        count = outline.item_count;
        document_outline_clear(&outline);
    }
    return count;
}

static int print_why(struct history *history, const struct version *version,
                     const char *name)
{
    size_t len = 0;
    char *around = cut_around(history, version, &len);
    struct feed_why told = {
        .name = name,
        .document = &version->document,
        .why = &history->why,
        .len = version->file.len,
        .new_links = has_new_links(&history->memory, &version->document),
        .cut_count = count_cut(history, &version->document),
        .refused = version->refused,
        // The document's own row says which version brought it.
        .around_changed = version->document.memory_count > 0
                          && version->document.entries[0].seq == version->seq,
        .around_differs = around == NULL || history->around == NULL
                          || len != history->around_len
                          || memcmp(around, history->around, len) != 0,
    };
    bool written = history->request->json ? feed_why_print_json(&told)
                                          : feed_why_print(&told);
    free(around);
    return written ? FEED_FINE : feed_complain("output", "cannot be written");
}

static struct document_input input_of(const struct history *history,
                                      const struct version *version)
{
    return (struct document_input){
        .bytes = version->file.bytes,
        .len = version->file.len,
        .content_type = history->request->content_type,
        .url = history->request->base,
        .known = history->memory.entries,
        .known_count = history->memory.memory_count,
        .seq = version->seq,
        .today = (uint32_t)version->seq,
        .entries_max = REMEMBERED_MAX,
    };
}

static int tell(struct history *history, const struct version *version,
                const struct document_input *input, const char *name)
{
    if (!history->request->why)
        return print_new(version);
    bool done = version->refused
                || (why_add(&history->why, input)
                    && why_tell(&history->why, &version->document));
    return done ? print_why(history, version, name)
                : feed_complain(name, "out of memory");
}

// It becomes what is remembered, unless the hub would not have taken it.
static int take(struct history *history, struct version *version,
                const struct document_input *input, const char *name)
{
    if (version->refused)
        return FEED_FINE;
    if (history->request->why) {
        if (!why_add(&history->why, input))
            return feed_complain(name, "out of memory");
        free(history->around);
        history->around = cut_around(history, version, &history->around_len);
    }
    document_clear(&history->memory);
    history->memory = version->document;
    version->document = (struct document){ 0 };
    return FEED_FINE;
}

static int step(struct history *history, int index)
{
    const struct feed_request *request = history->request;
    const char *name = request->files[index];
    struct version version = { .seq = (uint64_t)index + 1 };
    if (!feed_file_read(name, &version.file))
        return FEED_CANNOT;
    struct document_input input = input_of(history, &version);
    int code = FEED_CANNOT;
    if (!document_read(&input, &version.document)) {
        feed_complain(name, "out of memory");
    } else {
        // The hub treats this as a fetch that failed.
        version.refused = version.document.change == DOCUMENT_REPLACED
                          && document_was_feed(history->memory.entries,
                                               history->memory.memory_count);
        code = index + 1 == request->file_count
                   ? tell(history, &version, &input, name)
                   : take(history, &version, &input, name);
    }
    document_clear(&version.document);
    free(version.file.bytes);
    return code;
}

int feed_diff(const struct feed_request *request)
{
    struct history history = { .request = request };
    int code = FEED_FINE;
    for (int i = 0; i < request->file_count && code == FEED_FINE; i++)
        code = step(&history, i);
    document_clear(&history.memory);
    why_clear(&history.why);
    free(history.around);
    return code;
}
