// SPDX-License-Identifier: MIT
//
// Whole requests to the hub: a line with the Content-Type, a line with the
// query, and the body.

#include "fetcher/url.h"
#include "fuzz.h"
#include "hub/intent.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(const struct intent *intent)
{
    assert(intent->lease_s == -1 || intent->lease_s > 0);
    assert(intent->profile.secret.len <= STORE_SECRET_MAX);
    assert(intent->profile.verify_token.len <= STORE_VERIFY_TOKEN_MAX);
    if (intent->mode == INTENT_PUBLISH) {
        assert(intent->url_count + intent->prefix_count > 0);
        assert(intent->url_count <= INTENT_URLS_MAX);
        assert(intent->prefix_count <= INTENT_PREFIXES_MAX);
        for (size_t i = 0; i < intent->prefix_count; i++)
            assert(strlen(intent->prefixes[i].text) == intent->prefixes[i].len);
        assert(!intent->gives
               || (intent->is_signed && intent->message.content.len > 0
                   && intent->prefix_count == 0));
        return;
    }
    assert(intent->topic->len <= URL_MAX && intent->callback->len <= URL_MAX);
    assert(intent->profile.method >= STORE_SHA1
           && intent->profile.method <= STORE_SHA512);
}

// The line up to the next LF, NUL-terminated in place.
static char *take_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct intent intent;
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, bytes, len);
    text[len] = '\0';

    char *body = text;
    const struct request_field field = { "Content-Type", take_line(&body) };
    struct request request = {
        .method = REQUEST_POST,
        .path = "/",
        .fields = &field,
        .field_count = field.value[0] != '\0',
        .query = take_line(&body),
    };
    request.body = body;
    request.body_len = len - (size_t)(body - text);
    if (intent_read(&request, &intent))
        check(&intent);
    else
        assert(intent.status >= 400 && intent.reason[0]);
    intent_clear(&intent);
    free(text);
    return 0;
}
