// SPDX-License-Identifier: MIT

#include "sink_answer.h"

#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

enum { CHALLENGE_MAX = 1024 };

static const char no_content[] = "HTTP/1.1 204 No Content\r\n\r\n";

// The process has one thread.
static char buffer[SINK_DOCUMENT_MAX + 512];

static void answer_body(struct sink_answer *out, const char *type,
                        const char *field, const char *body, size_t len)
{
    int head = snprintf(buffer, sizeof buffer,
                        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s"
                        "Content-Length: %zu\r\n\r\n",
                        type, field, len);
    memcpy(buffer + head, body, len);
    out->bytes = buffer;
    out->len = (size_t)head + len;
}

static void answer_feed(struct sink_shared *shared, const char *head,
                        size_t len, struct sink_answer *out)
{
    static const char condition[] = "If-None-Match:";
    static const char unchanged[] = "HTTP/1.1 304 Not Modified\r\n"
                                    "ETag: \"1\"\r\n\r\n";
    if (memmem(head, len, condition, sizeof condition - 1) != NULL) {
        out->bytes = unchanged;
        out->len = sizeof unchanged - 1;
        atomic_fetch_add(&shared->unchanged, 1);
        return;
    }
    answer_body(out, shared->type, "ETag: \"1\"\r\n", shared->document,
                atomic_load(&shared->document_len));
    atomic_fetch_add(&shared->fetched, 1);
}

// Challenges are unreserved characters, as far as hubs are in their senses.
static void answer_challenge(struct sink_answer *out, const char *challenge,
                             const char *end)
{
    size_t len = 0;
    while (challenge + len < end && challenge[len] != '&'
           && challenge[len] != ' ' && len < CHALLENGE_MAX)
        len++;
    answer_body(out, "text/plain", "", challenge, len);
}

static bool starts(const char *line, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

void sink_answer_get(struct sink_shared *shared, const char *head, size_t len,
                     struct sink_answer *out)
{
    static const char name[] = "hub.challenge=";
    const char *line_end = memchr(head, '\r', len);
    size_t line = (size_t)(line_end - head);
    const char *challenge = memmem(head, line, name, sizeof name - 1);
    *out = (struct sink_answer){ 0 };
    if (challenge != NULL) {
        if (atomic_load(&shared->silent))
            return;
        answer_challenge(out, challenge + sizeof name - 1, line_end);
        atomic_fetch_add(&shared->verified, 1);
    } else if (starts(head, line, "GET /feed/")) {
        answer_feed(shared, head, len, out);
    } else if (starts(head, line, "GET /topic")) {
        answer_body(out, shared->type, "", shared->document,
                    atomic_load(&shared->document_len));
        atomic_store(&shared->fetched_ns, figures_ns());
        atomic_fetch_add(&shared->asked, 1);
    } else {
        answer_body(out, "text/plain", "", "something\n", 10);
    }
}

static void count(struct sink_serve *serve, size_t number)
{
    struct sink_shared *shared = serve->shared;
    int64_t now = figures_ns();
    if (number >= shared->callbacks
        || atomic_load(&shared->at_ns[number]) != 0) {
        atomic_fetch_add(&shared->again, 1);
        return;
    }
    atomic_store(&shared->at_ns[number], now);
    atomic_store(&shared->last_ns, now);
    uint64_t posts = atomic_fetch_add(&shared->posts, 1) + 1;
    if (posts == 1)
        atomic_store(&shared->first_ns, now);
    if (posts == atomic_load(&shared->target))
        eventfd_write(serve->reached, 1);
}

void sink_answer_post(struct sink_serve *serve, const char *path,
                      struct sink_answer *out)
{
    static const char counted[] = "/cb/", hung[] = "/hung/";
    struct sink_shared *shared = serve->shared;
    *out = (struct sink_answer){ 0 };
    if (strncmp(path, hung, sizeof hung - 1) == 0) {
        atomic_fetch_add(&shared->hung, 1);
        return;
    }
    out->bytes = no_content;
    out->len = sizeof no_content - 1;
    out->delayed = atomic_load(&shared->delay_ns) > 0;
    if (strncmp(path, counted, sizeof counted - 1) == 0)
        count(serve, strtoul(path + sizeof counted - 1, NULL, 10));
}
