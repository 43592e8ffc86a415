// SPDX-License-Identifier: MIT

#include "asking.h"

#include "asking_inside.h"
#include "cursor.h"
#include "pull_query.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------ where he begins

// A cursor for other topics is a place all the same (M16).
static bool read_cursor(const struct asking *asking, const char *text,
                        const struct audience *audience, size_t topic,
                        struct places *places, struct place *out)
{
    const struct readings *readings = asking->all->readings;
    struct cursor cursor;
    if (!cursor_read(readings->key, text, strlen(text), &cursor))
        return false;
    uint16_t tag = audience->tag;
    if (places->count > 0 && !audience->prefixes)
        tag = cursor_tag(&audience->topics[topic].id, 1);
    if (cursor.epoch != store_epoch(readings->services.store)) {
        places->epoch_gap = true;
        *out = (struct place){ .since = STORE_SINCE_EARLIEST, .value = 0 };
        return true;
    }
    if (cursor.tag != tag && cursor.tag != audience->tag)
        places->scope_changed = true;
    *out =
        (struct place){ .since = STORE_SINCE_NUMBER, .value = cursor.number };
    return true;
}

static bool read_since(const struct asking *asking, const struct since *since,
                       const struct audience *audience, size_t topic,
                       struct places *places, struct place *out)
{
    if (since->kind == STORE_SINCE_NUMBER
        && read_cursor(asking, since->cursor, audience, topic, places, out))
        return true;
    if (since->kind == STORE_SINCE_NUMBER && !asking->query->tagged)
        return false;
    if (since->kind == STORE_SINCE_NUMBER) {
        // A tag of somebody else's: it matches nothing.
        asking->query->conditional = false;
        *out = (struct place){ .since = STORE_SINCE_LATEST };
        return true;
    }
    *out = (struct place){ .since = since->kind, .value = since->value };
    return true;
}

static bool read_before(const struct asking *asking,
                        const struct audience *audience, struct places *places)
{
    const struct pull_query *query = asking->query;
    places->backwards = true;
    places->all =
        (struct place){ .since = STORE_SINCE_NUMBER, .value = UINT64_MAX };
    if (!query->has_before)
        return true;
    if (!read_cursor(asking, query->before, audience, 0, places, &places->all))
        return false;
    places->scope_changed = false; // he reads what was, whatever that was
    if (places->epoch_gap)
        places->all =
            (struct place){ .since = STORE_SINCE_NUMBER, .value = UINT64_MAX };
    return true;
}

struct places *asking_places(const struct asking *asking,
                             const struct audience *audience, bool *memory)
{
    const struct pull_query *query = asking->query;
    size_t count = query->own_positions ? audience->count : 0;
    struct places *places = places_new(count);
    *memory = places != NULL;
    if (!places)
        return NULL;
    places->count = count;
    bool good = query->backwards ? read_before(asking, audience, places)
                                 : read_since(asking, &query->since, audience,
                                              0, places, &places->all);
    for (size_t i = 0; good && i < count; i++) {
        const struct pull_topic *topic = &query->topics[i];
        good =
            read_since(asking, topic->has_since ? &topic->since : &query->since,
                       audience, i, places, &places->topics[i]);
    }
    if (good)
        return places;
    free(places);
    return NULL;
}

// A mere number needs no memory.
static bool is_plain(const struct places *places)
{
    return places->count == 0 && !places->epoch_gap && !places->scope_changed
           && !places->backwards && places->all.since == STORE_SINCE_NUMBER;
}

void asking_stand(struct member *member, struct places *places)
{
    member->number =
        places->all.since == STORE_SINCE_NUMBER ? places->all.value : 0;
    member->places = places;
    if (!is_plain(places))
        return;
    member->places = NULL;
    free(places);
}

// ------------------------------------------------------------------- changing

// What he has had goes on where it is.
static void keep_places(const struct member *member,
                        const struct audience *audience, struct places *places)
{
    const struct audience *old = member->audience;
    for (size_t i = 0; i < places->count; i++) {
        for (size_t j = 0; j < old->count; j++) {
            if (old->topics[j].id != audience->topics[i].id)
                continue;
            bool own = member->places && member->places->count > 0;
            places->topics[i] =
                own ? member->places->topics[j]
                    : (struct place){ .since = STORE_SINCE_NUMBER,
                                      .value = member->number };
        }
    }
}

void asking_change(struct askings *all, struct member *member)
{
    const struct puller *puller = puller_of(member);
    struct asking *asking = all->first;
    while (asking && (asking->puller != puller || !asking->audience))
        asking = asking->next;
    // Where he has not had a place yet, he gets that first.
    if (!asking || (member->places && member->places->count == 0))
        return;
    struct audience *audience = asking->audience;
    struct places *places = asking->places;
    asking->audience = NULL;
    asking->places = NULL;
    member_leave(member);
    keep_places(member, audience, places);
    audience_leave(all->readings->audiences, member->audience);
    free(member->places);
    member->audience = audience;
    asking_stand(member, places);
    asking->said(asking->puller, NULL);
    asking_end(asking);
}

void asking_turn(struct asking *asking, struct audience *audience,
                 struct places *places)
{
    asking->audience = audience;
    asking->places = places;
    audience_use(asking->all->readings->audiences, audience);
    puller_wake(asking->puller);
}

void asking_forget(struct askings *all, const struct puller *puller)
{
    struct asking *asking = all->first;
    while (asking && asking->puller != puller)
        asking = asking->next;
    if (!asking)
        return;
    asking->puller = NULL;
    if (asking->audience)
        asking_end(asking);
}
