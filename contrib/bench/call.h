// SPDX-License-Identifier: MIT
//
// call -- one request after another on a kept-alive connection, waiting for
// each answer.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;

enum { CALL_BODY_MAX = 256 * 1024 };

// NULL: out of memory. They connect at the first request, and again when the
// other side has closed.
struct call *call_tcp(uint16_t port); // 127.0.0.1
struct call *call_unix(const char *path);
void call_close(struct call *call);

unsigned call_get(struct call *call, const char *path);
// A form. Both answer with the status; 0: none came within ten seconds.
unsigned call_post(struct call *call, const char *path, const char *form);

// Of the last answer, borrowed until the next request; NUL-terminated.
const char *call_body(const struct call *call);
