// SPDX-License-Identifier: MIT

#include "reading.h"

#include "reading_inside.h"

#include <stdlib.h>

static uint64_t last_of(const struct store_events *read, uint64_t topic)
{
    for (size_t i = read->event_count; i-- > 0;)
        if (topic == 0 || read->items[i].topic == topic)
            return read->items[i].number;
    return 0;
}

static void learn_of(struct reading *reading, size_t topic, uint64_t id,
                     uint64_t considered)
{
    struct place place = reading_place(reading, topic);
    uint64_t from = place.since == STORE_SINCE_NUMBER   ? place.value
                    : place.since == STORE_SINCE_LATEST ? considered
                    : place.since == STORE_SINCE_TIME   ? considered
                                                        : 0;
    uint64_t last = last_of(&reading->events, id);
    audience_learn(reading->audience, topic, from, last > 0 ? last : from);
}

// What a whole reading says of how far its topics go.
static void learn(struct reading *reading)
{
    struct audience *audience = reading->audience;
    const struct store_events *read = &reading->events;
    uint64_t before = audience->quiet;
    if (read->more || read->backwards)
        return;
    if (audience->prefixes)
        learn_of(reading, 0, 0, read->reached);
    for (size_t i = 0; !audience->prefixes && i < audience->count; i++)
        learn_of(reading, i, audience->topics[i].id,
                 reading->positions[i].reached);
    audience_learnt(audience);
    if (audience->quiet > before)
        readings_wake(reading->all, audience, before);
}

// A place beyond the end of this history is of another one (M17).
static bool is_beyond(const struct reading *reading)
{
    const struct places *places = reading->places;
    uint64_t head = reading->events.head;
    size_t count = places && places->count > 0 ? places->count : 1;
    for (size_t i = 0; i < count; i++) {
        struct place place = reading_place(reading, i);
        if (place.since == STORE_SINCE_NUMBER && place.value > head
            && !reading->events.backwards)
            return true;
    }
    return false;
}

// Tell so, and begin at the beginning, where nothing can be missed.
static void begin_anew(struct reading *reading)
{
    struct places *places = places_new(0);
    reading_over(reading);
    if (!places) {
        reading_fail(reading, 503, "out-of-memory", "the hub is out of memory");
        reading_end(reading);
        return;
    }
    places->all.since = STORE_SINCE_EARLIEST;
    places->epoch_gap = true;
    free(reading->places);
    reading->places = places;
    for (struct ring *at = reading->members.next; at != &reading->members;
         at = at->next) {
        struct member *member = (struct member *)(void *)at;
        member->number = 0;
        free(member->places);
        member->places = places_copy(places);
    }
    reading_submit(reading);
}

// There may be something further on.
static void go_on(struct reading *reading)
{
    struct place place = { .since = STORE_SINCE_NUMBER,
                           .value = reading->events.reached };
    reading_over(reading);
    reading->number = place.value;
    if (reading->places)
        reading->places->all = place;
    reading_submit(reading);
}

static void all_rest(struct reading *reading)
{
    uint64_t reached = reading_reached(reading);
    reading_settle(reading, false);
    while (!ring_empty(&reading->members)) {
        struct member *member = (struct member *)(void *)reading->members.next;
        reading_carry(reading, member, reached);
        if (!reading_has_nothing(reading->all, member))
            puller_wake(puller_of(member));
        reading_let_rest(reading->all, member);
    }
    reading_over(reading);
    reading_end(reading);
}

static bool has_news(const struct reading *reading)
{
    const struct places *places = reading->places;
    return reading->events.event_count > 0 || reading_lost(reading)
           || (places && (places->scope_changed || places->backwards));
}

static void look(struct reading *reading)
{
    const struct store_events *read = &reading->events;
    if (read->head > reading->all->head)
        reading->all->head = read->head;
    if (is_beyond(reading)) {
        begin_anew(reading);
        return;
    }
    learn(reading);
    if (reading_lost(reading) && reading->audience->fail_on_gap) {
        reading_fail(
            reading, 410, "gap",
            "something between this place and what is kept is lost: begin "
            "at earliest");
        reading_over(reading);
        reading_end(reading);
    } else if (has_news(reading) && (read->event_count > 0 || !read->more)) {
        size_t bytes = 0;
        for (size_t i = 0; i < read->event_count; i++)
            bytes += read->items[i].body.len;
        reading_set_bytes(reading, bytes);
        reading_answer(reading);
    } else if (read->more) {
        go_on(reading);
    } else {
        all_rest(reading);
    }
}

void reading_done(struct store_op *op)
{
    struct reading *reading = op->context;
    if (reading->audience->waiting == reading)
        reading->audience->waiting = NULL;
    if (op->status == STORE_OK) {
        reading_check_reach(reading);
        reading_check_rules(reading);
        look(reading);
        return;
    }
    reading_fail(reading, 503, "store", "the hub cannot read its log now");
    reading_over(reading);
    reading_end(reading);
}
