// SPDX-License-Identifier: MIT

#include "loop.h"

#include "clock.h"
#include "log.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { SLOW_STEP_US = 10000, SLOW_SILENCE_US = 1000000 };

struct job {
    uv_work_t uv;
    struct loop *loop;
    struct job *next;
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t timer;
    uv_signal_t term, interrupt, hangup;
    struct source sources[LOOP_SOURCES_MAX];
    size_t source_count;

    void (*stopping)(void *context);
    void (*reload)(void *context);
    void *context;
    bool stop;
    bool was_told; // a first SIGTERM or SIGINT came
    // What libuv's callbacks recorded for the next turn.
    bool told, hung_up;
    struct job *ended, **ended_tail;
    size_t jobs; // begun and not done

    _Atomic int64_t turn_us; // monotonic: when it began; 0: it is over
    uint64_t slow_steps, longest_us;
    uint64_t slow_untold;   // not logged, since the last one was just before
    int64_t slow_silent_us; // monotonic: until then
};

static int64_t clock_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct moment loop_now(void)
{
    return (struct moment){
        .mono = clock_us(CLOCK_MONOTONIC) / 1000,
        .unix = clock_unix(),
    };
}

// ------------------------------------------- libuv's callbacks: they record

static void on_wake(uv_async_t *handle)
{
    (void)handle; // that the loop came round is all there is to it
}

// libuv looks at its timers before it sleeps, too. The time may have passed by
// then, and without a timer it would sleep until somebody comes.
static void on_timer(uv_timer_t *handle)
{
    uv_stop(handle->loop);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct loop *loop = handle->data;
    // Whoever asks twice does not want to wait for the first to be done.
    if (loop->was_told)
        _exit(128 + number);
    loop->was_told = loop->told = true;
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)number;
    struct loop *loop = handle->data;
    loop->hung_up = true;
}

static void on_worker(uv_work_t *uv)
{
    struct job *job = uv->data;
    job->work(job->context);
}

static void on_worked(uv_work_t *uv, int status)
{
    (void)status; // we cancel none
    struct job *job = uv->data;
    *job->loop->ended_tail = job;
    job->loop->ended_tail = &job->next;
}

// ------------------------------------------------------------------- a turn

// A slow machine or disk makes many of them: one line a second will do.
static void tell_slow(struct loop *loop, const char *name, uint64_t took_us)
{
    int64_t now = clock_us(CLOCK_MONOTONIC);
    if (now < loop->slow_silent_us) {
        loop->slow_untold++;
        return;
    }
    LOG(LOG_WARN, "loop.slow_step", LOG_T("step", name), LOG_N("us", took_us),
        LOG_N("untold", loop->slow_untold));
    loop->slow_untold = 0;
    loop->slow_silent_us = now + SLOW_SILENCE_US;
}

static void measure(struct loop *loop, const char *name, int64_t *since_us)
{
    int64_t now_us = clock_us(CLOCK_MONOTONIC);
    uint64_t took_us = (uint64_t)(now_us - *since_us);
    *since_us = now_us;
    if (took_us > loop->longest_us)
        loop->longest_us = took_us;
    if (took_us > SLOW_STEP_US) {
        loop->slow_steps++;
        tell_slow(loop, name, took_us);
    }
}

static void finish_jobs(struct loop *loop)
{
    struct job *job = loop->ended;
    loop->ended = NULL;
    loop->ended_tail = &loop->ended;
    while (job) {
        struct job *next = job->next;
        job->done(job->context);
        free(job);
        loop->jobs--;
        job = next;
    }
}

static void heed_signals(struct loop *loop)
{
    if (loop->told) {
        loop->told = false;
        if (loop->stopping)
            loop->stopping(loop->context);
        else
            loop->stop = true;
    }
    if (loop->hung_up) {
        loop->hung_up = false;
        if (loop->reload)
            loop->reload(loop->context);
    }
}

// True: somebody has more to do at once.
static bool turn(struct loop *loop, struct moment now)
{
    int64_t since_us = clock_us(CLOCK_MONOTONIC);
    atomic_store_explicit(&loop->turn_us, since_us, memory_order_relaxed);
    heed_signals(loop);
    measure(loop, "signals", &since_us);
    finish_jobs(loop);
    measure(loop, "jobs", &since_us);

    bool more = false;
    for (size_t i = 0; i < loop->source_count && !loop->stop; i++) {
        struct source *source = &loop->sources[i];
        if (source->step(source->self, now))
            more = true;
        measure(loop, source->name, &since_us);
    }
    return more;
}

static int64_t shortest_patience(struct loop *loop, struct moment now)
{
    int64_t shortest = LOOP_FOR_EVER;
    for (size_t i = 0; i < loop->source_count; i++) {
        struct source *source = &loop->sources[i];
        int64_t patience = source->patience(source->self, now);
        if (patience < shortest)
            shortest = patience;
    }
    return shortest;
}

