// SPDX-License-Identifier: MIT
//
// halt -- an operator has stopped all deliveries.
//
// It survives restarts: so at the start nothing is delivered before the store
// has been asked whether it may be.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct halt;
struct services;

// `told` is called with every change, and once when the store has been asked.
// NULL: out of memory.
struct halt *halt_new(const struct services *services,
                      void (*told)(void *context, bool halted), void *context);
void halt_free(struct halt *halt); // when idle

// It is stored already.
void halt_set(struct halt *halt, bool halted);

// Until the store has been asked it is so.
bool halt_is(const struct halt *halt);

bool halt_step(void *halt, struct moment now);
int64_t halt_patience(void *halt, struct moment now);
bool halt_idle(const struct halt *halt);
