// SPDX-License-Identifier: MIT

#include "topic.h"

#include <stdlib.h>
#include <string.h>

struct store_topic *topic_copy(const struct store_topic *topic)
{
    const struct bytes *parts[] = { &topic->url,   &topic->url_normal,
                                    &topic->self,  &topic->hubs,
                                    &topic->etag,  &topic->modified,
                                    &topic->moved, &topic->plan };
    enum { PARTS = sizeof parts / sizeof *parts };
    size_t size = sizeof *topic;
    for (size_t i = 0; i < PARTS; i++)
        size += parts[i]->len + 1;

    struct store_topic *copy = malloc(size);
    if (!copy)
        return NULL;
    *copy = *topic;
    struct bytes *copies[] = { &copy->url,   &copy->url_normal, &copy->self,
                               &copy->hubs,  &copy->etag,       &copy->modified,
                               &copy->moved, &copy->plan };
    char *at = (char *)(copy + 1);
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i]->len > 0)
            memcpy(at, parts[i]->at, parts[i]->len);
        at[parts[i]->len] = '\0';
        copies[i]->at = at;
        at += parts[i]->len + 1;
    }
    return copy;
}
