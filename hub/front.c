// SPDX-License-Identifier: MIT

#include "front.h"

#include "guests.h"
#include "listeners.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 256,
    EVENTS_BUSY = 64,   // while answers wait to be sent
    ACCEPTS_MAX = 64,   // of one listener in one turn
    LAST_TURNS = 16,    // together as many as the backlog holds
    SETTLE_MS = 10,     // between two looks at who is still there
    PAUSE_MS = 100,     // of accepting, when there is no descriptor left
    FAREWELL_MS = 2000, // for answers that are being written at the end
};

// Of its life, one after the other.
enum stage { STAGE_OPEN, STAGE_DRAINED, STAGE_ENDED, STAGE_STOPPED };

struct front {
    struct guests *guests;
    struct listeners listeners;
    void (*handed)(void *context, int fd, const struct sockaddr *address,
                   enum door door);
    bool (*look)(void *context);
    void *context;
    int64_t look_ms, look_at; // look_at 0: nothing is to be looked after
    uint64_t looked;          // how many had been handed over then
    int epoll, wake_fd;
    int reserve; // given up to answer one more when descriptors run out
    int64_t paused_until;
    bool paused;

    pthread_t thread;
    bool started;
    // What the thread is told, and tells.
    pthread_mutex_t lock;
    pthread_cond_t reached_cond;
    enum stage wanted, reached;
    _Atomic enum settling settling;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// What was handed over is looked after until there is nothing left of it.
static void look_after(struct front *front, int64_t now)
{
    struct front_numbers numbers;
    if (!front->look)
        return;
    guests_numbers(front->guests, &numbers);
    bool more = numbers.handed != front->looked;
    front->looked = numbers.handed;
    if (more && front->look_at == 0)
        front->look_at = now + front->look_ms;
    if (front->look_at != 0 && now >= front->look_at)
        front->look_at = front->look(front->context) ? now + front->look_ms : 0;
}

// ---------------------------------------------------------------- accept

static bool watch(struct front *front, struct listener *listener)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = listener };
    return epoll_ctl(front->epoll, EPOLL_CTL_ADD, listener->fd, &event) == 0;
}

// A listener that has somebody waiting and cannot let him in would report
// that again and again.
static void pause_accepting(struct front *front, int64_t now)
{
    for (size_t i = 0; i < front->listeners.count; i++)
        epoll_ctl(front->epoll, EPOLL_CTL_DEL, front->listeners.items[i].fd,
                  NULL);
    front->paused = true;
    front->paused_until = now + PAUSE_MS;
}

static void resume_accepting(struct front *front, int64_t now)
{
    front->paused = false;
    for (size_t i = 0; i < front->listeners.count; i++)
        if (!watch(front, &front->listeners.items[i]))
            pause_accepting(front, now);
}

static int open_reserve(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// Out of descriptors: the reserve one serves to say so.
static bool answer_with_reserve(struct front *front,
                                const struct listener *listener)
{
    if (front->reserve < 0)
        front->reserve = open_reserve();
    if (front->reserve < 0)
        return false;
    close(front->reserve);
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        guests_turn_away(front->guests, fd);
    front->reserve = open_reserve();
    return fd >= 0;
}

static void admit(struct front *front, const struct listener *listener, int fd,
                  const struct sockaddr *address, int64_t now)
{
    // Operators are let in however crowded it is.
    if (listener->door != DOOR_PUBLIC)
        front->handed(front->context, fd, address, listener->door);
    else
        guests_welcome(front->guests, fd, address, now);
}

static void accept_some(struct front *front, const struct listener *listener,
                        int64_t now)
{
    for (unsigned i = 0; i < ACCEPTS_MAX; i++) {
        struct sockaddr_storage address = { 0 };
        socklen_t len = sizeof address;
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(front, listener, fd, (struct sockaddr *)&address, now);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno == EMFILE || errno == ENFILE) {
            if (!answer_with_reserve(front, listener)) {
                pause_accepting(front, now);
                return;
            }
        } else if (errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(front, now);
            return;
        }
        // Other errors are the connection's own, which is gone then
        // (accept(2), "Error handling").
    }
}

