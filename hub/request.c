// SPDX-License-Identifier: MIT

#include "request.h"

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

void request_say(struct request *request, unsigned status, const char *reason)
{
    char text[512];
    int len = snprintf(text, sizeof text, "%s\n", reason);
    struct reply reply = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = len < (int)sizeof text ? (size_t)len : sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    if (status == 429 || status == 503)
        reply.headers[reply.header_count++] = "Retry-After: 10";
    request_reply(request, &reply);
}
