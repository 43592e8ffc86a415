// SPDX-License-Identifier: MIT

#include "observation.h"

#include <stdlib.h>
#include <string.h>

static size_t link_fields(const struct observation *observation,
                          const char *out[OBSERVATION_LINKS])
{
    const struct exchange_field *field = NULL;
    size_t count = 0;
    while (count < OBSERVATION_LINKS
           && (field = exchange_field(&observation->exchange, "link", field)))
        out[count++] = field->value;
    return count;
}

static bool recall(struct observation *observation)
{
    size_t count = observation->memory.count;
    if (observation->known)
        return true;
    observation->known = calloc(count + 1, sizeof *observation->known);
    if (!observation->known)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct store_entry *entry = &observation->memory.items[i];
        struct document_entry *known = &observation->known[i];
        memcpy(known->id, entry->id, sizeof known->id);
        memcpy(known->content, entry->content, sizeof known->content);
        known->seq = entry->seq;
        known->seen = entry->seen;
    }
    return true;
}

// M12: the baseline may still have to be delivered, to clients of the old
// profile as its first entry alone.
static bool read_first_entry(struct observation *observation,
                             struct document_input input)
{
    struct document all;
    input.known = NULL;
    input.known_count = 0;
    if (!document_read(&input, &all))
        return false;
    if ((all.cuttable || all.on_request) && all.changed_count > 0) {
        size_t found = 0;
        memcpy(observation->first_id[0], all.changed[0], 16);
        observation->first_entry =
            document_cut(input.bytes, input.len, input.content_type,
                         (const uint8_t(*)[16])observation->first_id, 1, NULL,
                         &found, &observation->first_entry_len);
    }
    document_clear(&all);
    return true;
}

bool observation_read(struct observation *observation)
{
    const char *links[OBSERVATION_LINKS];
    const struct exchange *x = &observation->exchange;
    const struct store_topic *topic = observation->topic;
    if (!recall(observation))
        return false;
    struct document_input input = {
        .bytes = x->response ? x->response : "",
        .len = x->response_len,
        .content_type = observation_field(observation, "content-type"),
        .url = observation_url(observation),
        .link_fields = links,
        .link_field_count = link_fields(observation, links),
        .known = observation->known,
        .known_count = observation->memory.count,
        .seq = topic->head + 1,
        .today = observation->today,
        .entries_max = observation->entries_max,
        .noise = observation->noise,
        .partial = observation->partial,
    };
    observation->document_read = document_read(&input, &observation->document);
    if (!observation->document_read)
        return false;
    bool baseline_waits = topic->baseline_owed && observation->pinged
                          && observation->document.change == DOCUMENT_SAME;
    return !baseline_waits || read_first_entry(observation, input);
}
