// SPDX-License-Identifier: MIT
//
// page -- HTML for people: a frame, and text that cannot break out of it.
//
// Pages hold no scripts and load nothing; their policy header forbids both
// and lets forms go to this hub alone (R143, S15, S21). A page is collected in
// memory and has a ceiling; running out of memory or of room shows only when
// it is sent, as a 503.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct request;

enum { PAGE_MAX = 256 * 1024 };

// All zero before page_begin().
struct page {
    char *at;
    size_t len, room;
    bool failed;
};

// Everything up to and with the heading.
void page_begin(struct page *page, const char *title);
void page_markup(struct page *page, const char *html);
// Escaped, for text and for quoted attributes. Control bytes become blanks,
// and what is not UTF-8 a sign for that.
void page_text(struct page *page, const char *text, size_t len);

// Ends the page, answers the request with it and frees it.
void page_end(struct page *page, struct request *request, unsigned status);
// The same with a further header line.
void page_end_with(struct page *page, struct request *request, unsigned status,
                   const char *line);
// A request that is refused, for people: why, and the way back. With further
// header lines. False: out of memory, and nothing was answered.
bool page_refuse(struct request *request, unsigned status, const char *reason,
                 const char *const *lines, size_t count);
// Frees a page that is not going to be sent.
void page_drop(struct page *page);
