// SPDX-License-Identifier: MIT

#include "reading.h"

#include "config.h"
#include "loop.h"
#include "metrics.h"
#include "pull_problem.h"
#include "reading_inside.h"
#include "served.h"
#include "visitor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    READS_MAX = 32, // of the log at a time: what they bring lies in memory
    BYTES_MAX = 64 * 1024 * 1024, // of that; one read at least may be
};

struct member *member_of(const struct puller *puller)
{
    return puller_from(puller);
}

struct puller *puller_of(const struct member *member)
{
    return puller_by_room((void *)(uintptr_t)member);
}

struct places *places_new(size_t count)
{
    return calloc(1, sizeof(struct places) + count * sizeof(struct place));
}

struct places *places_copy(const struct places *places)
{
    size_t size = sizeof *places + places->count * sizeof(struct place);
    struct places *copy = malloc(size);
    if (copy)
        memcpy(copy, places, size);
    return copy;
}

// ------------------------------------------------------------------- no
// reading

static bool own_places_quiet(const struct readings *all,
                             const struct member *member)
{
    const struct audience *audience = member->audience;
    for (size_t i = 0; i < audience->count; i++) {
        const struct place *place = &member->places->topics[i];
        if (place->since != STORE_SINCE_NUMBER || place->value > all->head
            || place->value < audience_newest(audience, i))
            return false;
    }
    return true;
}

// Whether there can be nothing for him. Whose place is `latest` gets one.
bool reading_has_nothing(const struct readings *all, struct member *member)
{
    const struct audience *audience = member->audience;
    struct places *places = member->places;
    if (!audience->known)
        return false;
    if (!places)
        return member->number >= audience->quiet
               && (member->number <= all->head || audience->count == 0);
    if (places->epoch_gap || places->scope_changed || places->backwards)
        return false;
    if (places->count > 0)
        return own_places_quiet(all, member);
    if (places->all.since != STORE_SINCE_LATEST)
        return false;
    member->number = audience->quiet;
    member->places = NULL;
    free(places);
    return true;
}

void reading_let_rest(struct readings *all, struct member *member)
{
    struct batch_topic topics[PULL_TOPICS_MAX];
    struct batch batch;
    member_join(member);
    reading_idle_batch(all, member, topics, &batch);
    puller_rest(puller_of(member), &batch);
}

void readings_idle(struct readings *all, struct member *member)
{
    struct batch_topic topics[PULL_TOPICS_MAX];
    struct puller *puller = puller_of(member);
    struct batch batch;
    reading_idle_batch(all, member, topics, &batch);
    puller_tell(all->pullers, &puller, 1, &batch, true);
}

// --------------------------------------------------------------- who is
// together

static struct reading *reading_new(struct readings *all,
                                   struct audience *audience, uint64_t number,
                                   const struct places *places)
{
    size_t count = audience->prefixes ? 0 : audience->count;
    struct reading *reading =
        calloc(1, sizeof *reading + count * sizeof(struct store_position));
    struct places *copy = reading && places ? places_copy(places) : NULL;
    if (!reading || (places && !copy)) {
        free(reading);
        return NULL;
    }
    reading->all = all;
    reading->audience = audience;
    reading->number = number;
    reading->places = copy;
    ring_init(&reading->members);
    audience_use(all->audiences, audience);
    audience->readings++;
    if (all->last)
        all->last->next = reading;
    else
        all->first = reading;
    all->last = reading;
    all->count++;
    audience->waiting = reading;
    return reading;
}

void reading_end(struct reading *reading)
{
    struct readings *all = reading->all;
    assert(ring_empty(&reading->members));
    if (reading->audience->waiting == reading)
        reading->audience->waiting = NULL;
    reading->audience->readings--;
    audience_leave(all->audiences, reading->audience);
    all->count--;
    free(reading->places);
    free(reading->prefixes);
    free(reading);
}

