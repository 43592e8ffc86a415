// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/target.h"
#include "fetcher/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_request(const char *url)
{
    size_t len = target_request_length(url);
    char *out = malloc(len + 1);
    if (out == NULL)
        return;
    char *end = target_request(url, out);
    assert((size_t)(end - out) == len && out[0] == '/');
    for (size_t i = 0; i < len; i++)
        assert(out[i] > ' ' && out[i] < 0x7f && out[i] != '#');
    free(out);
}

// Who is judged by one reading must be called by the other.
static void check_same(const struct url *url, const struct target *target)
{
    assert(url->https == target->https && url->port == target->port);
    assert(strlen(target->host) == target->host_len);
    assert(url->numeric == target->literal);
    // "::ffff:7f00:1" and "127.0.0.1" are one address.
    struct address address;
    bool six = strchr(url->host, ':') != NULL;
    if (!url->numeric)
        assert(strcmp(url->host, target->host) == 0);
    else
        assert(address_read(url->host, six, &address) == ADDRESS_LITERAL
               && address_same(&address, &target->address));
}

// A literal is written in its one usual way, and means the same again.
static void check_literal(const struct target *target)
{
    struct address again;
    bool six = strchr(target->host, ':') != NULL;
    assert(address_read(target->host, six, &again) == ADDRESS_LITERAL);
    assert(address_same(&again, &target->address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url url;
    struct target target;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    bool callable = target_read(text, &target);
    if (callable)
        check_request(text);
    if (callable && target.literal)
        check_literal(&target);
    if (url_read(text, strlen(text), &url) == NULL) {
        assert(callable);
        check_same(&url, &target);
    }
    free(text);
    return 0;
}
