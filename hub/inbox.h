// SPDX-License-Identifier: MIT
//
// inbox -- requests on their way to the main thread.
//
// Filled from the threads that read sockets, emptied by the main loop.

#pragma once

#include "request.h"

struct inbox;

// `wake` is called, on the filler's thread, when the inbox was empty before.
// NULL: out of memory.
struct inbox *inbox_new(void (*wake)(void *context), void *context);
void inbox_free(struct inbox *inbox); // it must be empty

void inbox_put(struct inbox *inbox, struct request *request);

// All that came, oldest first, as a list through `link`. NULL: nothing.
struct request *inbox_take(struct inbox *inbox);
