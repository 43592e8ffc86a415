// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/html.h"
#include "fetcher/link.h"
#include "fetcher/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char BASE[] = "https://e.example/dir/feed";

static void check(const char *url)
{
    struct url read;
    assert(url_read(url, strlen(url), &read) == NULL);
    for (; *url != '\0'; url++)
        assert(*url > ' ' && *url < 0x7f && strchr("<>\"\\", *url) == NULL);
}

static void check_set(struct link_set *set)
{
    assert(set->hub_count <= LINK_HUBS_MAX);
    for (size_t i = 0; i < set->hub_count; i++)
        check(set->hubs[i]);
    if (set->self != NULL)
        check(set->self);
    link_clear(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';

    struct link_set set = { 0 };
    link_offer_field(&set, BASE, text);
    check_set(&set);
    free(text);

    // The page without a NUL behind it.
    char *page = malloc(size + (size == 0));
    if (page == NULL)
        return 0;
    memcpy(page, data, size);
    html_links(page, size, BASE, &set);
    check_set(&set);
    free(page);
    return 0;
}
