// SPDX-License-Identifier: MIT

#include "import_crew.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 24, WAITING_MAX = 64, TIMEOUT_S = 120 };

struct job {
    struct import_order order;
    char *bytes; // of the values
};

struct import_crew {
    const struct ctl *ctl;
    struct import_listener listener;
    pthread_mutex_t lock;   // of the jobs
    pthread_cond_t changed; // there is a job, or room, or an end
    struct job jobs[WAITING_MAX];
    size_t first, count;
    bool over;    // no more will come
    bool stopped; // there is no daemon any more
    pthread_mutex_t telling;
    pthread_t threads[THREADS];
    size_t thread_count;
};

// ------------------------------------------------------------------- orders

static size_t bytes_of(const struct import_order *order)
{
    size_t size = 0;
    for (size_t i = 0; i < order->count; i++)
        size += order->fields[i].value ? strlen(order->fields[i].value) + 1 : 0;
    return size;
}

static bool copy(const struct import_order *order, struct job *out)
{
    assert(order->count <= IMPORT_FIELDS_MAX);
    out->order = *order;
    out->bytes = malloc(bytes_of(order) + 1);
    char *at = out->bytes;
    for (size_t i = 0; at && i < order->count; i++) {
        const char *value = order->fields[i].value;
        if (!value)
            continue;
        size_t size = strlen(value) + 1;
        memcpy(at, value, size);
        out->order.fields[i].value = at;
        at += size;
    }
    return out->bytes != NULL;
}

static void drop(struct job *job)
{
    if (job->bytes)
        explicit_bzero(job->bytes, bytes_of(&job->order));
    free(job->bytes);
}

// ------------------------------------------------------------------ threads

static bool take(struct import_crew *crew, struct job *out)
{
    pthread_mutex_lock(&crew->lock);
    while (crew->count == 0 && !crew->over)
        pthread_cond_wait(&crew->changed, &crew->lock);
    bool got = crew->count > 0;
    if (got) {
        *out = crew->jobs[crew->first];
        crew->first = (crew->first + 1) % WAITING_MAX;
        crew->count--;
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
    return got;
}

static bool is_stopped(struct import_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    bool stopped = crew->stopped;
    pthread_mutex_unlock(&crew->lock);
    return stopped;
}

static void stop(struct import_crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->stopped = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

static void ask(struct import_crew *crew, const struct import_order *order)
{
    const struct admin_question question = {
        .method = "POST",
        .path = order->path,
        .fields = order->fields,
        .field_count = order->count,
        .timeout_s = TIMEOUT_S,
    };
    struct admin_answer answer;
    bool answered = admin_ask(crew->ctl, &question, &answer);
    if (!answered)
        stop(crew);
    import_crew_lock(crew);
    crew->listener.answered(crew->listener.context, order->line,
                            answered ? &answer : NULL);
    import_crew_unlock(crew);
    if (answered)
        admin_clear(&answer);
}

static void *work(void *context)
{
    struct import_crew *crew = context;
    struct job job;
    while (take(crew, &job)) {
        if (!is_stopped(crew))
            ask(crew, &job.order);
        drop(&job);
    }
    admin_close();
    return NULL;
}

struct import_crew *import_crew_new(const struct ctl *ctl,
                                    const struct import_listener *listener)
{
    struct import_crew *crew = calloc(1, sizeof *crew);
    if (!crew)
        return NULL;
    crew->ctl = ctl;
    crew->listener = *listener;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_mutex_init(&crew->telling, NULL);
    pthread_cond_init(&crew->changed, NULL);
    while (
        crew->thread_count < THREADS
        && pthread_create(&crew->threads[crew->thread_count], NULL, work, crew)
               == 0)
        crew->thread_count++;
    if (crew->thread_count > 0)
        return crew;
    import_crew_end(crew);
    return NULL;
}

bool import_crew_put(struct import_crew *crew, const struct import_order *order)
{
    struct job job;
    if (!copy(order, &job))
        return false;
    pthread_mutex_lock(&crew->lock);
    while (crew->count == WAITING_MAX && !crew->stopped)
        pthread_cond_wait(&crew->changed, &crew->lock);
    bool taken = !crew->stopped;
    if (taken) {
        crew->jobs[(crew->first + crew->count) % WAITING_MAX] = job;
        crew->count++;
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
    if (!taken)
        drop(&job);
    return taken;
}

void import_crew_lock(struct import_crew *crew)
{
    pthread_mutex_lock(&crew->telling);
}

void import_crew_unlock(struct import_crew *crew)
{
    pthread_mutex_unlock(&crew->telling);
}

void import_crew_end(struct import_crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->over = true;
    pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->thread_count; i++)
        pthread_join(crew->threads[i], NULL);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->telling);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}
