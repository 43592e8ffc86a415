// SPDX-License-Identifier: MIT

#include "holder.h"

#include "figures.h"
#include "head.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 10000, ANSWER_MAX = 4096, HELD_MS = 30000, LOOK_MS = 2 };

static size_t ask(const void *context, size_t member, const char *cursor,
                  char *out, size_t max)
{
    const struct holder *holder = context;
    return holder->kind->ask(holder, member % holder->topics, cursor, out, max);
}

bool holder_wait_held(struct holder *holder, size_t count, int timeout_ms)
{
    int64_t until = figures_ns() + (int64_t)timeout_ms * 1000000;
    size_t held = 0;
    while (figures_ns() < until) {
        if (!holder->kind->held(holder, &held))
            return false;
        if (held == count)
            return true;
        poll(NULL, 0, LOOK_MS);
    }
    return false;
}

struct herd *holder_gather(struct holder *holder, size_t count,
                           const char **problem)
{
    const struct herd_options options = { .port = holder->port,
                                          .kind = holder->what,
                                          .count = count,
                                          .ask = ask,
                                          .context = holder };
    struct herd *herd = herd_open(&options, problem);
    if (herd == NULL || holder->what != HERD_POLL
        || holder_wait_held(holder, count, HELD_MS))
        return herd;
    *problem = "not all polls were held";
    herd_serve(herd, 0);
    if (*herd_trouble(herd) != '\0')
        fprintf(stderr, "%s: %s\n", holder->kind->name, herd_trouble(herd));
    herd_close(herd);
    return NULL;
}

size_t holder_document(const struct holder *holder, const char *marker,
                       char *out, size_t max)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz.-";
    size_t len = (size_t)snprintf(out, max, "This is %s, a document ", marker);
    for (size_t i = 0; len < holder->bytes && len + 1 < max; i++)
        out[len++] = letters[i % (sizeof letters - 1)];
    return len;
}

static int connect_publisher(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    close(fd);
    return -1;
}

bool holder_send(struct holder *holder, const char *bytes, size_t len)
{
    char idle;
    if (holder->publisher >= 0
        && recv(holder->publisher, &idle, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        close(holder->publisher); // it was idle for too long
        holder->publisher = -1;
    }
    if (holder->publisher < 0)
        holder->publisher = connect_publisher(holder->port);
    return holder->publisher >= 0
           && send(holder->publisher, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

bool holder_answered(struct holder *holder)
{
    char text[ANSWER_MAX];
    size_t filled = 0;
    struct head head;
    struct pollfd comes = { .fd = holder->publisher, .events = POLLIN };
    while (!head_read(text, filled, &head)
           || filled < head.len + head.body_len) {
        if (filled == sizeof text || poll(&comes, 1, ANSWER_MS) != 1)
            return false;
        ssize_t got =
            recv(holder->publisher, text + filled, sizeof text - filled, 0);
        if (got <= 0)
            return false;
        filled += (size_t)got;
    }
    unsigned status = head_status(text, head.len);
    if (status >= 200 && status < 300)
        return true;
    fprintf(stderr, "%s: a publish was answered %.*s\n", holder->kind->name,
            (int)strcspn(text, "\r\n"), text);
    return false;
}

void holder_close(struct holder *holder)
{
    if (holder->kind == NULL)
        return;
    if (holder->publisher >= 0)
        close(holder->publisher);
    holder->kind->close(holder);
    *holder = (struct holder){ .publisher = -1 };
}