void loop_hold_hangup(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static sigset_t signals_of_interest(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

void loop_hold_signals(void)
{
    sigset_t set = signals_of_interest();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

// Let libuv see what came, and sleep for it if there is nothing else to do.
static void await(struct loop *loop, int64_t patience)
{
    atomic_store_explicit(&loop->turn_us, 0, memory_order_relaxed);
    if (patience <= 0) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
        return;
    }
    if (patience == LOOP_FOR_EVER) {
        uv_timer_stop(&loop->timer);
    } else {
        // libuv counts from when it last looked at the clock.
        uv_update_time(&loop->uv);
        uv_timer_start(&loop->timer, on_timer, (uint64_t)patience, 0);
    }
    uv_run(&loop->uv, UV_RUN_ONCE);
}

// Those that came since loop_hold_signals() are delivered now.
static void let_signals_in(void)
{
    sigset_t set = signals_of_interest();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void loop_run(struct loop *loop, void (*stopping)(void *context),
              void (*reload)(void *context), void *context)
{
    loop->stopping = stopping;
    loop->reload = reload;
    loop->context = context;
    loop->stop = loop->was_told = false;
    uv_signal_start(&loop->term, on_stop_signal, SIGTERM);
    uv_signal_start(&loop->interrupt, on_stop_signal, SIGINT);
    uv_signal_start(&loop->hangup, on_hangup, SIGHUP);
    // A thread's first wait must not be the one that a signal interrupts: gcc's
    // thread sanitizer, which then makes room for signals, would lose it.
    await(loop, 0);
    let_signals_in();

    while (!loop->stop) {
        struct moment now = loop_now();
        bool more = turn(loop, now);
        if (!loop->stop)
            await(loop, more ? 0 : shortest_patience(loop, now));
    }

    // Whoever began a job is still there to learn its end; later he may not.
    uv_timer_stop(&loop->timer);
    while (loop->jobs > 0) {
        uv_run(&loop->uv, UV_RUN_ONCE);
        finish_jobs(loop);
    }
    // What is left is tidying up; whoever asks again ends it. A reload is not
    // that: what would be its default is held back.
    loop_hold_hangup();
    uv_signal_stop(&loop->term);
    uv_signal_stop(&loop->interrupt);
    uv_signal_stop(&loop->hangup);
}

void loop_stop(struct loop *loop)
{
    loop->stop = true;
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->wake);
}

// libuv makes its workers when the first job comes, and they inherit: none of
// these signals is theirs.
static int queue(struct loop *loop, struct job *job)
{
    sigset_t set = signals_of_interest(), before;
    pthread_sigmask(SIG_BLOCK, &set, &before);
    int error = uv_queue_work(&loop->uv, &job->uv, on_worker, on_worked);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

bool loop_job(struct loop *loop, void (*work)(void *context),
              void (*done)(void *context), void *context)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return false;
    job->uv.data = job;
    job->loop = loop;
    job->work = work;
    job->done = done;
    job->context = context;
    if (queue(loop, job) != 0) {
        free(job);
        return false;
    }
    loop->jobs++;
    return true;
}

// ------------------------------------------------------------ its life time

static bool init_handles(struct loop *loop)
{
    loop->term.data = loop->interrupt.data = loop->hangup.data = loop;
    return uv_async_init(&loop->uv, &loop->wake, on_wake) == 0
           && uv_timer_init(&loop->uv, &loop->timer) == 0
           && uv_signal_init(&loop->uv, &loop->term) == 0
           && uv_signal_init(&loop->uv, &loop->interrupt) == 0
           && uv_signal_init(&loop->uv, &loop->hangup) == 0;
}

struct loop *loop_open(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->ended_tail = &loop->ended;
    if (uv_loop_init(&loop->uv) != 0) {
        free(loop);
        return NULL;
    }
    if (!init_handles(loop)) {
        loop_close(loop);
        return NULL;
    }
    return loop;
}

static void close_handle(uv_handle_t *handle, void *context)
{
    (void)context;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void loop_close(struct loop *loop)
{
    if (!loop)
        return;
    // libuv knows which handles got as far as being its own.
    uv_walk(&loop->uv, close_handle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&loop->uv);
    assert(closed == 0);
    (void)closed;
    free(loop);
}

void loop_add(struct loop *loop, const struct source *source)
{
    assert(loop->source_count < LOOP_SOURCES_MAX);
    loop->sources[loop->source_count++] = *source;
}

int64_t loop_stuck_ms(const struct loop *loop)
{
    int64_t since_us =
        atomic_load_explicit(&loop->turn_us, memory_order_relaxed);
    return since_us > 0 ? (clock_us(CLOCK_MONOTONIC) - since_us) / 1000 : 0;
}

uint64_t loop_slow_steps(const struct loop *loop)
{
    return loop->slow_steps;
}

uint64_t loop_longest_us(const struct loop *loop)
{
    return loop->longest_us;
}
