// SPDX-License-Identifier: MIT

#include "fake_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { JOBS_MAX = 16 };

struct job {
    void (*work)(void *context);
    void (*done)(void *context);
    void *context;
};

struct loop {
    struct moment now;
    struct job jobs[JOBS_MAX];
    size_t count;
    bool starved;
};

static struct loop the_loop;

struct loop *fake_loop(void)
{
    the_loop = (struct loop){ .now = { FAKE_MONO, FAKE_UNIX } };
    return &the_loop;
}

void fake_loop_pass(int64_t ms)
{
    the_loop.now.mono += ms;
    the_loop.now.unix += ms;
}

void fake_loop_starve(void)
{
    the_loop.starved = true;
}

size_t fake_loop_work(void)
{
    struct job jobs[JOBS_MAX];
    size_t count = the_loop.count;
    for (size_t i = 0; i < count; i++)
        jobs[i] = the_loop.jobs[i];
    the_loop.count = 0;
    for (size_t i = 0; i < count; i++) {
        jobs[i].work(jobs[i].context);
        jobs[i].done(jobs[i].context);
    }
    return count;
}

struct moment loop_now(void)
{
    return the_loop.now;
}

bool loop_job(struct loop *loop, void (*work)(void *context),
              void (*done)(void *context), void *context)
{
    if (loop->starved)
        return false;
    assert_true(loop->count < JOBS_MAX);
    loop->jobs[loop->count++] = (struct job){ work, done, context };
    return true;
}

// Nobody sleeps here.
void loop_wake(struct loop *loop)
{
    assert_non_null(loop);
}
