// SPDX-License-Identifier: MIT
//
// loop -- the one thread on which all policy runs.
//
// Whatever takes part is a source: a step that does what there is to do and
// never blocks, and a patience that says how long it can be left alone. Every
// turn gives every source a step, in the order they were added; a turn begins
// when somebody called loop_wake(), when the shortest patience is over, or
// when a job has ended. The clock is read once a turn and handed down.
//
// A step that takes over 10 ms is counted and logged by its name.
//
// The only file of hub/ that includes <uv.h>.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

enum { LOOP_SOURCES_MAX = 24 };
#define LOOP_FOR_EVER INT64_MAX

// The two clocks: monotonic milliseconds for waiting, unix milliseconds for
// what is stored or announced.
struct moment {
    int64_t mono, unix;
};

struct source {
    const char *name;
    void *self;
    // Returns true if there is more to do at once: another turn follows.
    bool (*step)(void *self, struct moment now);
    // Milliseconds until the next step is needed; LOOP_FOR_EVER: none.
    int64_t (*patience)(void *self, struct moment now);
};

// NULL: out of memory or descriptors.
struct loop *loop_open(void);
void loop_close(struct loop *loop);

// Before loop_run(). The source is copied.
void loop_add(struct loop *loop, const struct source *source);

// From any thread: begin another turn soon.
void loop_wake(struct loop *loop);

// SIGHUP waits for loop_run(): it never ends us, from now on.
void loop_hold_hangup(void);

// SIGTERM, SIGINT and SIGHUP wait for loop_run(). Before other threads exist:
// they inherit it, and never see these signals.
void loop_hold_signals(void);

// Turn until loop_stop(); then wait for the jobs under way, and call their
// `done`. SIGTERM and SIGINT call `stopping` (again: exit at once), SIGHUP
// calls `reload`, both on the loop's thread. NULL: stop at once, or nothing.
// Afterwards SIGTERM and SIGINT end the process, and SIGHUP is held.
void loop_run(struct loop *loop, void (*stopping)(void *context),
              void (*reload)(void *context), void *context);
void loop_stop(struct loop *loop);

// Run `work` on a worker thread, then `done` in a later turn of this one.
// False: out of memory; nothing will be called.
bool loop_job(struct loop *loop, void (*work)(void *context),
              void (*done)(void *context), void *context);

struct moment loop_now(void);

// From any thread: for how long the turn under way has been going on, in
// milliseconds; 0: the loop sleeps.
int64_t loop_stuck_ms(const struct loop *loop);

// Steps over 10 ms so far, and the longest of all, in microseconds.
uint64_t loop_slow_steps(const struct loop *loop);
uint64_t loop_longest_us(const struct loop *loop);