// ---------------------------------------------------------------- thread

static void close_listeners(struct front *front)
{
    for (size_t i = 0; i < front->listeners.count; i++) {
        // Whoever else has it open would keep it watched.
        if (front->started && !front->paused)
            epoll_ctl(front->epoll, EPOLL_CTL_DEL, front->listeners.items[i].fd,
                      NULL);
        listener_close(&front->listeners.items[i]);
    }
    front->listeners.count = 0;
    front->paused = false;
}

// What came before the end of listening is still let in: closing would reset
// it.
static void accept_last(struct front *front, int64_t now)
{
    for (unsigned turn = 0; turn < LAST_TURNS; turn++)
        for (size_t i = 0; i < front->listeners.count; i++)
            if (!front->listeners.items[i].inherited)
                accept_some(front, &front->listeners.items[i], now);
}

static void go_to(struct front *front, enum stage stage, int64_t now)
{
    if (stage == STAGE_DRAINED) {
        accept_last(front, now);
        close_listeners(front);
        guests_drain(front->guests);
    } else if (stage == STAGE_ENDED) {
        guests_refuse(front->guests);
    }
    pthread_mutex_lock(&front->lock);
    front->reached = stage;
    pthread_cond_signal(&front->reached_cond);
    pthread_mutex_unlock(&front->lock);
}

// Returns whether to go on.
static bool obey(struct front *front, int64_t now, int64_t *stop_at)
{
    pthread_mutex_lock(&front->lock);
    enum stage wanted = front->wanted;
    enum stage reached = front->reached;
    pthread_mutex_unlock(&front->lock);

    while (reached < wanted)
        go_to(front, ++reached, now);
    if (wanted < STAGE_STOPPED)
        return true;
    if (*stop_at == 0)
        *stop_at = now + FAREWELL_MS;
    guests_step(front->guests, now);
    return guests_writing(front->guests) && now < *stop_at;
}

static int turn_wait(const struct front *front, int64_t now, int64_t stop_at)
{
    int wait = guests_wait(front->guests, now);
    int64_t others[] = { front->paused ? front->paused_until : INT64_MAX,
                         front->look_at ? front->look_at : INT64_MAX,
                         stop_at ? stop_at : INT64_MAX };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        int64_t left = others[i] > now ? others[i] - now : 0;
        if (others[i] != INT64_MAX && (wait < 0 || left < wait))
            wait = (int)left;
    }
    return wait;
}

// NULL: it is a guest, or we ourselves.
static struct listener *as_listener(struct front *front, void *target)
{
    uintptr_t offset = (uintptr_t)target - (uintptr_t)front->listeners.items;
    return offset < sizeof front->listeners.items ? target : NULL;
}

static void take_event(struct front *front, const struct epoll_event *event,
                       int64_t now)
{
    struct listener *listener = as_listener(front, event->data.ptr);
    eventfd_t count;
    if (event->data.ptr == front)
        (void)eventfd_read(front->wake_fd, &count);
    else if (listener)
        accept_some(front, listener, now);
    else
        guests_event(event->data.ptr, event->events, now);
}

// Returns whether to look again.
static bool settle(struct front *front, int64_t now)
{
    if (front->reached < STAGE_DRAINED)
        return false;
    enum settling settling = guests_settle(front->guests, now);
    atomic_store(&front->settling, settling);
    return settling != SETTLED;
}

static void *run(void *context)
{
    pthread_setname_np(pthread_self(), "front");
    struct front *front = context;
    struct epoll_event events[EVENTS_MAX];
    int64_t now = monotonic_ms();
    int64_t stop_at = 0;

    while (obey(front, now, &stop_at)) {
        int wait = turn_wait(front, now, stop_at);
        bool settling = settle(front, now);
        if (settling && (wait < 0 || wait > SETTLE_MS))
            wait = SETTLE_MS;
        int count = epoll_wait(front->epoll, events,
                               wait == 0 ? EVENTS_BUSY : EVENTS_MAX, wait);
        assert(count >= 0 || errno == EINTR);
        now = monotonic_ms();
        for (int i = 0; i < count; i++)
            take_event(front, &events[i], now);
        // Only now, when no event speaks of a guest any more, may one end
        // for another reason than its own event.
        guests_step(front->guests, now);
        look_after(front, now);
        if (front->paused && now >= front->paused_until)
            resume_accepting(front, now);
    }
    return NULL;
}

