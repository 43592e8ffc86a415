// SPDX-License-Identifier: MIT

#include "engine_watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool watches_open(struct watches *watches)
{
    *watches = (struct watches){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
    return watches->epoll >= 0;
}

void watches_close(struct watches *watches)
{
    if (watches->epoll >= 0)
        close(watches->epoll);
    free(watches->by_fd);
    *watches = (struct watches){ .epoll = -1 };
}

static bool grow(struct watches *watches, size_t fd)
{
    if (fd < watches->room)
        return true;
    size_t room = watches->room ? watches->room : 256;
    while (room <= fd)
        room *= 2;
    struct watch *by_fd = realloc(watches->by_fd, room * sizeof *by_fd);
    if (!by_fd)
        return false;
    memset(by_fd + watches->room, 0, (room - watches->room) * sizeof *by_fd);
    watches->by_fd = by_fd;
    watches->room = room;
    return true;
}

struct watch *watch_open(struct watches *watches, int fd)
{
    if (!grow(watches, (size_t)fd))
        return NULL;
    struct watch *watch = &watches->by_fd[fd];
    *watch = (struct watch){ 0 };
    return watch;
}

struct watch *watch_of(struct watches *watches, int fd)
{
    if (fd < 0 || (size_t)fd >= watches->room)
        return NULL;
    struct watch *watch = &watches->by_fd[fd];
    return watch->kind == WATCH_NONE ? NULL : watch;
}

static bool arm(struct watches *watches, int fd, uint32_t events)
{
    struct watch *watch = &watches->by_fd[fd];
    if (watch->armed == events)
        return true;
    struct epoll_event event = { .events = events, .data.fd = fd };
    int how = watch->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(watches->epoll, how, fd, &event) != 0)
        return false;
    watch->armed = events;
    return true;
}

bool watch_for(struct watches *watches, int fd, uint32_t events)
{
    watches->by_fd[fd].wanted = true;
    return arm(watches, fd, events);
}

void watch_rest(struct watches *watches, int fd)
{
    struct watch *watch = &watches->by_fd[fd];
    watch->wanted = false;
    // Writable it would be for ever.
    if ((watch->armed & EPOLLOUT) && !arm(watches, fd, EPOLLIN))
        watch_mute(watches, fd);
}

void watch_mute(struct watches *watches, int fd)
{
    struct watch *watch = &watches->by_fd[fd];
    if (watch->armed)
        epoll_ctl(watches->epoll, EPOLL_CTL_DEL, fd, NULL);
    watch->armed = 0;
}

// The kernel forgets a closed socket by itself.
void watch_close(struct watches *watches, int fd)
{
    watches->by_fd[fd] = (struct watch){ 0 };
}
