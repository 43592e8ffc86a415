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

// The peer of this request is gone. Kept as a name only: the request may have
// been answered by the time anybody looks. Forgotten when memory is short.
void inbox_note_gone(struct inbox *inbox, const struct request *request);

// The next name noted; NULL: there is none.
const struct request *inbox_next_gone(struct inbox *inbox);

// All that came, oldest first, as a list through `link`. NULL: nothing.
struct request *inbox_take(struct inbox *inbox);
