// SPDX-License-Identifier: MIT

#include "forwarded.h"

#include "config.h"
#include "literal.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

// More hops than that are nobody's proxies.
enum { HOPS_MAX = 16 };

// Elements of all fields of one name, in order; the last is the nearest.
struct hops {
    struct {
        const char *text;
        size_t len;
    } at[HOPS_MAX];
    size_t count;
};

static bool is_proxy(const struct config_list *proxies, const char *address)
{
    for (size_t i = 0; i < proxies->count; i++) {
        if (literal_in_range(address, proxies->items[i]))
            return true;
    }
    return false;
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && strchr(" \t", **text)) {
        ++*text;
        --*len;
    }
    while (*len > 0 && strchr(" \t", (*text)[*len - 1]))
        --*len;
}

static void add_hops(struct hops *hops, const char *value)
{
    for (;;) {
        size_t len = strcspn(value, ",");
        if (hops->count == HOPS_MAX) {
            // Only the nearest count: the oldest makes room.
            memmove(hops->at, hops->at + 1,
                    (HOPS_MAX - 1) * sizeof hops->at[0]);
            hops->count--;
        }
        hops->at[hops->count].text = value;
        hops->at[hops->count].len = len;
        trim(&hops->at[hops->count].text, &hops->at[hops->count].len);
        hops->count++;
        if (!value[len])
            return;
        value += len + 1;
    }
}

static void collect(const struct request *request, const char *name,
                    struct hops *out)
{
    *out = (struct hops){ .count = 0 };
    for (size_t i = 0; i < request->field_count; i++) {
        const struct request_field *field = &request->fields[i];
        // A proxy that was told to remove a field may leave it empty.
        if (strcasecmp(field->name, name) == 0 && *field->value)
            add_hops(out, field->value);
    }
}

// `for=192.0.2.1;proto=https`: the parameter of that name, quotes taken off.
static bool for_parameter(const char **text, size_t *len)
{
    const char *at = *text, *end = at + *len;
    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        size_t left = (size_t)((stop ? stop : end) - at);
        const char *one = at;
        trim(&one, &left);
        if (left > 4 && strncasecmp(one, "for=", 4) == 0) {
            one += 4;
            left -= 4;
            if (left >= 2 && one[0] == '"' && one[left - 1] == '"') {
                one++;
                left -= 2;
            }
            *text = one;
            *len = left;
            return true;
        }
        at += (stop ? (size_t)(stop - at) + 1 : (size_t)(end - at));
    }
    return false;
}

// From the nearest hop on, as long as each was seen by a proxy of ours.
static void follow(const struct hops *hops, bool parameters,
                   const struct config_list *proxies, char out[FORWARDED_MAX])
{
    for (size_t i = hops->count; i > 0; i--) {
        const char *text = hops->at[i - 1].text;
        size_t len = hops->at[i - 1].len;
        char hop[LITERAL_MAX];
        if ((parameters && !for_parameter(&text, &len))
            || !literal_read_hop(text, len, hop))
            return;
        snprintf(out, FORWARDED_MAX, "%s", hop);
        if (!is_proxy(proxies, hop))
            return;
    }
}

void forwarded_from(const struct request *request,
                    const struct config_list *proxies, char out[FORWARDED_MAX])
{
    snprintf(out, FORWARDED_MAX, "%s", request->peer);
    if (!is_proxy(proxies, request->peer))
        return;
    struct hops standard, usual;
    collect(request, "Forwarded", &standard);
    collect(request, "X-Forwarded-For", &usual);
    if (standard.count > 0 && usual.count > 0)
        return;
    if (standard.count > 0)
        follow(&standard, true, proxies, out);
    else
        follow(&usual, false, proxies, out);
}
