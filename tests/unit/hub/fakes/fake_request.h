// SPDX-License-Identifier: MIT
//
// fake_request -- a request that remembers how it was answered.

#pragma once

#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct fake_request {
    struct request request; // first: an answered request is found by it
    size_t answers;
    unsigned status;
    char type[64];
    char body[32768]; // NUL-terminated
    char headers[REPLY_HEADERS_MAX][384];
    size_t header_count;
    bool close;
};

static inline void fake_request_answer(struct request *request,
                                       const struct reply *reply)
{
    struct fake_request *fake = (struct fake_request *)request;
    assert_true(reply->body_len < sizeof fake->body);
    fake->answers++;
    fake->status = reply->status;
    (void)snprintf(fake->type, sizeof fake->type, "%s",
                   reply->content_type ? reply->content_type : "");
    if (reply->body_len > 0)
        memcpy(fake->body, reply->body, reply->body_len);
    fake->body[reply->body_len] = '\0';
    fake->header_count = reply->header_count;
    for (size_t i = 0; i < reply->header_count; i++)
        (void)snprintf(fake->headers[i], sizeof fake->headers[i], "%s",
                       reply->headers[i]);
    fake->close = reply->close;
}

// A GET that can be parked; `query` stays the caller's.
static inline void fake_request_get(struct fake_request *fake, const char *path,
                                    const char *query)
{
    memset(fake, 0, sizeof *fake);
    fake->request = (struct request){
        .method = REQUEST_GET,
        .path = path,
        .query = query,
        .body = "",
        .parkable = true,
        .answer = fake_request_answer,
    };
}

static inline bool fake_request_has(const struct fake_request *fake,
                                    const char *header)
{
    for (size_t i = 0; i < fake->header_count; i++)
        if (strcmp(fake->headers[i], header) == 0)
            return true;
    return false;
}
