// SPDX-License-Identifier: MIT
//
// Preloaded into programs, this makes them late at random: each of their
// threads has moods (prompt, slow, slower), each for a while, and pauses as
// the mood has it around the calls by which processes and threads meet. What a
// test takes for granted about the order or the pace of things then fails
// often instead of once in a thousand runs.
//
//   LD_PRELOAD=build/release/tests/liblate.so python3 ...
//
// contrib/soak does that. A thread pauses for less than a third of its life.

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// The first pauses of a thread come without a life before them.
#define CREDIT_NS 500000000
#define MOOD_NS   300000000 // on average

struct mood {
    uint32_t often; // of 2^16 calls that many pause
    uint32_t usual_us;
    uint32_t rare_us; // each sixteenth pause
};

static const struct mood moods[] = {
    { 0, 0, 0 },
    { 0, 0, 0 },
    { 6000, 3000, 60000 },
    { 40000, 30000, 200000 },
};

struct life {
    const struct mood *mood; // NULL: it has not begun
    uint64_t born_ns, mood_until_ns, paused_ns, random_state;
};

static _Thread_local struct life life;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint32_t random_bits(void)
{
    uint64_t bits = life.random_state += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)(bits >> 32);
}

static void begin_life(uint64_t now)
{
    life.born_ns = now;
    // A pointer into the thread's own memory differs by thread.
    life.random_state = now ^ (uint64_t)getpid() << 32 ^ (uintptr_t)&life;
}

static void change_mood(uint64_t now)
{
    life.mood = &moods[random_bits() % (sizeof moods / sizeof *moods)];
    life.mood_until_ns = now + random_bits() % (2 * MOOD_NS);
}

static void forget_life(void)
{
    life.mood = NULL;
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(NULL, NULL, forget_life);
}

static void pause_perhaps(void)
{
    uint64_t now = now_ns();
    if (!life.mood)
        begin_life(now);
    if (!life.mood || now > life.mood_until_ns)
        change_mood(now);
    uint32_t bits = random_bits();
    if ((bits & 0xffff) >= life.mood->often)
        return;
    uint32_t most = bits >> 28 == 0 ? life.mood->rare_us : life.mood->usual_us;
    uint64_t ns = (uint64_t)(random_bits() % most) * 1000;
    if (life.paused_ns + ns > (now - life.born_ns) / 3 + CREDIT_NS)
        return;
    life.paused_ns += ns;
    int error = errno;
    struct timespec left = { .tv_nsec = (long)ns };
    nanosleep(&left, NULL);
    errno = error;
}

// Of many locks of a program few are where threads meet.
static void pause_seldom(void)
{
    if (random_bits() % 8 == 0)
        pause_perhaps();
}

// Sockets, pipes, eventfds: not files.
static void pause_at_meetings(int file)
{
    struct stat status;
    int error = errno;
    if (fstat(file, &status) == 0 && !S_ISREG(status.st_mode)
        && !S_ISDIR(status.st_mode))
        pause_perhaps();
    errno = error;
}

// ------------------------------------------------------ in libc's place

static void *find(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

// A function of this library in the place of libc's: `before` and `after` say
// where it pauses.
#define IN_PLACE(type, name, parameters, arguments, before, after)             \
    type name parameters                                                       \
    {                                                                          \
        static type(*_Atomic real) parameters;                                 \
        if (!real) {                                                           \
            void *found = find(#name);                                         \
            type(*function) parameters;                                        \
            memcpy(&function, &found, sizeof found);                           \
            real = function;                                                   \
        }                                                                      \
        before;                                                                \
        type result = real arguments;                                          \
        after;                                                                 \
        return result;                                                         \
    }

#define NOT_HERE (void)0

// __SOCKADDR_ARG: glibc declares them with a union of its own.

IN_PLACE(int, epoll_wait,
         (int set, struct epoll_event *events, int count, int timeout),
         (set, events, count, timeout), NOT_HERE, pause_perhaps())
IN_PLACE(int, epoll_pwait,
         (int set, struct epoll_event *events, int count, int timeout,
          const sigset_t *signals),
         (set, events, count, timeout, signals), NOT_HERE, pause_perhaps())
IN_PLACE(int, poll, (struct pollfd * files, nfds_t count, int timeout),
         (files, count, timeout), NOT_HERE, pause_perhaps())
IN_PLACE(int, connect, (int file, __CONST_SOCKADDR_ARG address, socklen_t len),
         (file, address, len), pause_perhaps(), NOT_HERE)
IN_PLACE(int, accept, (int file, __SOCKADDR_ARG address, socklen_t *len),
         (file, address, len), pause_perhaps(), NOT_HERE)
IN_PLACE(int, accept4,
         (int file, __SOCKADDR_ARG address, socklen_t *len, int flags),
         (file, address, len, flags), pause_perhaps(), NOT_HERE)
IN_PLACE(ssize_t, send, (int file, const void *bytes, size_t len, int flags),
         (file, bytes, len, flags), pause_perhaps(), NOT_HERE)
IN_PLACE(ssize_t, sendmsg, (int file, const struct msghdr *message, int flags),
         (file, message, flags), pause_perhaps(), NOT_HERE)
IN_PLACE(ssize_t, writev, (int file, const struct iovec *parts, int count),
         (file, parts, count), pause_at_meetings(file), NOT_HERE)
IN_PLACE(ssize_t, write, (int file, const void *bytes, size_t len),
         (file, bytes, len), pause_at_meetings(file), NOT_HERE)
IN_PLACE(ssize_t, recv, (int file, void *bytes, size_t len, int flags),
         (file, bytes, len, flags), NOT_HERE, pause_perhaps())
IN_PLACE(ssize_t, read, (int file, void *bytes, size_t len), (file, bytes, len),
         pause_at_meetings(file), NOT_HERE)
IN_PLACE(int, shutdown, (int file, int how), (file, how), pause_perhaps(),
         NOT_HERE)
IN_PLACE(int, close, (int file), (file), pause_at_meetings(file), NOT_HERE)
IN_PLACE(int, fdatasync, (int file), (file), pause_perhaps(), NOT_HERE)
IN_PLACE(int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex),
         pause_seldom(), NOT_HERE)
IN_PLACE(int, pthread_mutex_unlock, (pthread_mutex_t * mutex), (mutex),
         NOT_HERE, pause_seldom())
IN_PLACE(int, pthread_cond_wait,
         (pthread_cond_t * condition, pthread_mutex_t *mutex),
         (condition, mutex), NOT_HERE, pause_perhaps())
