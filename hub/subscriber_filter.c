// SPDX-License-Identifier: MIT

#include "subscriber_filter.h"

#include "callback_host.h"
#include "fetcher/url.h"
#include "wording.h"

#include <stdlib.h>
#include <string.h>

bool subscriber_filter_is_state(const char *text)
{
    static const char *const states[] = { "active",    "lagging", "stopped",
                                          "suspended", "paused",  "waiting" };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(states[i], text) == 0)
            return true;
    return false;
}

bool subscriber_filter_picks(const struct subscriber_filter *filter)
{
    return filter->state || filter->number > 0 || filter->by_callback
           || filter->origin || filter->host[0];
}

static bool has_callback(const struct store_subscriber *subscriber,
                         const struct store_key *wanted)
{
    const struct bytes *callback = &subscriber->callback;
    struct store_key key;
    struct url *url = malloc(sizeof *url);
    bool same = url && !url_read(callback->at, callback->len, url);
    if (same)
        url_key(url, key.bytes);
    free(url);
    return same && memcmp(&key, wanted, sizeof key) == 0;
}

// Whole labels alone, as everywhere.
static bool is_at_host(const struct store_subscriber *subscriber,
                       const char *wanted)
{
    char text[CALLBACK_HOST_MAX], host[RULES_DOMAIN_MAX];
    callback_host(subscriber->callback.at, subscriber->callback.len, text);
    if (rules_read(text, host))
        return false;
    size_t len = strlen(host), wanted_len = strlen(wanted);
    if (len < wanted_len || strcmp(host + len - wanted_len, wanted) != 0)
        return false;
    return len == wanted_len || host[len - wanted_len - 1] == '.';
}

bool subscriber_filter_takes(const struct subscriber_filter *filter,
                             const struct store_subscriber *subscriber)
{
    if (filter->state && strcmp(filter->state, wording_state(subscriber)) != 0)
        return false;
    if (filter->number > 0 && subscriber->id != filter->number)
        return false;
    if (filter->origin
        && memcmp(filter->origin, &subscriber->origin, sizeof *filter->origin)
               != 0)
        return false;
    if (filter->host[0] && !is_at_host(subscriber, filter->host))
        return false;
    return !filter->by_callback || has_callback(subscriber, &filter->callback);
}
