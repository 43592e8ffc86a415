// SPDX-License-Identifier: MIT

#include "endings.h"

#include "log.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct ending {
    struct ending *next;
    uint64_t topic, subscription;
    char host[];
};

static struct ending **place_of(struct endings *endings, uint64_t topic,
                                uint64_t subscription)
{
    size_t buckets = sizeof endings->buckets / sizeof *endings->buckets;
    struct ending **at = &endings->buckets[(topic + subscription) % buckets];
    while (*at
           && ((*at)->topic != topic || (*at)->subscription != subscription))
        at = &(*at)->next;
    return at;
}

void endings_add(struct endings *endings, uint64_t topic, uint64_t subscription,
                 const char *host)
{
    size_t size = strlen(host) + 1;
    struct ending **at = place_of(endings, topic, subscription);
    if (*at || endings->count == ENDINGS_MAX)
        return;
    struct ending *ending = malloc(sizeof *ending + size);
    if (!ending)
        return;
    *ending = (struct ending){ .topic = topic, .subscription = subscription };
    memcpy(ending->host, host, size);
    *at = ending;
    endings->count++;
}

void endings_drop(struct endings *endings, uint64_t topic,
                  uint64_t subscription)
{
    struct ending **at = place_of(endings, topic, subscription);
    struct ending *ending = *at;
    if (!ending)
        return;
    *at = ending->next;
    free(ending);
    endings->count--;
}

void endings_tell(struct endings *endings, uint64_t topic,
                  uint64_t subscription)
{
    const struct ending *ending = *place_of(endings, topic, subscription);
    LOG(LOG_INFO, "subscription.ended", LOG_N("topic", topic),
        LOG_N("id", subscription), LOG_T("host", ending ? ending->host : "?"),
        LOG_T("reason", "gone"));
    endings_drop(endings, topic, subscription);
}

void endings_clear(struct endings *endings)
{
    size_t buckets = sizeof endings->buckets / sizeof *endings->buckets;
    for (size_t i = 0; i < buckets; i++)
        while (endings->buckets[i]) {
            struct ending *ending = endings->buckets[i];
            endings->buckets[i] = ending->next;
            free(ending);
        }
    endings->count = 0;
}
