// SPDX-License-Identifier: MIT
//
// engine_watch -- the sockets of a network thread on an epoll of its own.
//
// Registration is lazy: a connection that becomes idle stays armed for
// reading, so that its next request costs no system call; whatever is heard
// on it then means that its peer is gone, and it is disarmed.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct origin;

enum watch_kind { WATCH_NONE, WATCH_SHARD, WATCH_LEAN };

struct watch {
    void *owner; // by kind
    struct origin *origin;
    uint32_t armed; // what the kernel has
    uint8_t kind;
    bool wanted;
};

struct watches {
    int epoll;
    struct watch *by_fd;
    size_t room;
};

bool watches_open(struct watches *watches);
void watches_close(struct watches *watches);

// A new socket. NULL: out of memory.
struct watch *watch_open(struct watches *watches, int fd);

// NULL: it is none of ours.
struct watch *watch_of(struct watches *watches, int fd);

// False: the kernel refused.
bool watch_for(struct watches *watches, int fd, uint32_t events);
void watch_rest(struct watches *watches, int fd);
void watch_mute(struct watches *watches, int fd);

// Right before its socket is closed.
void watch_close(struct watches *watches, int fd);
