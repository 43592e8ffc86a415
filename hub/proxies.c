// SPDX-License-Identifier: MIT

#include "proxies.h"

#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

void proxies_init(struct proxies *proxies)
{
    *proxies = (struct proxies){ .guard = { .count = 0 } };
    pthread_mutex_init(&proxies->lock, NULL);
}

void proxies_clear(struct proxies *proxies)
{
    pthread_mutex_destroy(&proxies->lock);
}

void proxies_set(struct proxies *proxies, const struct config_list *list)
{
    struct guard guard = { .count = 0 };
    for (size_t i = 0; i < list->count; i++)
        guard_allow(&guard, list->items[i]);
    pthread_mutex_lock(&proxies->lock);
    proxies->guard = guard;
    pthread_mutex_unlock(&proxies->lock);
}

bool proxies_have(struct proxies *proxies, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    const void *raw = NULL;
    if (address->sa_family == AF_INET)
        raw = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    else if (address->sa_family == AF_INET6)
        raw = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    if (!raw || !inet_ntop(address->sa_family, raw, text, sizeof text))
        return false;
    pthread_mutex_lock(&proxies->lock);
    bool have = guard_lists(&proxies->guard, text);
    pthread_mutex_unlock(&proxies->lock);
    return have;
}
