// SPDX-License-Identifier: MIT
//
// herd -- so many clients that pull: each has a connection of its own, is held,
// and is released by the server.
//
// One thread with epoll. Members come from many addresses of 127/8, so that
// ceilings for one address do not count. A member is released when the text
// that is expected has come whole: an HTTP answer, a server-sent event, a
// frame. An answer without it (a wait that is over) is asked again at once.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd;

enum herd_kind { HERD_POLL, HERD_EVENTS, HERD_SOCKET };

enum { HERD_CURSOR_MAX = 64, HERD_SAMPLE_MAX = 64 * 1024 };

struct herd_options {
    uint16_t port; // of 127.0.0.1
    enum herd_kind kind;
    size_t count;
    // Writes a member's request; `cursor` is "" at first. Its length.
    size_t (*ask)(const void *context, size_t member, const char *cursor,
                  char *out, size_t max);
    const void *context;
};

// Connects all, and asks; of streams the heads are there when this returns.
// NULL: *problem says why.
struct herd *herd_open(const struct herd_options *options,
                       const char **problem);
// Resets all connections: nothing of them is left in the kernel.
void herd_close(struct herd *herd);
// The same for the first so many, every other one with a FIN, the rest stays.
void herd_leave(struct herd *herd, size_t count);

// What comes next is released by what holds this text. Copied.
void herd_expect(struct herd *herd, const char *text);

// Released ones ask again at once, from now on, and not when they are told.
void herd_eager(struct herd *herd, bool eager);
void herd_ask_again(struct herd *herd);

// Until so many have been released since herd_expect(). *watched: when the
// descriptor `watch` could first be read (-1: none), or 0. False: not within
// that time.
bool herd_wait(struct herd *herd, size_t count, int timeout_ms, int watch,
               int64_t *watched);

// Serves them for so long, whatever comes.
void herd_serve(struct herd *herd, int duration_ms);

// Microseconds from `from_ns` until each was released, of those that were,
// sorted. `out` has room for all.
size_t herd_latencies(const struct herd *herd, int64_t from_ns, double *out);
size_t herd_released(const struct herd *herd);
size_t herd_other_answers(const struct herd *herd); // since herd_expect()

// What the first member was sent: before it was held (of streams), and by
// which it was released last. Borrowed until the next call of anything else.
size_t herd_greeting(const struct herd *herd, const char **out);
size_t herd_sample(const struct herd *herd, const char **out);

// The first thing that was wrong, "" if nothing was.
const char *herd_trouble(const struct herd *herd);
