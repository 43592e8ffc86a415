// SPDX-License-Identifier: MIT

#include "fake_hold.h"

#include "hub/parcel.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { HOLDS = 64, EVENTS = 64 };

struct front {
    struct fake_hold holds[HOLDS];
    size_t count, calls;
    struct hold_event events[EVENTS];
    size_t event_count;
};

static struct front the_front;

struct front *fake_hold_front(void)
{
    memset(&the_front, 0, sizeof the_front);
    return &the_front;
}

size_t fake_hold_count(void)
{
    return the_front.count;
}

size_t fake_hold_calls(void)
{
    return the_front.calls;
}

static struct fake_hold *fake(struct hold *hold)
{
    struct fake_hold *found = (struct fake_hold *)(void *)hold;
    assert_in_range((uintptr_t)found, (uintptr_t)the_front.holds,
                    (uintptr_t)&the_front.holds[HOLDS - 1]);
    assert_false(found->ended);
    return found;
}

struct fake_hold *fake_hold_of(const struct request *request)
{
    for (size_t i = the_front.count; i-- > 0;)
        if (the_front.holds[i].request == request)
            return &the_front.holds[i];
    fail_msg("it is not held");
    return NULL;
}

void fake_hold_tell(struct fake_hold *hold, enum hold_event_kind kind,
                    const char *text)
{
    assert_true(the_front.event_count < EVENTS);
    if (kind == HOLD_DRAINED)
        hold->tells = 0;
    the_front.events[the_front.event_count++] = (struct hold_event){
        .kind = kind,
        .hold = (struct hold *)(void *)hold,
        .text = text ? strdup(text) : NULL,
        .len = text ? strlen(text) : 0,
    };
}

bool fake_hold_clean(void)
{
    for (size_t i = 0; i < the_front.count; i++)
        if (!the_front.holds[i].ended)
            return false;
    return true;
}

// ---------------------------------------------------------------- hub/hold.h

struct hold *hold_take(struct request *request, void *owner)
{
    assert_true(request->parkable);
    assert_true(the_front.count < HOLDS);
    struct fake_hold *hold = &the_front.holds[the_front.count++];
    *hold = (struct fake_hold){ .request = request, .owner = owner };
    return (struct hold *)(void *)hold;
}

void hold_own(struct hold *hold, void *owner)
{
    fake(hold)->owner = owner;
}

void hold_answer(struct front *front, struct hold *const holds[], size_t count,
                 const struct reply *reply)
{
    assert_ptr_equal(front, &the_front);
    the_front.calls++;
    for (size_t i = 0; i < count; i++) {
        struct fake_hold *hold = fake(holds[i]);
        assert_false(hold->streams);
        hold->ended = true;
        hold->request->answer(hold->request, reply);
    }
}

static void append(struct fake_hold *hold, const struct parcel *parcel)
{
    size_t len = parcel_length(parcel);
    assert_true(hold->len + len < sizeof hold->text);
    memcpy(hold->text + hold->len, parcel_bytes(parcel), len);
    hold->len += len;
    hold->text[hold->len] = '\0';
}

void hold_stream(struct front *front, struct hold *hold, enum hold_kind kind,
                 unsigned heartbeat_ms, struct parcel *head)
{
    struct fake_hold *stream = fake(hold);
    assert_ptr_equal(front, &the_front);
    assert_false(stream->streams);
    stream->streams = true;
    stream->kind = kind;
    stream->heartbeat_ms = heartbeat_ms;
    append(stream, head);
}

void hold_send(struct front *front, struct hold *const holds[], size_t count,
               struct parcel *parcel, bool tell)
{
    assert_ptr_equal(front, &the_front);
    the_front.calls++;
    for (size_t i = 0; i < count; i++) {
        struct fake_hold *stream = fake(holds[i]);
        assert_true(stream->streams);
        append(stream, parcel);
        stream->tells += tell;
    }
}

void hold_end(struct front *front, struct hold *hold, struct parcel *last,
              unsigned code, const char *reason)
{
    struct fake_hold *stream = fake(hold);
    assert_ptr_equal(front, &the_front);
    assert_true(!reason || strlen(reason) <= 120);
    if (last)
        append(stream, last);
    stream->code = code;
    stream->ended = true;
}

bool hold_next(struct front *front, struct hold_event *out)
{
    assert_ptr_equal(front, &the_front);
    while (the_front.event_count > 0) {
        *out = the_front.events[0];
        memmove(the_front.events, the_front.events + 1,
                --the_front.event_count * sizeof *the_front.events);
        struct fake_hold *hold = (struct fake_hold *)(void *)out->hold;
        out->owner = hold->owner;
        if (!hold->ended && hold->owner)
            return true;
        free(out->text);
    }
    return false;
}

void hold_peer(const struct hold *hold, char out[48])
{
    const struct fake_hold *fake_one =
        (const struct fake_hold *)(const void *)hold;
    memcpy(out, fake_one->request->peer, 48);
}
