// SPDX-License-Identifier: MIT

#include "clock.h"

#include <pthread.h>
#include <time.h>

enum { SLOWER = 10 }; // a part in so many

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct clock ours;

static int64_t milliseconds(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_read(struct clock *clock, int64_t real_ms, int64_t mono_ms)
{
    int64_t passed = mono_ms - clock->mono_ms;
    int64_t least = clock->unix_ms + passed - passed / SLOWER;
    if (real_ms < least)
        return least;
    *clock = (struct clock){ real_ms, mono_ms };
    return real_ms;
}

int64_t clock_unix(void)
{
    pthread_mutex_lock(&lock);
    int64_t now = clock_read(&ours, milliseconds(CLOCK_REALTIME),
                             milliseconds(CLOCK_MONOTONIC));
    pthread_mutex_unlock(&lock);
    return now;
}

void clock_not_before(int64_t unix_ms)
{
    int64_t now = clock_unix();
    pthread_mutex_lock(&lock);
    if (now < unix_ms)
        ours = (struct clock){ unix_ms, milliseconds(CLOCK_MONOTONIC) };
    pthread_mutex_unlock(&lock);
}
