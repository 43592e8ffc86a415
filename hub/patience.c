// SPDX-License-Identifier: MIT

#include "patience.h"

#include <assert.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

static int64_t monotonic_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

void patience_init(struct patience *patience)
{
    *patience = (struct patience){ 0 };
    pthread_mutex_init(&patience->lock, NULL);
}

void patience_clear(struct patience *patience)
{
    assert(!patience->oldest);
    pthread_mutex_destroy(&patience->lock);
}

void patience_begin(struct patience *patience, struct waiting *waiting)
{
    pthread_mutex_lock(&patience->lock);
    assert(!waiting->listed);
    waiting->since = monotonic_s();
    waiting->next = NULL;
    waiting->before = patience->youngest;
    if (patience->youngest)
        patience->youngest->next = waiting;
    else
        patience->oldest = waiting;
    patience->youngest = waiting;
    waiting->listed = true;
    waiting->dismissed = false;
    pthread_mutex_unlock(&patience->lock);
}

static void unlist(struct patience *patience, struct waiting *waiting)
{
    if (!waiting->listed)
        return;
    if (waiting->before)
        waiting->before->next = waiting->next;
    else
        patience->oldest = waiting->next;
    if (waiting->next)
        waiting->next->before = waiting->before;
    else
        patience->youngest = waiting->before;
    waiting->listed = false;
}

void patience_end(struct patience *patience, struct waiting *waiting)
{
    pthread_mutex_lock(&patience->lock);
    unlist(patience, waiting);
    pthread_mutex_unlock(&patience->lock);
}

bool patience_enforce(struct patience *patience, int64_t seconds)
{
    int64_t now = monotonic_s();
    pthread_mutex_lock(&patience->lock);
    while (patience->oldest && now - patience->oldest->since > seconds) {
        shutdown(patience->oldest->fd, SHUT_RDWR);
        unlist(patience, patience->oldest);
    }
    bool more = patience->oldest != NULL;
    pthread_mutex_unlock(&patience->lock);
    return more;
}

void patience_enforce_of(struct patience *patience, int64_t seconds,
                         bool (*is_one)(void *context,
                                        const struct waiting *waiting),
                         void *context)
{
    int64_t now = monotonic_s();
    pthread_mutex_lock(&patience->lock);
    for (struct waiting *one = patience->oldest, *next; one; one = next) {
        next = one->next;
        if (now - one->since <= seconds)
            break; // all behind it have come later
        if (!is_one(context, one))
            continue;
        shutdown(one->fd, SHUT_RDWR);
        unlist(patience, one);
    }
    pthread_mutex_unlock(&patience->lock);
}

static enum settling dismiss(struct waiting *waiting)
{
    char byte;
    if (waiting->dismissed)
        return SETTLING_THEIRS;
    if (recv(waiting->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0)
        return SETTLING_OURS;
    if (waiting->heard && !atomic_load(&waiting->begun)) {
        waiting->dismissed = true;
        shutdown(waiting->fd, SHUT_RD);
    }
    return SETTLING_THEIRS;
}

enum settling patience_dismiss(struct patience *patience)
{
    enum settling settling = SETTLED;
    pthread_mutex_lock(&patience->lock);
    for (struct waiting *one = patience->oldest; one; one = one->next)
        settling = settling_of_both(settling, dismiss(one));
    pthread_mutex_unlock(&patience->lock);
    return settling;
}
