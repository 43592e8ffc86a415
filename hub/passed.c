// SPDX-License-Identifier: MIT

#include "passed.h"

#include <time.h>

void passed_init(struct passed *passed)
{
    *passed = (struct passed){ .ended = false };
    atomic_init(&passed->pending, 0);
    pthread_mutex_init(&passed->lock, NULL);
    pthread_cond_init(&passed->finished, NULL);
}

void passed_clear(struct passed *passed)
{
    pthread_cond_destroy(&passed->finished);
    pthread_mutex_destroy(&passed->lock);
}

bool passed_add(struct passed *passed)
{
    pthread_mutex_lock(&passed->lock);
    bool fine = !passed->ended;
    passed->unfinished += fine;
    if (fine)
        atomic_fetch_add(&passed->pending, 1);
    pthread_mutex_unlock(&passed->lock);
    return fine;
}

void passed_answer(struct passed *passed)
{
    atomic_fetch_sub(&passed->pending, 1);
}

void passed_finish(struct passed *passed)
{
    pthread_mutex_lock(&passed->lock);
    passed->unfinished--;
    pthread_cond_signal(&passed->finished);
    pthread_mutex_unlock(&passed->lock);
}

void passed_end(struct passed *passed)
{
    pthread_mutex_lock(&passed->lock);
    passed->ended = true;
    pthread_mutex_unlock(&passed->lock);
}

void passed_await(struct passed *passed, unsigned seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)seconds;
    pthread_mutex_lock(&passed->lock);
    while (passed->unfinished > 0
           && pthread_cond_timedwait(&passed->finished, &passed->lock, &until)
                  == 0)
        continue;
    pthread_mutex_unlock(&passed->lock);
}
