// SPDX-License-Identifier: MIT

#include "parked.h"

#include "herd.h"
#include "spawn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    EVENTS = 512,
    REQUEST_MAX = 4096,
    PLACES = 32768, // as many descriptors as it can have
};

enum command { RELEASE_ALL = 'a', RELEASE_ONE = 'o' };

struct parked_shared {
    atomic_size_t parked, open;
    bool stream;
    size_t greeting_len, release_len;
    char greeting[HERD_SAMPLE_MAX], release[HERD_SAMPLE_MAX];
};

// One that is held: in a ring in the order of arrival.
struct place {
    struct place *next, *before;
    int fd;
    bool held;
};

struct lot {
    struct parked_shared *shared;
    int epoll, listener, commands;
    struct place ring;
    struct place *places; // by descriptor
};

static char request[REQUEST_MAX]; // all of them share it

static void unlink_place(struct lot *lot, struct place *place)
{
    if (!place->held)
        return;
    place->before->next = place->next;
    place->next->before = place->before;
    place->held = false;
    atomic_fetch_sub(&lot->shared->parked, 1);
}

static void hold(struct lot *lot, struct place *place)
{
    if (place->held)
        return;
    place->before = lot->ring.before;
    place->next = &lot->ring;
    lot->ring.before->next = place;
    lot->ring.before = place;
    place->held = true;
    atomic_fetch_add(&lot->shared->parked, 1);
}

static void leave(struct lot *lot, struct place *place)
{
    unlink_place(lot, place);
    close(place->fd);
    atomic_fetch_sub(&lot->shared->open, 1);
}

static void come(struct lot *lot)
{
    int one = 1;
    int fd = accept4(lot->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || fd >= PLACES) {
        if (fd >= 0)
            close(fd);
        return;
    }
    struct place *place = &lot->places[fd];
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP,
                                 .data.ptr = place };
    *place = (struct place){ .fd = fd };
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_ctl(lot->epoll, EPOLL_CTL_ADD, fd, &event);
    atomic_fetch_add(&lot->shared->open, 1);
}

// A client sends its request in one piece, and the next one after the answer.
static void serve(struct lot *lot, struct place *place)
{
    const struct parked_shared *shared = lot->shared;
    ssize_t got = recv(place->fd, request, sizeof request, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got < 5) {
        leave(lot, place);
        return;
    }
    if (memcmp(request, "GET ", 4) != 0
        || memcmp(request + got - 4, "\r\n\r\n", 4) != 0)
        return; // a pong
    if (shared->greeting_len > 0)
        send(place->fd, shared->greeting, shared->greeting_len, MSG_NOSIGNAL);
    hold(lot, place);
}

static void release(struct lot *lot, struct place *place)
{
    const struct parked_shared *shared = lot->shared;
    send(place->fd, shared->release, shared->release_len, MSG_NOSIGNAL);
    if (!shared->stream)
        unlink_place(lot, place);
}

static bool obey(struct lot *lot)
{
    char command;
    if (read(lot->commands, &command, 1) != 1)
        return false;
    for (struct place *at = lot->ring.next, *next; at != &lot->ring;
         at = next) {
        next = at->next;
        release(lot, at);
        if (command == RELEASE_ONE)
            break;
    }
    return true;
}

static int run(void *context)
{
    struct lot *lot = context;
    struct epoll_event events[EVENTS];
    lot->ring.next = lot->ring.before = &lot->ring;
    // Not from a heap that its parent has used: it is to be weighed.
    lot->places =
        mmap(NULL, PLACES * sizeof *lot->places, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lot->places == MAP_FAILED)
        return 1;
    for (;;) {
        int count = epoll_wait(lot->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == lot)
                come(lot);
            else if (events[i].data.ptr != &lot->commands)
                serve(lot, events[i].data.ptr);
            else if (!obey(lot))
                return 0;
        }
    }
}

static bool listen_to(struct lot *lot, uint16_t *out_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    struct epoll_event comes = { .events = EPOLLIN, .data.ptr = lot };
    struct epoll_event told = { .events = EPOLLIN, .data.ptr = &lot->commands };
    lot->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    lot->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (lot->listener < 0 || lot->epoll < 0
        || bind(lot->listener, (struct sockaddr *)&at, sizeof at) != 0
        || listen(lot->listener, BACKLOG) != 0
        || getsockname(lot->listener, (struct sockaddr *)&at, &len) != 0)
        return false;
    *out_port = ntohs(at.sin_port);
    return epoll_ctl(lot->epoll, EPOLL_CTL_ADD, lot->listener, &comes) == 0
           && epoll_ctl(lot->epoll, EPOLL_CTL_ADD, lot->commands, &told) == 0;
}

static void close_all(const int fds[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

bool parked_open(struct parked *parked, int cpu)
{
    struct rlimit limit;
    int ends[2];
    *parked = (struct parked){ .commands = -1 };
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    parked->shared = mmap(NULL, sizeof *parked->shared, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (parked->shared == MAP_FAILED || pipe(ends) != 0) {
        parked->shared = NULL;
        return false;
    }
    struct lot lot = { .shared = parked->shared,
                       .commands = ends[0],
                       .epoll = -1,
                       .listener = -1 };
    if (listen_to(&lot, &parked->port))
        parked->pid = spawn_function(run, &lot, cpu);
    const int mine[] = { lot.listener, lot.epoll, ends[0] };
    close_all(mine, sizeof mine / sizeof *mine);
    parked->commands = ends[1];
    return parked->pid > 0;
}

void parked_close(struct parked *parked)
{
    spawn_stop(parked->pid, 0);
    if (parked->commands >= 0)
        close(parked->commands);
    if (parked->shared != NULL)
        munmap(parked->shared, sizeof *parked->shared);
    *parked = (struct parked){ .commands = -1 };
}

void parked_texts(struct parked *parked, const char *greeting, size_t len,
                  const char *release, size_t release_len, bool stream)
{
    struct parked_shared *shared = parked->shared;
    assert(len <= HERD_SAMPLE_MAX && release_len <= HERD_SAMPLE_MAX);
    memcpy(shared->greeting, greeting, len);
    memcpy(shared->release, release, release_len);
    shared->greeting_len = len;
    shared->release_len = release_len;
    shared->stream = stream;
}

size_t parked_count(const struct parked *parked)
{
    return atomic_load(&parked->shared->parked);
}

size_t parked_open_now(const struct parked *parked)
{
    return atomic_load(&parked->shared->open);
}

static bool command(struct parked *parked, char what)
{
    return write(parked->commands, &what, 1) == 1;
}

bool parked_release_all(struct parked *parked)
{
    return command(parked, RELEASE_ALL);
}

bool parked_release_one(struct parked *parked)
{
    return command(parked, RELEASE_ONE);
}
