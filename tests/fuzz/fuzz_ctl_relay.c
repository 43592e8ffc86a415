// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "hub/ctl/relay_book.h"
#include "hub/ctl/relay_letter.h"
#include "hub/ctl/relay_rewrite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_lines(const struct relay_letter *letter)
{
    assert(letter->body);
    assert(letter->line_count <= RELAY_LINES_MAX);
    for (size_t i = 0; i < letter->line_count; i++)
        assert(strpbrk(letter->lines[i], "\r\n") == NULL);
}

static void read_page(const char *text, size_t len)
{
    static char topic[] = "http://e.example/", secret[] = "s", nothing[] = "";
    const struct relay_terms terms = { .topic = topic,
                                       .callback = topic,
                                       .secret = secret,
                                       .verify_token = nothing,
                                       .method = STORE_SHA256 };
    struct relay_page page;
    if (!relay_page_read(text, len, &terms, &page))
        return;
    if (page.letter)
        check_lines(page.letter);
    relay_page_clear(&page);
}

static void read_book(const char *text, size_t len)
{
    struct relay_book book = { .hub = "" };
    if (!relay_book_read(&book, text, len))
        return;
    char *again = relay_book_write(&book);
    assert(again);
    free(again);
    relay_book_clear(&book);
}

// What it has replaced once, it finds again, and replaces by the same.
static void rewrite(const char *text, size_t len)
{
    struct relay_rewritten once, twice;
    if (!relay_rewrite(text, len, "http://r/", &once))
        return;
    assert(once.hubs > 0 || once.len == len);
    if (relay_rewrite(once.text, once.len, "http://r/", &twice)) {
        assert(twice.hubs == once.hubs);
        assert(twice.len == once.len);
        assert(memcmp(twice.text, once.text, once.len) == 0);
        free(twice.text);
    }
    free(once.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // Without a NUL behind it.
    char *text = malloc(size + (size == 0));
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    read_page(text, size);
    read_book(text, size);
    rewrite(text, size);
    free(text);
    return 0;
}
