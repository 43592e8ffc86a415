// SPDX-License-Identifier: MIT

#include "feed_why.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *around_name(const struct feed_why *told)
{
    if (told->around_changed)
        return "changed";
    return told->around_differs ? "ignored" : "unchanged";
}

static const char *verdict(const struct feed_why *told)
{
    static const char *const names[] = {
        [DOCUMENT_SAME] = "nothing is new",
        [DOCUMENT_ENTRIES] = "entries are new or changed",
        [DOCUMENT_FEED_LEVEL] = "only what surrounds the entries has changed",
        [DOCUMENT_REMOVAL_ONLY] = "entries are gone, and nothing is new",
        [DOCUMENT_REPLACED] = "it is no feed, and its bytes are others",
    };
    return told->refused ? "no feed where there was one: as if the fetch had "
                           "failed"
                         : names[told->document->change];
}

// What is delivered, to who gets documents whole and to who gets entries.
static bool goes_whole(const struct feed_why *told)
{
    return !told->refused && told->document->change != DOCUMENT_SAME;
}

// M14: what surrounds the entries, if there are other links in it.
static const char *goes_to_entries(const struct feed_why *told)
{
    enum document_change change = told->document->change;
    bool goes = change == DOCUMENT_ENTRIES || change == DOCUMENT_REPLACED
                || (change != DOCUMENT_SAME && told->new_links);
    if (told->refused || !goes)
        return "nothing";
    return told->document->delta != NULL ? "entries" : "whole";
}

static const char *entries(size_t count)
{
    return count == 1 ? "entry" : "entries";
}

// Titles are a stranger's: nothing in them may steer a terminal.
static bool is_control(const char *at)
{
    unsigned char c = (unsigned char)at[0], next = (unsigned char)at[1];
    return c < 0x20 || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0);
}

static void print_text(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        bool control = is_control(at);
        (void)putchar(control ? ' ' : *at);
        at += control && (unsigned char)*at == 0xc2;
    }
}

static void print_list(const char *before, const char *list)
{
    (void)fputs(before, stdout);
    print_text(list);
}

static void print_entry(const struct why_entry *entry)
{
    (void)printf("%-9s ", why_turn_name(entry->turn));
    print_text(entry->id != NULL ? entry->id : "(without id, link and title)");
    if (entry->title != NULL && entry->title != entry->id) {
        (void)fputs(" \"", stdout);
        print_text(entry->title);
        (void)putchar('"');
    }
    if (entry->turn == WHY_CHANGED && entry->changed != NULL)
        print_list(": ", entry->changed);
    if (entry->ignored != NULL)
        print_list(entry->turn == WHY_CHANGED ? "; passed over: " : ": only ",
                   entry->ignored);
    if (entry->turn == WHY_GONE)
        (void)fputs(entry->withdrawn ? ": taken out" : ": pushed out", stdout);
    (void)putchar('\n');
}

static void print_repairs(const struct document *document)
{
    const char *before = ", mended: ";
    for (unsigned i = 0; i < DOCUMENT_REPAIRS; i++) {
        if (!(document->repairs & 1U << i))
            continue;
        (void)printf("%s%s", before, document_repair_name(1U << i));
        before = ", ";
    }
    if (document->incomplete)
        (void)fputs(", its end is missing", stdout);
}

static void print_deliveries(const struct feed_why *told)
{
    const char *to_entries = goes_to_entries(told);
    (void)printf("verdict   %s\n", verdict(told));
    if (strcmp(to_entries, "entries") == 0 && told->cut_count == 0)
        (void)printf("entries   get the document without entries, %zu bytes\n",
                     told->document->delta_len);
    else if (strcmp(to_entries, "entries") == 0)
        (void)printf("entries   get %zu %s in %zu bytes%s\n", told->cut_count,
                     entries(told->cut_count), told->document->delta_len,
                     told->document->on_request ? ", if they asked for entries"
                                                : "");
    else if (strcmp(to_entries, "whole") == 0)
        (void)puts("entries   get the whole document: it cannot be cut");
    else
        (void)puts("entries   get nothing");
    if (goes_whole(told))
        (void)printf("full      get the whole document, %zu bytes\n",
                     told->len);
    else
        (void)puts("full      get nothing");
}

bool feed_why_print(const struct feed_why *told)
{
    const struct document *document = told->document;
    const struct why *why = told->why;
    size_t same = 0;
    (void)printf("document  ");
    print_text(told->name);
    (void)printf(": %s, %zu %s, %zu bytes",
                 document_format_name(document->format), document->entry_count,
                 entries(document->entry_count), told->len);
    print_repairs(document);
    (void)putchar('\n');
    for (size_t i = 0; i < why->entry_count && !told->refused; i++) {
        same += why->entries[i].turn == WHY_SAME;
        if (why->entries[i].turn != WHY_SAME)
            print_entry(&why->entries[i]);
    }
    if (document->entry_count > 0) {
        (void)printf("unchanged %zu %s\n", same, entries(same));
        (void)printf("around    %s\n", around_name(told));
    }
    print_deliveries(told);
    return fflush(stdout) == 0;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

// "a, b" as a list.
static json_t *names(const char *list)
{
    json_t *out = json_array();
    const char *at = list;
    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ",");
        (void)json_array_append_new(out, json_stringn(at, len));
        at += len;
        at += strspn(at, ", ");
    }
    return out;
}

static json_t *entry_to_json(const struct why_entry *entry)
{
    json_t *out = json_pack(
        "{s:s, s:o, s:o, s:o, s:o}", "turn", why_turn_name(entry->turn), "id",
        text_or_null(entry->id), "title", text_or_null(entry->title), "changed",
        names(entry->changed), "ignored", names(entry->ignored));
    if (entry->turn == WHY_GONE)
        (void)json_object_set_new(out, "withdrawn",
                                  json_boolean(entry->withdrawn));
    return out;
}

bool feed_why_print_json(const struct feed_why *told)
{
    json_t *list = json_array(), *repairs = json_array();
    for (size_t i = 0; i < told->why->entry_count && !told->refused; i++)
        (void)json_array_append_new(list,
                                    entry_to_json(&told->why->entries[i]));
    for (unsigned i = 0; i < DOCUMENT_REPAIRS; i++)
        if (told->document->repairs & 1U << i)
            (void)json_array_append_new(
                repairs, json_string(document_repair_name(1U << i)));
    json_t *out =
        json_pack("{s:s, s:o, s:b, s:o, s:s, s:s, s:s, s:s}", "format",
                  document_format_name(told->document->format), "repairs",
                  repairs, "incomplete", told->document->incomplete, "entries",
                  list, "around", around_name(told), "verdict", verdict(told),
                  "entries_get", goes_to_entries(told), "full_get",
                  goes_whole(told) ? "whole" : "nothing");
    bool written = out != NULL && json_dumpf(out, stdout, JSON_INDENT(2)) == 0
                   && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    json_decref(out);
    return written;
}
