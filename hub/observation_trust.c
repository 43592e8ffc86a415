// SPDX-License-Identifier: MIT

#include "observation.h"

#include "backoff.h"

#include <string.h>

enum {
    LAPSES = 3, // believed from then on
    LAPSING_MS = 24 * 60 * 60 * 1000,
    STALE_MS = 15 * 60 * 1000, // M6
};

bool observation_is_empty(const struct observation *observation)
{
    const struct exchange *x = &observation->exchange;
    return x->response_len == 0
           || strspn(x->response, " \t\r\n") == x->response_len;
}

static bool is_zero(const uint8_t id[16])
{
    static const uint8_t zeros[16];
    return memcmp(id, zeros, sizeof zeros) == 0;
}

static bool is_feed(const struct document *document)
{
    return document->change != DOCUMENT_REPLACED
           && document->format != DOCUMENT_OTHER
           && document->format != DOCUMENT_HTML;
}

bool observation_is_lapse(const struct observation *observation)
{
    const struct store_read_entries *memory = &observation->memory;
    if (observation_is_empty(observation))
        return memory->count > 0;
    return document_was_feed(observation->known, memory->count)
           && !is_feed(&observation->document);
}

bool observation_is_believed(const struct observation *observation,
                             int64_t now_unix)
{
    const struct store_topic *topic = observation->topic;
    // Nothing but a lapse fails with a 200. So the page that a server shows
    // when it comes back from an outage is not the end of that.
    return topic->failures + 1 >= LAPSES && topic->failing_since > 0
           && topic->last_status == 200
           && now_unix - topic->failing_since >= LAPSING_MS;
}

// Made later than what we have. Nothing but this proves it: tags have no
// order, and a cache may call its own time Date.
static bool is_proven_newer(const struct observation *observation)
{
    const char *now = observation_field(observation, "last-modified");
    struct bytes before = observation->topic->modified;
    if (!now || before.len == 0)
        return false;
    int64_t known = backoff_http_date(before.at);
    return known >= 0 && backoff_http_date(now) > known;
}

bool observation_is_stale(const struct observation *observation,
                          int64_t now_unix)
{
    const struct store_read_entries *memory = &observation->memory;
    const uint8_t *digest = observation->document.digest;
    if (observation->partial || is_zero(digest)
        || observation->document.change == DOCUMENT_SAME
        || is_proven_newer(observation))
        return false;
    // The newest is no earlier one; the others were replaced when the one
    // before them in this list was stored.
    for (size_t i = 0; i < memory->recent_count; i++) {
        bool same = memcmp(memory->recent[i].digest, digest, 16) == 0;
        if (same && i == 0)
            return false;
        if (same && now_unix - memory->recent[i - 1].time < STALE_MS)
            return true;
    }
    return false;
}
