// SPDX-License-Identifier: MIT

#include "feed.h"

#include "fetcher/document.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINE = 0, CANNOT = 1, USAGE = 2 };
enum { FILE_MAX = 64 * 1024 * 1024, PIECE = 64 * 1024, REMEMBERED_MAX = 10000 };

static const char usage[] =
    "usage: websubctl feed inspect [--content-type=TYPE] [--base=URL] FILE\n"
    "       websubctl feed diff [--content-type=TYPE] [--base=URL] "
    "OLD... NEW\n";

struct request {
    const char *content_type, *base;
    char **files;
    int file_count;
};

struct file {
    char *bytes;
    size_t len;
};

static int complain(const char *name, const char *why)
{
    (void)fprintf(stderr, "websubctl: %s: %s\n", name, why);
    return CANNOT;
}

static int say_usage(void)
{
    (void)fputs(usage, stderr);
    return USAGE;
}

// NULL, or why not.
static const char *read_all(FILE *from, struct file *out)
{
    size_t max = 0;
    for (;;) {
        if (max - out->len < PIECE) {
            max = max * 2 + PIECE;
            char *grown = realloc(out->bytes, max);
            if (grown == NULL)
                return "out of memory";
            out->bytes = grown;
        }
        size_t n = fread(out->bytes + out->len, 1, PIECE, from);
        out->len += n;
        if (n < PIECE)
            return ferror(from) ? "cannot be read" : NULL;
        if (out->len > FILE_MAX)
            return "is larger than 64 MiB";
    }
}

static bool read_file(const char *name, struct file *out)
{
    *out = (struct file){ NULL, 0 };
    bool from_stdin = strcmp(name, "-") == 0;
    FILE *from = from_stdin ? stdin : fopen(name, "rb");
    if (from == NULL) {
        complain(name, strerror(errno));
        return false;
    }
    const char *problem = read_all(from, out);
    if (!from_stdin)
        (void)fclose(from);
    if (problem == NULL)
        return true;
    complain(name, problem);
    free(out->bytes);
    return false;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *item_to_json(const struct document_item *item)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:s}", "id", text_or_null(item->id),
                     "link", text_or_null(item->link), "title",
                     text_or_null(item->title), "updated",
                     text_or_null(item->updated), "hash", item->hash);
}

// NULL: out of memory.
static json_t *outline_to_json(const struct document_outline *outline)
{
    bool done = true;
    json_t *hubs = json_array(), *entries = json_array();
    for (size_t i = 0; i < outline->hub_count; i++)
        done = json_array_append_new(hubs, json_string(outline->hubs[i])) == 0
               && done;
    for (size_t i = 0; i < outline->item_count; i++)
        done = json_array_append_new(entries, item_to_json(&outline->items[i]))
                   == 0
               && done;
    json_t *out = json_pack("{s:s, s:o, s:o, s:o, s:o}", "format",
                            document_format_name(outline->format), "title",
                            text_or_null(outline->title), "self",
                            text_or_null(outline->self), "hubs", hubs,
                            "entries", entries);
    if (done)
        return out;
    json_decref(out);
    return NULL;
}

static int inspect(const struct request *request)
{
    if (request->file_count != 1)
        return say_usage();
    const char *name = request->files[0];
    struct file file;
    if (!read_file(name, &file))
        return CANNOT;

    struct document_outline outline;
    json_t *json = NULL;
    if (document_outline(file.bytes, file.len, request->content_type,
                         request->base, &outline)) {
        json = outline_to_json(&outline);
        document_outline_clear(&outline);
    }
    free(file.bytes);
    if (json == NULL)
        return complain(name, "out of memory");
    bool written = json_dumpf(json, stdout, JSON_INDENT(2)) == 0
                   && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(json);
    return written ? FINE : complain("output", "cannot be written");
}

// What a subscriber gets of the last file who has had those before.
static int print_new(const struct request *request, const struct file *file,
                     const struct document *document)
{
    const char *bytes = file->bytes;
    size_t len = file->len, found;
    char *cut = NULL;
    if (document->change == DOCUMENT_SAME
        || document->change == DOCUMENT_REMOVAL_ONLY)
        return FINE;
    if (document->change != DOCUMENT_REPLACED)
        cut = document_cut(file->bytes, file->len, request->content_type,
                           (const uint8_t(*)[16])document->changed,
                           document->changed_count, NULL, &found, &len);
    // Where it cannot be cut, all of it is what is delivered.
    bool written = fwrite(cut != NULL ? cut : bytes, 1, len, stdout) == len
                   && fflush(stdout) == 0;
    free(cut);
    return written ? FINE : complain("output", "cannot be written");
}

// One version more: *memory becomes that of this one.
static int step(const struct request *request, int index,
                struct document *memory)
{
    const char *name = request->files[index];
    struct file file;
    if (!read_file(name, &file))
        return CANNOT;
    struct document_input input = {
        .bytes = file.bytes,
        .len = file.len,
        .content_type = request->content_type,
        .url = request->base,
        .known = memory->entries,
        .known_count = memory->memory_count,
        .seq = (uint64_t)index + 1,
        .today = (uint32_t)index + 1,
        .entries_max = REMEMBERED_MAX,
    };
    struct document document;
    if (!document_read(&input, &document)) {
        free(file.bytes);
        return complain(name, "out of memory");
    }
    int code = FINE;
    if (index + 1 == request->file_count)
        code = print_new(request, &file, &document);
    free(file.bytes);
    document_clear(memory);
    *memory = document;
    return code;
}

static int diff(const struct request *request)
{
    if (request->file_count < 2)
        return say_usage();
    struct document memory = { 0 };
    int code = FINE;
    for (int i = 0; i < request->file_count && code == FINE; i++)
        code = step(request, i, &memory);
    document_clear(&memory);
    return code;
}

static bool read_options(int argc, char *argv[], struct request *out)
{
    static const struct option options[] = {
        { "content-type", required_argument, NULL, 't' },
        { "base", required_argument, NULL, 'b' },
        { NULL, 0, NULL, 0 },
    };
    // Zero starts glibc's getopt afresh: the caller may have used it.
    optind = 0;
    for (;;) {
        int option = getopt_long(argc, argv, "", options, NULL);
        if (option == -1)
            break;
        if (option == 't')
            out->content_type = optarg;
        else if (option == 'b')
            out->base = optarg;
        else
            return false;
    }
    out->files = argv + optind;
    out->file_count = argc - optind;
    return true;
}

int ctl_feed(int argc, char *argv[])
{
    static const struct {
        const char *name;
        int (*run)(const struct request *request);
    } commands[] = {
        { "inspect", inspect },
        { "diff", diff },
    };
    struct request request = { 0 };
    if (argc < 2 || !read_options(argc - 1, argv + 1, &request))
        return say_usage();
    document_setup();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&request);
    return say_usage();
}
