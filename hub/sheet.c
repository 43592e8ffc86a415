// SPDX-License-Identifier: MIT

#include "sheet.h"

#include "page.h"
#include "request.h"
#include "wording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

static const char no_store[] = "Cache-Control: no-store";
static const char no_sniffing[] = "X-Content-Type-Options: nosniff";
static const char no_contents[] = "Content-Security-Policy: default-src "
                                  "'none'; frame-ancestors 'none'";
static const char no_referrer[] = "Referrer-Policy: no-referrer";

enum sheet_kind sheet_kind(const struct request *request, enum sheet_kind usual)
{
    const char *accept = request_field(request, "Accept");
    const char *json = accept ? strstr(accept, "application/json") : NULL;
    const char *html = accept ? strstr(accept, "text/html") : NULL;
    if (json && html)
        return json < html ? SHEET_JSON : SHEET_PAGE;
    return json ? SHEET_JSON : html ? SHEET_PAGE : usual;
}

json_t *sheet_time(int64_t unix_ms)
{
    char when[WORDING_MAX];
    return unix_ms > 0 ? json_string(wording_time(unix_ms, when)) : json_null();
}

void sheet_json(struct request *request, unsigned status, json_t *root)
{
    char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (!body) {
        request_say(request, 503, "the hub has no memory left, try again");
        return;
    }
    struct reply reply = {
        .status = status,
        .content_type = "application/json",
        .body = body,
        .body_len = strlen(body),
        .headers = { no_store, no_sniffing, no_contents, no_referrer },
        .header_count = 4,
    };
    request_reply(request, &reply);
    free(body);
}

void sheet_begin(struct page *page, const char *title, const char *about,
                 size_t about_len)
{
    page_begin(page, title);
    if (about_len > 0) {
        page_markup(page, "<p><code>");
        page_text(page, about, about_len);
        page_markup(page, "</code></p>\n");
    }
    page_markup(page, "<ul>\n");
}

void sheet_item(struct page *page, const char *sentence)
{
    page_markup(page, "<li>");
    page_text(page, sentence, strlen(sentence));
    page_markup(page, "</li>\n");
}

void sheet_itemf(struct page *page, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    sheet_item(page, sentence);
}

void sheet_end(struct page *page, struct request *request, unsigned status)
{
    page_markup(page, "</ul>\n");
    page_end(page, request, status);
}

// NULL: out of memory.
static char *refusal_text(const struct sheet_refusal *refusal)
{
    char *text = NULL;
    if (refusal->kind == SHEET_PAGE)
        return asprintf(&text, "%s\n", refusal->reason) < 0 ? NULL : text;
    json_t *root = json_pack("{s:s, s:s}", "error", refusal->code, "reason",
                             refusal->reason);
    text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    return text;
}

void sheet_refuse(struct request *request, const struct sheet_refusal *refusal)
{
    char error[96], retry[40];
    bool json = refusal->kind == SHEET_JSON;
    char *body = refusal_text(refusal);
    if (!body) {
        request_refuse(request, refusal->status, refusal->code, "out of memory",
                       refusal->retry_s);
        return;
    }
    snprintf(error, sizeof error, "Hub-Error: %s", refusal->code);
    snprintf(retry, sizeof retry, "Retry-After: %u", refusal->retry_s);
    struct reply reply = {
        .status = refusal->status,
        .content_type = json ? "application/json" : "text/plain; charset=utf-8",
        .body = body,
        .body_len = strlen(body),
        .headers = { no_store, no_sniffing, no_contents, no_referrer, error,
                     retry },
        .header_count = refusal->retry_s > 0 ? 6 : 5,
    };
    // A page has the first four of these lines itself.
    if (json || sheet_kind(request, SHEET_JSON) == SHEET_JSON
        || !page_refuse(request, refusal->status, refusal->reason,
                        reply.headers + 4, reply.header_count - 4))
        request_reply(request, &reply);
    free(body);
}
