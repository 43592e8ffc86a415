// SPDX-License-Identifier: MIT

#include "page.h"

#include "fetcher/sha256.h"
#include "page_style.h"
#include "request.h"
#include "utf8.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct page *page, size_t more)
{
    if (page->failed || more > PAGE_MAX || page->len + more > PAGE_MAX) {
        page->failed = true;
        return false;
    }
    if (page->len + more <= page->room)
        return true;
    size_t room = page->room ? page->room * 2 : 4096;
    while (room < page->len + more)
        room *= 2;
    char *at = realloc(page->at, room);
    if (!at) {
        page->failed = true;
        return false;
    }
    page->at = at;
    page->room = room;
    return true;
}

static void add(struct page *page, const char *bytes, size_t len)
{
    if (!make_room(page, len))
        return;
    memcpy(page->at + page->len, bytes, len);
    page->len += len;
}

void page_markup(struct page *page, const char *html)
{
    add(page, html, strlen(html));
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)c < ' ' || c == 0x7f ? " " : NULL;
    }
}

void page_text(struct page *page, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        const char *escaped = entity(text[i]);
        size_t step = utf8_character(text + i, len - i);
        if (escaped)
            page_markup(page, escaped);
        else if (step == 0)
            page_markup(page, "&#xFFFD;");
        else
            add(page, text + i, step);
        i += step > 0 ? step : 1;
    }
}

void page_begin(struct page *page, const char *title)
{
    page_markup(page, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                      "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                      "content=\"width=device-width,initial-scale=1\">\n"
                      "<title>");
    page_text(page, title, strlen(title));
    page_markup(page, "</title>\n<style>");
    page_markup(page, page_style());
    page_markup(page, "</style></head><body><main>\n<h1>");
    page_text(page, title, strlen(title));
    page_markup(page, "</h1>\n");
}

void page_drop(struct page *page)
{
    free(page->at);
    *page = (struct page){ .at = NULL };
}

// Its style is the one thing that a page may apply: known by its hash.
static void write_policy(char *out, size_t max)
{
    const char *style = page_style();
    unsigned char digest[SHA256_SIZE], text[48];
    sha256(style, strlen(style), digest);
    EVP_EncodeBlock(text, digest, sizeof digest);
    snprintf(out, max,
             "Content-Security-Policy: default-src 'none'; "
             "style-src 'sha256-%s'; form-action 'self'; base-uri 'none'; "
             "frame-ancestors 'none'",
             (const char *)text);
}

static void send(struct page *page, struct request *request, unsigned status,
                 const char *const *lines, size_t count)
{
    char policy[256];
    write_policy(policy, sizeof policy);
    struct reply reply = {
        .status = status,
        .content_type = "text/html; charset=utf-8",
        .body = page->at,
        .body_len = page->len,
        .headers = { policy, "X-Content-Type-Options: nosniff",
                     "Referrer-Policy: no-referrer",
                     "Cache-Control: no-store" },
        .header_count = 4,
    };
    for (size_t i = 0; i < count && reply.header_count < REPLY_HEADERS_MAX; i++)
        reply.headers[reply.header_count++] = lines[i];
    request_reply(request, &reply);
    page_drop(page);
}

static bool close_up(struct page *page)
{
    page_markup(page, "</main></body></html>\n");
    if (page->failed)
        page_drop(page);
    return page->at != NULL;
}

void page_end(struct page *page, struct request *request, unsigned status)
{
    page_end_with(page, request, status, NULL);
}

void page_end_with(struct page *page, struct request *request, unsigned status,
                   const char *line)
{
    if (close_up(page))
        send(page, request, status, &line, line ? 1 : 0);
    else
        request_say(request, 503, "the hub has no memory left, try again");
}

bool page_refuse(struct request *request, unsigned status, const char *reason,
                 const char *const *lines, size_t count)
{
    struct page page = { .at = NULL };
    page_begin(&page, "That was not possible");
    page_markup(&page, "<p class=\"address\">");
    page_text(&page, reason, strlen(reason));
    page_markup(&page, "</p>\n<p><a href=\"./\">Back to the hub</a></p>\n");
    if (!close_up(&page))
        return false;
    send(&page, request, status, lines, count);
    return true;
}
