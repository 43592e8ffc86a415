// SPDX-License-Identifier: MIT
//
// parked -- sockets that are parked and released by one thread with epoll: the
// physical limit of what a hub can do for those who are held.
//
// It waits for the empty line of a request, looks no further than that it is a
// GET, and parks the connection in a struct of some dozen bytes. To release is
// to send everybody the same bytes that are ready. It knows no topics, cursors
// or deadlines, and forgets who closes.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct parked_shared;

struct parked {
    pid_t pid;
    uint16_t port; // of 127.0.0.1
    int commands;  // a pipe to it
    struct parked_shared *shared;
};

// In a process of its own. False: it did not start.
bool parked_open(struct parked *parked, int cpu);
void parked_close(struct parked *parked);

// What it sends to who has asked (of a stream its head; empty for a poll), and
// what releases him. A stream stays parked then.
void parked_texts(struct parked *parked, const char *greeting, size_t len,
                  const char *release, size_t release_len, bool stream);

size_t parked_count(const struct parked *parked);
size_t parked_open_now(const struct parked *parked); // connections

// Release all, or the one who came from the most distant past.
bool parked_release_all(struct parked *parked);
bool parked_release_one(struct parked *parked);
