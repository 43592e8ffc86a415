// SPDX-License-Identifier: MIT

#include "reading_inside.h"

#include "pullers.h"

#include <stdlib.h>

static const char *url_of(const struct reading *reading,
                          const struct store_event *event)
{
    const struct audience *audience = reading->audience;
    if (audience->prefixes)
        return event->url.at ? event->url.at : "";
    for (size_t i = 0; i < audience->count; i++)
        if (audience->topics[i].id == event->topic)
            return audience->topics[i].url;
    return "";
}

static bool own_places(const struct reading *reading)
{
    return reading->places && reading->places->count > 0;
}

// ---------------------------------------------------------------- their place

static uint64_t last_of(const struct reading *reading, uint64_t topic)
{
    const struct store_events *read = &reading->events;
    for (size_t i = read->event_count; i-- > 0;)
        if (read->items[i].topic == topic)
            return read->items[i].number;
    return 0;
}

uint64_t reading_reached(const struct reading *reading)
{
    const struct store_events *read = &reading->events;
    const struct places *places = reading->places;
    if (reading->audience->prefixes && read->more)
        return read->reached;
    if (read->event_count > 0)
        return read->items[read->event_count - 1].number;
    if (!places || places->all.since == STORE_SINCE_NUMBER)
        return reading->number;
    // What was told meanwhile is beyond what was read.
    return audience_is_quiet(reading->audience, read->head)
               ? reading->audience->quiet
               : read->head;
}

uint64_t reading_reached_of(const struct reading *reading, size_t topic)
{
    const struct place *place = &reading->places->topics[topic];
    uint64_t last = last_of(reading, reading->audience->topics[topic].id);
    const struct store_position *read = &reading->positions[topic];
    if (last > 0)
        return last;
    // What was told as lost is not told again.
    return place->since == STORE_SINCE_NUMBER
                   && read->gap_loss == STORE_LOST_NOTHING
               ? place->value
               : read->reached;
}

void reading_settle(struct reading *reading, bool told)
{
    struct places *places = reading->places;
    for (size_t i = 0; places && i < places->count; i++) {
        struct place *place = &places->topics[i];
        place->value = reading_reached_of(reading, i);
        place->untold =
            !told && (place->untold || place->since != STORE_SINCE_NUMBER);
        place->since = STORE_SINCE_NUMBER;
    }
}

// ----------------------------------------------------------------- what is
// lost

static enum batch_loss loss_of(enum store_loss loss)
{
    switch (loss) {
    case STORE_LOST_OVERFLOW:
        return BATCH_OVERFLOW;
    case STORE_LOST_UNFOLLOWED:
        return BATCH_UNFOLLOWED;
    case STORE_LOST_RECREATED:
        return BATCH_RECREATED;
    case STORE_LOST_NOTHING:
    case STORE_LOST_EXPIRED:
        break;
    }
    return BATCH_EXPIRED;
}

static size_t count_gaps(const struct reading *reading)
{
    size_t count = 0;
    if (reading->audience->prefixes)
        return reading->events.gap_count;
    for (size_t i = 0; i < reading->audience->count; i++)
        count += reading->positions[i].gap_loss != STORE_LOST_NOTHING;
    return count;
}

bool reading_lost(const struct reading *reading)
{
    return (reading->places && reading->places->epoch_gap)
           || count_gaps(reading) > 0;
}

static void add_gap(struct reading *reading, const char *url,
                    const struct store_gap *gap)
{
    struct batch *batch = &reading->batch;
    reading->gaps[batch->gap_count++] = (struct batch_gap){
        .url = url,
        .from = gap->from,
        .to = gap->to,
        .count = gap->count,
        .inexact = gap->inexact,
        .loss = loss_of(gap->loss),
    };
    if (batch->gap_count == 1)
        batch->loss = loss_of(gap->loss);
}

static void fill_gaps(struct reading *reading)
{
    const struct audience *audience = reading->audience;
    const struct store_events *read = &reading->events;
    for (size_t i = 0; audience->prefixes && i < read->gap_count; i++)
        add_gap(reading, read->gaps[i].url.at, &read->gaps[i]);
    for (size_t i = 0; !audience->prefixes && i < audience->count; i++) {
        const struct store_position *at = &reading->positions[i];
        const struct store_gap gap = {
            .from = at->gap_from,
            .to = at->gap_to,
            .count = at->gap_count,
            .inexact = at->gap_inexact,
            .loss = at->gap_loss,
        };
        if (at->gap_loss != STORE_LOST_NOTHING)
            add_gap(reading, audience->topics[i].url, &gap);
    }
    if (reading->places && reading->places->epoch_gap)
        reading->batch.loss = BATCH_EPOCH;
    reading->batch.gaps = reading->gaps;
}

// --------------------------------------------------------------------- the
// batch

