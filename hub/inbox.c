// SPDX-License-Identifier: MIT

#include "inbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct inbox {
    pthread_mutex_t lock;
    struct request *first, *last;
    void (*wake)(void *context);
    void *context;
};

struct inbox *inbox_new(void (*wake)(void *context), void *context)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    if (!inbox)
        return NULL;
    pthread_mutex_init(&inbox->lock, NULL);
    inbox->wake = wake;
    inbox->context = context;
    return inbox;
}

void inbox_free(struct inbox *inbox)
{
    if (!inbox)
        return;
    assert(!inbox->first);
    pthread_mutex_destroy(&inbox->lock);
    free(inbox);
}

void inbox_put(struct inbox *inbox, struct request *request)
{
    request->link = NULL;
    pthread_mutex_lock(&inbox->lock);
    bool was_empty = !inbox->first;
    if (was_empty)
        inbox->first = request;
    else
        inbox->last->link = request;
    inbox->last = request;
    pthread_mutex_unlock(&inbox->lock);
    if (was_empty)
        inbox->wake(inbox->context);
}

struct request *inbox_take(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct request *first = inbox->first;
    inbox->first = inbox->last = NULL;
    pthread_mutex_unlock(&inbox->lock);
    return first;
}
