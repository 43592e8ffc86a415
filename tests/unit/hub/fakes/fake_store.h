// SPDX-License-Identifier: MIT
//
// fake_store -- storage/store.h without a store behind it.
//
// What is submitted waits until the test takes it, looks at it, fills in its
// answers and finishes it, in any order. A program that calls one of these
// functions is linked with this in the place of the real engine.
//
// What a test gives as an answer dies with store_release(), so that the
// sanitizers see who looks at it for too long, or never lets go of it.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

// Empty again. There is one store in a program.
struct store *fake_store(void);

// The oldest operation of this kind that waits; the test fails if there is
// none.
void *fake_store_take(enum store_verb verb);
size_t fake_store_waiting(enum store_verb verb);
size_t fake_store_waiting_all(void);

// A copy of these bytes, in the operation's results.
void *fake_store_give(struct store_op *op, const void *items, size_t size);

// As store_step() would; `at` is the fake clock's time.
void fake_store_finish(struct store_op *op, enum store_status status);

// Every operation was finished, and everything given was released.
bool fake_store_clean(void);

// The next event numbers belong to another history.
void fake_store_set_epoch(uint64_t epoch);
