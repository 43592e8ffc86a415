// SPDX-License-Identifier: MIT
//
// held -- a request of one who pulls, packed small until it is understood.
//
// One allocation has the request, its fields and their text; a body is a
// second one. Fields on which no answer to a pull depends are left out: a
// browser sends half a kilobyte of them. Who has to wait becomes a hold
// (hold.h), and this ends.

#pragma once

#include "head.h"
#include "request.h"

#include <stdbool.h>
#include <stddef.h>

struct sockaddr;

// `owner` is for whoever answers it. NULL: out of memory.
struct request *held_new(const struct head *head, const struct sockaddr *peer,
                         void *owner);
void held_free(struct request *request);

void *held_owner(const struct request *request);
// Would its sender go on after the answer?
bool held_keeps_alive(const struct request *request);

// `body` is malloc'ed, has one byte more than `len`, and is taken over.
void held_take_body(struct request *request, char *body, size_t len);
