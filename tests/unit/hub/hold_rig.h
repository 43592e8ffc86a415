// SPDX-License-Identifier: MIT
//
// hold_rig -- holds of a front, and what happens to them.

#pragma once

#include "hub/hold.h"
#include "hub/parcel.h"

#include "ears.h"

#include <sys/ioctl.h>

// The next thing that happens to any of them. Fails if nothing does.
static inline struct hold_event await_event(struct front *front)
{
    struct hold_event event = { 0 };
    for (unsigned i = 0; i < 1000 * WIRE_PATIENCE_S; i++) {
        if (hold_next(front, &event))
            return event;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    fail_msg("nothing happened");
    return event;
}

static inline void await_kind(struct front *front, enum hold_event_kind kind,
                              const void *owner)
{
    struct hold_event event = await_event(front);
    assert_int_equal(event.kind, kind);
    assert_ptr_equal(event.owner, owner);
}

static inline struct hold *take_next(struct ears *ears, size_t n, void *owner)
{
    return hold_take(await_request(ears, n), owner);
}

static inline void answer_all(struct front *front, struct hold *const holds[],
                              size_t count, const char *text)
{
    struct reply reply = {
        .status = 200,
        .content_type = "text/plain",
        .body = text,
        .body_len = strlen(text),
    };
    hold_answer(front, holds, count, &reply);
}

static inline void send_text(struct front *front, struct hold *hold,
                             const char *text, bool tell)
{
    struct parcel *parcel = parcel_new(text, strlen(text));
    hold_send(front, &hold, 1, parcel, tell);
    parcel_free(parcel);
}

static inline struct hold *begin_stream(struct ears *ears, size_t n,
                                        enum hold_kind kind, unsigned beat_ms,
                                        void *owner)
{
    struct hold *hold = take_next(ears, n, owner);
    struct parcel *head = parcel_new("HEAD\n", 5);
    hold_stream(ears->front, hold, kind, beat_ms, head);
    parcel_free(head);
    return hold;
}

// Does exactly this come in?
static inline void assert_comes(int fd, const void *bytes, size_t len)
{
    char *got = malloc(len + 1);
    size_t have = 0;
    assert_non_null(got);
    while (have < len) {
        ssize_t more = recv(fd, got + have, len - have, 0);
        assert_true(more > 0);
        have += (size_t)more;
    }
    assert_memory_equal(got, bytes, len);
    free(got);
}

static inline void assert_says(int fd, const char *text)
{
    assert_comes(fd, text, strlen(text));
}

static inline void await_open(struct front *front, uint64_t open)
{
    struct front_numbers numbers = { 0 };
    for (unsigned i = 0; i < 1000 * WIRE_PATIENCE_S; i++) {
        front_numbers(front, &numbers);
        if (numbers.open_now == open)
            return;
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    assert_int_equal(numbers.open_now, open);
}
