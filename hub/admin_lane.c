// SPDX-License-Identifier: MIT

#include "admin_lane.h"

#include "json_text.h"
#include "wording.h"

#include <stdio.h>
#include <string.h>

static json_t *time_json(int64_t unix_ms)
{
    return unix_ms > 0 ? json_integer((json_int_t)unix_ms) : json_null();
}

const char *admin_lane_state(const struct store_lane *lane)
{
    if (lane->paused)
        return "paused";
    return lane->failing_since > 0 ? "broken" : "congested";
}

json_t *admin_lane_json(const struct store_lane *lane)
{
    bool failed = lane->failures > 0;
    char words[WORDING_MAX];
    return json_pack(
        "{s:o, s:s, s:b, s:o, s:i, s:o, s:o, s:s?}", "origin",
        json_text(lane->name), "state", admin_lane_state(lane), "paused",
        lane->paused, "failing_since", time_json(lane->failing_since),
        "failures", (int)lane->failures, "due",
        time_json(lane->paused ? 0 : lane->due), "last_status",
        failed ? json_integer(lane->last_status) : json_null(), "last_outcome",
        failed ? wording_status(lane->last_status, words) : NULL);
}

void admin_lane_key_text(const struct store_key *key,
                         char out[ADMIN_LANE_KEY_MAX])
{
    for (size_t i = 0; i < sizeof key->bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", key->bytes[i]);
}

bool admin_lane_key_read(const char *text, struct store_key *out)
{
    if (strspn(text, "0123456789abcdef") != 2 * sizeof out->bytes
        || text[2 * sizeof out->bytes])
        return false;
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        unsigned byte = 0;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return false;
        out->bytes[i] = (uint8_t)byte;
    }
    return true;
}

struct store_page_lanes admin_lane_ask(const struct store_key *origin)
{
    struct store_page_lanes page = { .after = *origin, .max = 1 };
    size_t at = sizeof page.after.bytes;
    while (at > 0 && page.after.bytes[at - 1]-- == 0)
        at--;
    page.from_start = at == 0;
    return page;
}

const struct store_lane *admin_lane_of(const struct store_page_lanes *page,
                                       const struct store_key *origin)
{
    bool there = page->count > 0
                 && memcmp(&page->items[0].origin, origin, sizeof *origin) == 0;
    return there ? &page->items[0] : NULL;
}
