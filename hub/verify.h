// SPDX-License-Identifier: MIT
//
// verify -- verification of intent (WebSub 5.3; semantics, B).
//
// Claims pending requests, asks each callback with a fresh challenge, and
// settles what it answered. The subscription itself, active or not, changes
// only in that settlement, and only as the store's one transaction.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct services;
struct verify;

struct verify_listener {
    // A topic has just begun to be followed, and is due to be fetched.
    void (*followed)(void *context);
    // A lease was granted that ends then, unix ms.
    void (*granted)(void *context, int64_t end);
    void *context;
};

// NULL: out of memory.
struct verify *verify_new(const struct services *services,
                          const struct verify_listener *listener);
void verify_free(struct verify *verify); // when idle

// A request was accepted.
void verify_poke(struct verify *verify);

bool verify_step(void *verify, struct moment now);
int64_t verify_patience(void *verify, struct moment now);

// One of ours, back from the engine.
void verify_answered(struct verify *verify, struct exchange *exchange);

// Begin no more; idle once what is under way has been settled.
void verify_drain(struct verify *verify);
bool verify_idle(const struct verify *verify);
