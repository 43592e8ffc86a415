// SPDX-License-Identifier: MIT

#include "inbox.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

// Somebody who went away.
struct departure {
    struct departure *next;
    const struct request *request;
};

struct inbox {
    pthread_mutex_t lock;
    struct departure *gone;
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
    while (inbox_next_gone(inbox))
        ;
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

void inbox_note_gone(struct inbox *inbox, const struct request *request)
{
    struct departure *departure = malloc(sizeof *departure);
    if (!departure)
        return; // its deadline will find out
    departure->request = request;
    pthread_mutex_lock(&inbox->lock);
    departure->next = inbox->gone;
    inbox->gone = departure;
    pthread_mutex_unlock(&inbox->lock);
    inbox->wake(inbox->context);
}

const struct request *inbox_next_gone(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct departure *departure = inbox->gone;
    if (departure)
        inbox->gone = departure->next;
    pthread_mutex_unlock(&inbox->lock);
    const struct request *request = departure ? departure->request : NULL;
    free(departure);
    return request;
}

struct request *inbox_take(struct inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    struct request *first = inbox->first;
    inbox->first = inbox->last = NULL;
    pthread_mutex_unlock(&inbox->lock);
    return first;
}
