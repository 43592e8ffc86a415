// SPDX-License-Identifier: MIT

#include "request.h"

#include "page.h"
#include "sheet.h"

#include <stdio.h>
#include <strings.h>

const char *request_field(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (strcasecmp(request->fields[i].name, name) == 0)
            return request->fields[i].value;
    return NULL;
}

void request_reply(struct request *request, const struct reply *reply)
{
    request->answer(request, reply);
}

enum { RETRY_SOON_S = 10 };

// A browser's, which shows a page rather than a line.
static bool by_people(const struct request *request)
{
    return sheet_kind(request, SHEET_JSON) == SHEET_PAGE;
}

void request_refuse(struct request *request, unsigned status, const char *code,
                    const char *reason, unsigned retry_s)
{
    char text[512], error[96], retry[40];
    int len = snprintf(text, sizeof text, "%s\n", reason);
    struct reply reply = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = len < (int)sizeof text ? (size_t)len : sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    if (code) {
        snprintf(error, sizeof error, "Hub-Error: %s", code);
        reply.headers[reply.header_count++] = error;
    }
    if (status == 429 || status == 503) {
        snprintf(retry, sizeof retry, "Retry-After: %u",
                 retry_s ? retry_s : RETRY_SOON_S);
        reply.headers[reply.header_count++] = retry;
    }
    // The first line is one that every page has.
    if (by_people(request)
        && page_refuse(request, status, reason, reply.headers + 1,
                       reply.header_count - 1))
        return;
    request_reply(request, &reply);
}

void request_say(struct request *request, unsigned status, const char *reason)
{
    request_refuse(request, status, NULL, reason, 0);
}

const char *request_trouble(unsigned status)
{
    switch (status) {
    case 408:
        return "Hub-Error: request.slow";
    case 413:
        return "Hub-Error: request.long";
    case 431:
        return "Hub-Error: head.long";
    case 503:
        return "Retry-After: 5";
    case 505:
        return "Hub-Error: request.version";
    default:
        return "Hub-Error: request.malformed";
    }
}
