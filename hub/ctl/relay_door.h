// SPDX-License-Identifier: MIT
//
// relay_door -- what subscribers ask of the relay, as of a hub.
//
// hub.mode=subscribe and unsubscribe by POST at / and /hub; a 202 means that
// the request is on disk. GET /feed is relay_feed's.

#pragma once

#include "hub/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct relay;
struct relay_door;

enum { RELAY_DOOR_PROBLEM_MAX = 256 };

// NULL: `problem` is a sentence.
struct relay_door *relay_door_open(struct relay *relay, const char *listen,
                                   char problem[RELAY_DOOR_PROBLEM_MAX]);
// Where it really listens, borrowed.
const char *relay_door_address(const struct relay_door *door);
// To be polled for reading; -1: it is shut.
int relay_door_fd(const struct relay_door *door);

void relay_door_step(struct relay_door *door, struct moment now);
int64_t relay_door_patience(const struct relay_door *door, struct moment now);

// The book has been written, or could not be: answer those who wait for that.
void relay_door_written(struct relay_door *door, bool fine);

// Take nothing any more.
void relay_door_shut(struct relay_door *door);
// Everything has been answered.
void relay_door_close(struct relay_door *door); // NULL is fine