static bool is_place_of(const struct reading *reading, uint64_t number,
                        const struct places *places, size_t limit)
{
    const struct places *own = reading->places;
    if (reading->limit != limit)
        return false;
    if (!places || !own)
        return !places && !own && reading->number == number;
    return places->count == 0 && own->count == 0
           && places->all.since == own->all.since
           && places->all.value == own->all.value
           && places->epoch_gap == own->epoch_gap
           && places->scope_changed == own->scope_changed
           && places->backwards == own->backwards;
}

static void refuse(struct member *member, unsigned status, const char *type,
                   const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    puller_refuse(puller_of(member), &problem);
}

// A stream that asked for so many has had some of them.
static size_t limit_of(const struct member *member)
{
    const struct audience *audience = member->audience;
    const struct puller *puller = puller_of(member);
    size_t told = puller_told(puller);
    bool counts = audience->pauses && puller_is_stream(puller);
    return counts && told < audience->limit ? audience->limit - told
                                            : audience->limit;
}

static void take(struct readings *all, struct member *member, uint64_t number)
{
    struct audience *audience = member->audience;
    struct reading *reading = audience->waiting;
    size_t limit = limit_of(member);
    if (!reading || !is_place_of(reading, number, member->places, limit))
        reading = reading_new(all, audience, number, member->places);
    if (!reading) {
        refuse(member, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    reading->limit = limit;
    member_move(member, &reading->members);
}

void readings_take(struct readings *all, struct member *member)
{
    if (reading_has_nothing(all, member))
        reading_let_rest(all, member);
    else
        take(all, member, member->number);
}

void readings_wake(struct readings *all, struct audience *audience,
                   uint64_t before)
{
    struct ring *at = audience->members.next;
    while (at != &audience->members) {
        struct member *member = (struct member *)(void *)at;
        at = at->next;
        if (member->number >= audience->quiet
            || !puller_claim(puller_of(member)))
            continue;
        bool together = !member->places && member->number >= before;
        take(all, member, together ? before : member->number);
    }
}

// --------------------------------------------------------------------- reading

static size_t bytes_expected(const struct reading *reading)
{
    const struct audience *audience = reading->audience;
    size_t one = (size_t)reading->all->services.config->body_max;
    if (!audience->bodies)
        return 0;
    return one > audience->max_bytes ? one : audience->max_bytes;
}

void reading_set_bytes(struct reading *reading, size_t bytes)
{
    reading->all->bytes = reading->all->bytes - reading->bytes + bytes;
    reading->bytes = bytes;
}

struct place reading_place(const struct reading *reading, size_t topic)
{
    const struct places *places = reading->places;
    if (!places)
        return (struct place){ .since = STORE_SINCE_NUMBER,
                               .value = reading->number };
    return places->count > 0 ? places->topics[topic] : places->all;
}

static bool point_prefixes(struct reading *reading)
{
    const struct audience *audience = reading->audience;
    struct store_events *read = &reading->events;
    struct place place = reading_place(reading, 0);
    free(reading->prefixes);
    reading->prefixes = calloc(audience->count, sizeof *reading->prefixes);
    if (!reading->prefixes)
        return false;
    for (size_t i = 0; i < audience->count; i++)
        reading->prefixes[i] = (struct bytes){ audience->topics[i].normal,
                                               audience->topics[i].normal_len };
    read->prefixes = reading->prefixes;
    read->prefix_count = audience->count;
    read->since = place.since;
    read->value = place.value;
    return true;
}

static void point_topics(struct reading *reading)
{
    const struct audience *audience = reading->audience;
    for (size_t i = 0; i < audience->count; i++) {
        struct place place = reading_place(reading, i);
        reading->positions[i] = (struct store_position){
            .topic = audience->topics[i].id,
            .since = place.since,
            .value = place.value,
        };
    }
    reading->events.positions = reading->positions;
    reading->events.count = audience->count;
}

// Those in it are refused.
void reading_fail(struct reading *reading, unsigned status, const char *type,
                  const char *detail)
{
    while (!ring_empty(&reading->members))
        refuse((struct member *)(void *)reading->members.next, status, type,
               detail);
}

// M20: a topic that came from inside just then is nothing for them any more.
// Said as of one that is unknown.
static void send_strangers_away(struct reading *reading)
{
    const struct config *config = reading->all->services.config;
    struct ring *at = reading->members.next;
    while (at != &reading->members) {
        struct member *member = (struct member *)(void *)at;
        at = at->next;
        if (visitor_is_stranger(puller_visitor(puller_of(member)), config))
            refuse(member, 404, "unknown-topic",
                   "this hub does not follow that topic, or not for you: a "
                   "verified subscription, an operator, a token with the "
                   "right create, or pull-open makes it");
    }
}

void reading_check_reach(struct reading *reading)
{
    struct audience *audience = reading->audience;
    bool hidden = false;
    for (size_t i = 0; i < audience->count && !audience->prefixes; i++) {
        audience->topics[i].reach = reading->positions[i].reach;
        hidden |= audience->topics[i].reach != STORE_REACH_PUBLIC;
    }
    if (hidden)
        send_strangers_away(reading);
}

// One that has come while it was read.
void reading_check_rules(struct reading *reading)
{
    const struct services *services = &reading->all->services;
    const char *topic = served_denies(services->rules, reading->audience);
    while (topic && !ring_empty(&reading->members)) {
        struct member *member = (struct member *)(void *)reading->members.next;
        struct pull_problem problem = served_problem(services->metrics, topic);
        puller_refuse(puller_of(member), &problem);
    }
}

void reading_submit(struct reading *reading)
{
    struct readings *all = reading->all;
    const struct audience *audience = reading->audience;
    reading->events = (struct store_events){
        .op = { .verb = STORE_EVENTS,
                .done = reading_done,
                .context = reading },
        .backwards = reading->places && reading->places->backwards,
        .limit = reading->limit,
        .max_bytes = audience->max_bytes,
        .content = audience->content,
        .deltas = all->services.config->feed_delivery == CONFIG_FEED_ENTRIES,
        .bodies = audience->bodies,
    };
    if (!audience->prefixes) {
        point_topics(reading);
    } else if (!point_prefixes(reading)) {
        reading_fail(reading, 503, "out-of-memory", "the hub is out of memory");
        reading_end(reading);
        return;
    }
    all->under_way++;
    reading_set_bytes(reading, bytes_expected(reading));
    metric_add(all->services.metrics, METRIC_PULLS_READ, 1);
    store_submit(all->services.store, &reading->events.op);
}

// What it brought is not needed any more, so another may be read.
void reading_over(struct reading *reading)
{
    store_release(&reading->events.op);
    reading->all->under_way--;
    reading_set_bytes(reading, 0);
}

static bool has_room(const struct readings *all)
{
    return all->under_way < READS_MAX
           && (all->under_way == 0
               || all->bytes + bytes_expected(all->first) <= BYTES_MAX);
}

// An answer to him would be thrown away; reading for him would only keep
// others waiting.
static void send_sated_away(struct reading *reading)
{
    struct ring *at = reading->members.next;
    while (at != &reading->members) {
        struct member *member = (struct member *)(void *)at;
        at = at->next;
        if (reading->audience->bodies && puller_is_sated(puller_of(member)))
            refuse(member, 503, "busy",
                   "too much is on its way to this address already");
    }
}

// What another reading has found meanwhile may be enough.
static void let_rest(struct reading *reading)
{
    struct ring *at = reading->members.next;
    while (at != &reading->members) {
        struct member *member = (struct member *)(void *)at;
        at = at->next;
        if (!reading_has_nothing(reading->all, member))
            return; // nor has any of the others
        reading_let_rest(reading->all, member);
    }
}

static void begin_some(struct readings *all)
{
    while (all->first && has_room(all)) {
        struct reading *reading = all->first;
        all->first = reading->next;
        if (!all->first)
            all->last = NULL;
        reading->next = NULL;
        let_rest(reading);
        send_sated_away(reading);
        if (ring_empty(&reading->members))
            reading_end(reading);
        else
            reading_submit(reading);
    }
}

bool readings_step(struct readings *all)
{
    begin_some(all);
    return readings_tell(all);
}