// Of places that differ the reader is told those that he does not know.
static bool is_news(const struct reading *reading, size_t topic)
{
    if (!own_places(reading) || reading->places->scope_changed)
        return true;
    const struct place *place = &reading->places->topics[topic];
    return place->since != STORE_SINCE_NUMBER || place->untold
           || reading->positions[topic].gap_loss != STORE_LOST_NOTHING
           || last_of(reading, reading->audience->topics[topic].id) > 0;
}

static void fill_topics(struct reading *reading)
{
    const struct audience *audience = reading->audience;
    struct batch *batch = &reading->batch;
    for (size_t i = 0; i < audience->count; i++) {
        if (!is_news(reading, i))
            continue;
        reading->topics[batch->topic_count++] = (struct batch_topic){
            .url = audience->topics[i].url,
            .topic = audience->topics[i].id,
            .reached = own_places(reading) ? reading_reached_of(reading, i)
                                           : reading->number,
        };
    }
    batch->topics = reading->topics;
}

static void fill_events(struct reading *reading)
{
    const struct store_events *read = &reading->events;
    for (size_t i = 0; i < read->event_count; i++)
        reading->told[i] = (struct batch_event){
            .event = &read->items[i],
            .url = url_of(reading, &read->items[i]),
        };
    reading->batch.events = reading->told;
    reading->batch.count = read->event_count;
}

static bool make_room(struct reading *reading)
{
    size_t events = reading->events.event_count, gaps = count_gaps(reading);
    size_t topics = reading->audience->count;
    reading->told = calloc(events + 1, sizeof *reading->told);
    reading->gaps = calloc(gaps + 1, sizeof *reading->gaps);
    reading->topics = calloc(topics + 1, sizeof *reading->topics);
    return reading->told && reading->gaps && reading->topics;
}

static void fill_start(struct reading *reading)
{
    const struct places *places = reading->places;
    struct batch *batch = &reading->batch;
    if (places && places->count > 0)
        return;
    batch->has_start = !places || places->all.since == STORE_SINCE_NUMBER
                       || places->all.since == STORE_SINCE_EARLIEST;
    batch->start = !places                                   ? reading->number
                   : places->all.since == STORE_SINCE_NUMBER ? places->all.value
                                                             : 0;
}

bool reading_batch(struct reading *reading)
{
    const struct readings *all = reading->all;
    const struct audience *audience = reading->audience;
    const struct places *places = reading->places;
    if (!make_room(reading))
        return false;
    reading->batch = (struct batch){
        .has_cursor = !own_places(reading),
        .cursor = { .epoch = store_epoch(all->services.store),
                    .number = reading_reached(reading),
                    .tag = audience->tag },
        .backwards = places && places->backwards,
        .more = reading->events.more,
        .pauses =
            audience->pauses && reading->events.event_count == reading->limit,
        .scope_changed = places && places->scope_changed,
        .bodies = audience->bodies,
        .key = all->key,
        .hub_url = all->services.hub_url,
    };
    fill_events(reading);
    fill_gaps(reading);
    fill_start(reading);
    if (own_places(reading) || reading->batch.scope_changed)
        fill_topics(reading);
    return true;
}

void reading_wipe(struct reading *reading)
{
    free(reading->told);
    free(reading->gaps);
    free(reading->topics);
    reading->told = NULL;
    reading->gaps = NULL;
    reading->topics = NULL;
}

bool readings_place(struct readings *all, const struct member *member,
                    char cursor[CURSOR_TEXT])
{
    const struct audience *audience = member->audience;
    const struct places *places = member->places;
    struct cursor place = { .epoch = store_epoch(all->services.store),
                            .number = member->number,
                            .tag = audience->tag };
    if (places && places->count == 0 && places->all.since == STORE_SINCE_LATEST
        && audience->known)
        place.number = audience->quiet;
    else if (places
             && (places->count > 0 || places->all.since != STORE_SINCE_NUMBER
                 || places->scope_changed))
        return false;
    return cursor_write(all->key, &place, cursor);
}

void reading_idle_batch(struct readings *all, const struct member *member,
                        struct batch_topic topics[], struct batch *out)
{
    const struct audience *audience = member->audience;
    const struct places *places = member->places;
    bool own = places && places->count > 0;
    *out = (struct batch){
        .has_cursor = !own,
        .cursor = { .epoch = store_epoch(all->services.store),
                    .number = member->number,
                    .tag = audience->tag },
        .bodies = audience->bodies,
        .idle = true,
        .key = all->key,
        .hub_url = all->services.hub_url,
    };
    for (size_t i = 0; own && i < audience->count; i++)
        if (places->topics[i].untold)
            topics[out->topic_count++] = (struct batch_topic){
                .url = audience->topics[i].url,
                .topic = audience->topics[i].id,
                .reached = places->topics[i].value,
            };
    out->topics = topics;
}
