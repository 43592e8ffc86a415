// SPDX-License-Identifier: MIT
//
// sheet -- what is told of one thing: JSON for programs, a heading and a list
// of sentences for people.
//
// Whatever is told is of this moment and for who asked: nothing may keep it,
// and no link that leads away tells where it came from.

#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page;
struct request;

enum sheet_kind { SHEET_PAGE, SHEET_JSON };

// Which of the two its Accept wants; `usual` if it says nothing of that.
enum sheet_kind sheet_kind(const struct request *request,
                           enum sheet_kind usual);

// A time, or JSON's null for never.
json_t *sheet_time(int64_t unix_ms);

// Takes the request and `root`. NULL: out of memory.
void sheet_json(struct request *request, unsigned status, json_t *root);

// `about` is what it tells of: a URL.
void sheet_begin(struct page *page, const char *title, const char *about,
                 size_t about_len);
void sheet_item(struct page *page, const char *sentence);
__attribute__((format(printf, 2, 3))) void sheet_itemf(struct page *page,
                                                       const char *format, ...);
// Takes the request.
void sheet_end(struct page *page, struct request *request, unsigned status);

// A refusal: `code` for programs, a sentence for people. Takes the request.
struct sheet_refusal {
    enum sheet_kind kind; // SHEET_PAGE: a line of text
    unsigned status;
    const char *code, *reason;
    unsigned retry_s; // 0: it is not said when to come again
};
void sheet_refuse(struct request *request, const struct sheet_refusal *refusal);
