// SPDX-License-Identifier: MIT
//
// fake_engine -- fetcher/engine.h without a network behind it.
//
// What is submitted waits until the test takes it and gives it an answer;
// whose turn it is then, the test says by calling ..._answered() itself.

#pragma once

#include "fetcher/engine.h"

#include <stdbool.h>
#include <stddef.h>

// Empty again. There is one engine in a program.
struct engine *fake_engine(void);

// The oldest exchange that waits; the test fails if there is none.
struct exchange *fake_engine_take(void);
size_t fake_engine_waiting(void);

// How often engine_cancel() was called for it. One that still waits is not
// given back by itself.
size_t fake_engine_cancelled(const struct exchange *exchange);

// How often somebody was vouched for.
size_t fake_engine_vouched(void);

// A whole answer: its status and body (NULL: none).
void fake_engine_answer(struct exchange *exchange, unsigned status,
                        const char *body);
void fake_engine_answer_bytes(struct exchange *exchange, unsigned status,
                              const char *body, size_t len);
// None.
void fake_engine_fail(struct exchange *exchange, enum exchange_result result);

// A field of the answer; both are copied. After the answer.
void fake_engine_field(struct exchange *exchange, const char *name,
                       const char *value);
void fake_engine_moved(struct exchange *exchange, const char *final_url);

// The header line of the request that begins so; NULL: there is none.
const char *fake_engine_line(const struct exchange *exchange,
                             const char *beginning);
