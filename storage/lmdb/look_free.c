// SPDX-License-Identifier: MIT

#include "look.h"

#include <lmdb.h>
#include <stdlib.h>
#include <string.h>

// LMDB's own table: pages that it will write to next, by the transaction that
// gave them up. The first two pages of a file describe it.
enum { FREE_PAGES = 0, PAGE_FIRST = 2, SPAN_BITS = 8 };

static const char name[] = "free pages";

struct pages {
    struct look *look;
    uint8_t *seen; // a bit for each page
    size_t last;   // page of the file
};

static void say(struct look *look, const char *text)
{
    struct care *care = look->care;
    care->findings++;
    if (care->found)
        care->found(care->context, &(struct care_finding){ name, text });
}

static bool is_good(struct pages *pages, size_t page)
{
    if (page < PAGE_FIRST || page > pages->last)
        return false;
    uint8_t bit = (uint8_t)(1U << page % SPAN_BITS);
    bool again = pages->seen[page / SPAN_BITS] & bit;
    pages->seen[page / SPAN_BITS] |= bit;
    return !again;
}

// How many there are, and then these.
static bool list_is_good(struct pages *pages, const MDB_val *list)
{
    size_t count, page;
    if (list->mv_size < sizeof count)
        return false;
    memcpy(&count, list->mv_data, sizeof count);
    if (count > list->mv_size / sizeof page - 1)
        return false;
    for (size_t i = 1; i <= count; i++) {
        memcpy(&page, (const char *)list->mv_data + i * sizeof page,
               sizeof page);
        if (!is_good(pages, page))
            return false;
    }
    return true;
}

static void look_at_lists(struct pages *pages, MDB_cursor *cursor)
{
    MDB_val key, list;
    int code;
    while ((code = mdb_cursor_get(cursor, &key, &list, MDB_NEXT)) == 0) {
        if (key.mv_size != sizeof(size_t) || !list_is_good(pages, &list)) {
            say(pages->look, "a page is listed that is none, or not free");
            return;
        }
    }
    if (code != MDB_NOTFOUND)
        say(pages->look, "the list cannot be read to its end");
}

void look_at_free(struct look *look)
{
    MDB_envinfo info;
    MDB_cursor *cursor = NULL;
    struct pages pages = { .look = look };
    if (mdb_env_info(look->txn.env->handle, &info) != 0)
        return;
    pages.last = info.me_last_pgno;
    pages.seen = calloc(pages.last / SPAN_BITS + 1, 1);
    if (!pages.seen
        || mdb_cursor_open(look->txn.handle, FREE_PAGES, &cursor) != 0) {
        say(look, "there is no memory to look at them");
        free(pages.seen);
        return;
    }
    look_at_lists(&pages, cursor);
    mdb_cursor_close(cursor);
    free(pages.seen);
}
