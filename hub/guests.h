// SPDX-License-Identifier: MIT
//
// guests -- the connections that front holds.
//
// It lets them in, or turns them away, looks after their deadlines, and brings
// them the replies. What becomes of a single one is in guest.h.
//
// All of it runs on front's thread, but for the reply to a held request, which
// comes from anywhere and is passed on under a lock, guests_next_gone(), and
// the counters.

#pragma once

#include "front.h"
#include "settling.h"

#include <stdbool.h>
#include <stdint.h>

struct guest;
struct guests;

// Guests are watched through `epoll`, with themselves as the event's data.
// `wake_fd` is an eventfd that is written to when guests_step() has work.
// NULL: out of memory.
struct guests *guests_new(const struct front_options *options, int epoll,
                          int wake_fd);
// Nobody's request may be unanswered.
void guests_free(struct guests *guests);

// A connection has come in: it is taken over, and let in or turned away.
void guests_welcome(struct guests *guests, int fd,
                    const struct sockaddr *address, int64_t now);
// Tell it that there are too many, in one go, and close it.
void guests_turn_away(struct guests *guests, int fd);

// Something happened to the guest of an event of `epoll`.
void guests_event(struct guest *guest, uint32_t events, int64_t now);

// Send what was replied meanwhile; end what has taken too long.
void guests_step(struct guests *guests, int64_t now);

// Milliseconds until guests_step() is needed, without wake_fd; -1: never.
int guests_wait(const struct guests *guests, int64_t now);

// From now on every answer is the last of its connection. From any thread.
void guests_drain(struct guests *guests);

// Ends those that are idle, and says how it is with the others but for those
// who are held, or whose request is with somebody.
enum settling guests_settle(struct guests *guests, int64_t now);

// From now on who asks for something is told that the hub stops.
void guests_refuse(struct guests *guests);

// Are answers being written?
bool guests_writing(const struct guests *guests);

// See front_next_gone() and front_numbers().
struct request *guests_next_gone(struct guests *guests);
void guests_numbers(const struct guests *guests, struct front_numbers *out);
