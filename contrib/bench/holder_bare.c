// SPDX-License-Identifier: MIT

#include "holder.h"

#include "procfs.h"

#include <stdio.h>
#include <string.h>

static size_t ask(const struct holder *holder, size_t topic, const char *cursor,
                  char *out, size_t max)
{
    int len = snprintf(out, max,
                       "GET /events?topic=%zu&since=%s&wait=%u HTTP/1.1\r\n"
                       "Host: 127.0.0.1:%u\r\n\r\n",
                       topic, cursor, holder->wait_s, holder->port);
    return len > 0 && (size_t)len < max ? (size_t)len : 0;
}

// Its text is that of the holder that it is compared with, marker and all.
static bool release(struct holder *holder, size_t topic, const char *marker,
                    int *watch)
{
    (void)topic;
    (void)marker;
    *watch = -1;
    return holder->topics > 1 ? parked_release_one(&holder->parked)
                              : parked_release_all(&holder->parked);
}

static bool confirm(struct holder *holder)
{
    (void)holder;
    return true;
}

static bool held(struct holder *holder, size_t *out)
{
    *out = parked_count(&holder->parked);
    return true;
}

static bool anon_kb(const struct holder *holder, int64_t *out)
{
    struct procfs_memory memory;
    if (!procfs_memory(holder->parked.pid, &memory))
        return false;
    *out = memory.anon_kb;
    return true;
}

static double cpu_us(const struct holder *holder)
{
    return procfs_cpu_us(holder->parked.pid);
}

static void close_bare(struct holder *holder)
{
    parked_close(&holder->parked);
}

static const struct holder_kind bare = {
    .name = "bare",
    .ask = ask,
    .release = release,
    .confirm = confirm,
    .held = held,
    .anon_kb = anon_kb,
    .cpu_us = cpu_us,
    .close = close_bare,
};

static const char *const greetings[] = {
    [HERD_POLL] = "",
    [HERD_EVENTS] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                    "Connection: close\r\n\r\n",
    [HERD_SOCKET] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade"
                    "\r\nUpgrade: websocket\r\n\r\n",
};

bool holder_bare(struct holder *holder, const struct holder_options *options,
                 const struct herd *like, const char **problem)
{
    const char *greeting = greetings[options->what], *text = "";
    size_t greeting_len = strlen(greeting), len = 0;
    *holder = (struct holder){ .kind = &bare,
                               .what = options->what,
                               .topics = options->topics,
                               .wait_s = options->wait_s,
                               .publisher = -1 };
    *problem = "the bare program did not start";
    if (!parked_open(&holder->parked, options->cpu))
        return false;
    holder->port = holder->parked.port;
    if (like != NULL && options->what != HERD_POLL)
        greeting_len = herd_greeting(like, &greeting);
    if (like != NULL)
        len = herd_sample(like, &text);
    parked_texts(&holder->parked, greeting, greeting_len, text, len,
                 options->what != HERD_POLL);
    return true;
}