// ----------------------------------------------------------- from outside

static bool open_rest(struct front *front, const struct front_options *options)
{
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = front };
    front->epoll = epoll_create1(EPOLL_CLOEXEC);
    front->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    front->reserve = open_reserve();
    if (front->epoll < 0 || front->wake_fd < 0 || front->reserve < 0)
        return false;
    front->guests = guests_new(options, front->epoll, front->wake_fd);
    return front->guests
           && epoll_ctl(front->epoll, EPOLL_CTL_ADD, front->wake_fd, &event)
                  == 0;
}

struct front *front_open(const struct front_options *options,
                         const char **problem)
{
    static char sentence[LISTENER_PROBLEM_MAX];
    struct front *front = calloc(1, sizeof *front);
    *problem = "cannot listen: out of memory or descriptors";
    if (!front)
        return NULL;
    front->epoll = front->wake_fd = front->reserve = -1;
    front->handed = options->handed;
    front->look = options->look;
    front->look_ms = options->limits.idle_ms / 2;
    front->context = options->context;
    pthread_mutex_init(&front->lock, NULL);
    pthread_cond_init(&front->reached_cond, NULL);

    if (!open_rest(front, options))
        goto failed;
    if (!listeners_open(&front->listeners, options, sentence)) {
        *problem = sentence;
        goto failed;
    }
    return front;

failed:
    front_close(front);
    return NULL;
}

enum settling front_settling(const struct front *front)
{
    return front->started ? atomic_load(&front->settling) : SETTLED;
}

void front_soften(struct front *front)
{
    guests_drain(front->guests);
}

bool front_start(struct front *front)
{
    for (size_t i = 0; i < front->listeners.count; i++)
        if (!watch(front, &front->listeners.items[i]))
            return false;
    front->started = pthread_create(&front->thread, NULL, run, front) == 0;
    return front->started;
}

const char *front_address(const struct front *front, size_t index)
{
    return index < front->listeners.public_count
               ? front->listeners.items[index].address
               : NULL;
}

const char *front_admin_address(const struct front *front, size_t index)
{
    const struct listener *at =
        &front->listeners.items[front->listeners.public_count + index];
    bool there = front->listeners.public_count + index < front->listeners.count
                 && at->door == DOOR_OPERATORS;
    return there ? at->address : NULL;
}

static void tell(struct front *front, enum stage stage)
{
    pthread_mutex_lock(&front->lock);
    front->wanted = stage;
    (void)eventfd_write(front->wake_fd, 1);
    while (front->reached < stage)
        pthread_cond_wait(&front->reached_cond, &front->lock);
    pthread_mutex_unlock(&front->lock);
}

void front_drain(struct front *front)
{
    if (front->started)
        tell(front, STAGE_DRAINED);
    else
        close_listeners(front);
}

void front_end(struct front *front)
{
    if (front->started)
        tell(front, STAGE_ENDED);
}

struct request *front_next_gone(struct front *front)
{
    return guests_next_gone(front->guests);
}

struct guests *front_guests(struct front *front)
{
    return front->guests;
}

void front_numbers(const struct front *front, struct front_numbers *out)
{
    guests_numbers(front->guests, out);
}

static void close_descriptor(int fd)
{
    if (fd >= 0)
        close(fd);
}

void front_close(struct front *front)
{
    if (!front)
        return;
    if (front->started) {
        tell(front, STAGE_STOPPED);
        pthread_join(front->thread, NULL);
    }
    close_listeners(front);
    guests_free(front->guests);
    close_descriptor(front->epoll);
    close_descriptor(front->wake_fd);
    close_descriptor(front->reserve);
    pthread_cond_destroy(&front->reached_cond);
    pthread_mutex_destroy(&front->lock);
    free(front);
}
