// SPDX-License-Identifier: MIT

#include "reading.h"

#include "loop.h"
#include "reading_inside.h"

#include <stdlib.h>
#include <string.h>

enum {
    LONG_ANSWER = 64 * 1024, // of bodies: written on a worker thread
    AT_ONCE = 256,           // told in one call
    TOLD_STEP = 1024,        // in one step
    STEP_MS = 3,             // or for so long
};

void reading_carry(struct reading *reading, struct member *member,
                   uint64_t reached)
{
    struct places *places = member->places;
    if (places && places->count > 0) {
        memcpy(places->topics, reading->places->topics,
               places->count * sizeof *places->topics);
    } else {
        member->places = NULL;
        free(places);
    }
    if (reached > member->number || places)
        member->number = reached;
}

// Streams go on from here; what has come meanwhile wakes them again.
static void tell_some(struct reading *reading, size_t max)
{
    struct puller *list[AT_ONCE];
    struct audience *audience = reading->audience;
    uint64_t reached = reading->batch.cursor.number;
    size_t count = 0;
    while (count < max && count < AT_ONCE && !ring_empty(&reading->members)) {
        struct member *member = (struct member *)(void *)reading->members.next;
        struct puller *puller = puller_of(member);
        reading_carry(reading, member, reached);
        member_join(member);
        if (!reading->events.more && !audience_is_quiet(audience, reached))
            puller_wake(puller);
        list[count++] = puller;
    }
    puller_tell_text(reading->all->pullers, list, count, reading->text, false);
}

static void tell(struct reading *reading)
{
    struct readings *all = reading->all;
    reading->next = all->telling;
    all->telling = reading;
    loop_wake(all->services.loop);
}

bool readings_tell(struct readings *all)
{
    int64_t began = loop_now().mono;
    for (size_t told = 0; all->telling && told < TOLD_STEP; told += AT_ONCE) {
        // Each text is copied, whatever its length.
        if (told > 0 && loop_now().mono - began >= STEP_MS)
            break;
        struct reading *reading = all->telling;
        if (!ring_empty(&reading->members))
            tell_some(reading, AT_ONCE);
        if (!ring_empty(&reading->members))
            continue;
        all->telling = reading->next;
        puller_text_free(reading->text);
        reading_end(reading);
    }
    return all->telling != NULL;
}

// On any thread.
static void write_text(void *context)
{
    struct reading *reading = context;
    reading->text = puller_text_new(reading->audience->voice, &reading->batch);
}

static void written(void *context)
{
    struct reading *reading = context;
    reading_wipe(reading);
    reading_over(reading);
    if (!reading->text)
        reading_fail(reading, 503, "out-of-memory", "the hub is out of memory");
    tell(reading);
}

void reading_answer(struct reading *reading)
{
    struct loop *loop = reading->all->services.loop;
    if (!reading_batch(reading)) {
        written(reading);
        return;
    }
    reading_settle(reading, true);
    // Writing megabytes of JSON takes tens of milliseconds.
    if (reading->bytes > LONG_ANSWER
        && loop_job(loop, write_text, written, reading))
        return;
    write_text(reading);
    written(reading);
}
