// SPDX-License-Identifier: MIT
//
// passed -- requests that were passed on, until their answers are sent.
//
// So that at the end nothing is passed on any more, and what was is awaited.

#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct passed {
    atomic_size_t pending; // not answered yet
    pthread_mutex_t lock;
    pthread_cond_t finished;
    size_t unfinished; // not sent yet
    bool ended;
};

void passed_init(struct passed *passed);
void passed_clear(struct passed *passed);

// One more. False: it has ended, and none is passed on.
bool passed_add(struct passed *passed);
void passed_answer(struct passed *passed);
// The same one later, once for each that was added.
void passed_finish(struct passed *passed);

// From now on none is added.
void passed_end(struct passed *passed);

// Until all are finished, for so many seconds at most.
void passed_await(struct passed *passed, unsigned seconds);
