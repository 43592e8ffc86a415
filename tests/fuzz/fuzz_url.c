// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_safe(const char *text)
{
    for (; *text != '\0'; text++)
        assert(*text > ' ' && *text < 0x7f && strchr("<>\"\\", *text) == NULL);
}

static void check_normal(const struct url *url)
{
    struct url again;
    assert(url->normal_len == strlen(url->normal));
    assert(url->origin_len < url->normal_len && url->port > 0);
    check_safe(url->normal);
    assert(url->normal_len <= URL_MAX);
    assert(url_read(url->normal, url->normal_len, &again) == NULL);
    assert(strcmp(again.normal, url->normal) == 0);
    assert(strcmp(again.host, url->host) == 0);
    assert(again.port == url->port && again.https == url->https);
    assert(again.numeric == url->numeric);
}

static void check_resolved(const char *base, const char *reference)
{
    char out[URL_MAX + 1];
    struct url url;
    if (!url_resolve(base, reference, out, sizeof out))
        return;
    check_safe(out);
    assert(url_read(out, strlen(out), &url) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url url;
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';

    if (url_read(text, size, &url) == NULL)
        check_normal(&url);
    check_resolved("http://e.example/a/b?c", text);
    check_resolved(text, "../x?y");

    char encoded[256];
    size_t len = url_append_encoded(encoded, 0, sizeof encoded, text, size);
    assert(len == SIZE_MAX || (len == strlen(encoded) && len >= size));
    free(text);
    return 0;
}
