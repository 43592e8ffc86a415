// SPDX-License-Identifier: MIT

#include "herd.h"

#include "figures.h"
#include "head.h"
#include "herd_message.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ASK_MAX = 2048,
    SCRATCH = 64 * 1024,
    PIECE_MAX = 1024 * 1024,
    EVENTS = 512,
    PER_ADDRESS = 100,
    TOGETHER = 200, // connections that wait to be accepted
    TEXT_MAX = 64,
    GREET_MS = 60000,
};

struct member {
    int fd; // -1: gone
    bool greeted, released, waiting;
    uint32_t filled;
    char *piece; // what is not whole yet; NULL: nothing
    int64_t at_ns;
    char cursor[HERD_CURSOR_MAX];
};

struct herd {
    struct herd_options options;
    int epoll;
    bool eager;
    size_t greeted, released, others;
    char expected[TEXT_MAX], trouble[160];
    size_t greeting_len, sample_len;
    char greeting[HERD_SAMPLE_MAX], sample[HERD_SAMPLE_MAX];
    struct member members[];
};

static char scratch[SCRATCH]; // one thread has one herd

static void blame(struct herd *herd, const char *what, const char *bytes,
                  size_t len)
{
    size_t line = len < 80 ? len : 80;
    if (herd->trouble[0] == '\0')
        snprintf(herd->trouble, sizeof herd->trouble, "%s: %.*s", what,
                 (int)strcspn(bytes, "\r\n") < (int)line
                     ? (int)strcspn(bytes, "\r\n")
                     : (int)line,
                 bytes);
}

static void drop(struct member *member, bool reset)
{
    struct linger now = { .l_onoff = 1 };
    if (member->fd < 0)
        return;
    if (reset)
        setsockopt(member->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(member->fd);
    free(member->piece);
    member->fd = -1;
    member->piece = NULL;
    member->filled = 0;
}

static bool ask(struct herd *herd, struct member *member)
{
    char text[ASK_MAX];
    size_t number = (size_t)(member - herd->members);
    size_t len = herd->options.ask(herd->options.context, number,
                                   member->cursor, text, sizeof text);
    member->waiting = true;
    if (send(member->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len)
        return true;
    blame(herd, "a request could not be sent", strerror(errno), 80);
    return false;
}

// ---------------------------------------------------------------- receiving

static void keep_sample(struct herd *herd, const struct member *member,
                        const char *bytes, size_t len)
{
    if (member != herd->members || len > sizeof herd->sample)
        return;
    memcpy(herd->sample, bytes, len);
    herd->sample_len = len;
}

static void answered(struct herd *herd, struct member *member,
                     const struct herd_message *message, const char *bytes)
{
    if (message->status != 200)
        blame(herd, "an answer", bytes, message->len);
    herd_message_cursor(bytes, message->len, member->cursor);
    member->waiting = false;
    if (message->closing)
        blame(herd, "an answer that closes", bytes, message->len);
    else if (herd->eager || !message->news)
        ask(herd, member);
}

static void pong(struct member *member, const char *frame, unsigned len)
{
    char text[6 + 125] = { (char)0x8A, (char)(0x80 | len) };
    if (len <= 125) { // with a mask of zeros
        memcpy(text + 6, frame + 2, len);
        send(member->fd, text, 6 + len, MSG_NOSIGNAL);
    }
}

static void understand(struct herd *herd, struct member *member,
                       const struct herd_message *message, const char *bytes)
{
    if (message->news && !member->released) {
        member->released = true;
        member->at_ns = figures_ns();
        herd->released++;
        keep_sample(herd, member, bytes, message->len);
    } else if (!message->news) {
        herd->others++;
    }
    if (herd->options.kind == HERD_POLL)
        answered(herd, member, message, bytes);
    else if (message->ping > 0)
        pong(member, bytes, message->ping - 1);
    else if (message->closing)
        blame(herd, "a stream ended", "", 0);
}

// The head of a stream, and what came with it. What it takes.
static size_t greet(struct herd *herd, struct member *member, const char *bytes,
                    size_t len)
{
    struct head head;
    if (!head_read(bytes, len, &head))
        return 0;
    unsigned status = head_status(bytes, head.len);
    if (status != (herd->options.kind == HERD_SOCKET ? 101 : 200))
        blame(herd, "a stream", bytes, head.len);
    member->greeted = true;
    herd->greeted++;
    if (member == herd->members && len <= sizeof herd->greeting) {
        memcpy(herd->greeting, bytes, len);
        herd->greeting_len = len;
    }
    return head.len;
}

// How much of these bytes was whole.
static size_t consume(struct herd *herd, struct member *member,
                      const char *bytes, size_t len)
{
    size_t used = 0;
    struct herd_message message;
    if (!member->greeted && herd->options.kind != HERD_POLL)
        used = greet(herd, member, bytes, len);
    if (!member->greeted && herd->options.kind != HERD_POLL)
        return used;
    while (used < len
           && herd_message(herd->options.kind, bytes + used, len - used,
                           herd->expected, &message)) {
        understand(herd, member, &message, bytes + used);
        used += message.len;
    }
    return used;
}

static void keep_rest(struct herd *herd, struct member *member,
                      const char *bytes, size_t len)
{
    char *piece = len > 0 && len <= PIECE_MAX ? malloc(len) : NULL;
    if (len > 0 && piece == NULL)
        blame(herd, "too much at a time", "", 0);
    else if (len > 0)
        memcpy(piece, bytes, len);
    free(member->piece);
    member->piece = piece;
    member->filled = piece != NULL ? (uint32_t)len : 0;
}

static void take(struct herd *herd, struct member *member, size_t got)
{
    const char *bytes = scratch;
    size_t len = got;
    char *joined = NULL;
    if (member->filled > 0) {
        joined = realloc(member->piece, member->filled + got);
        if (joined == NULL)
            return;
        memcpy(joined + member->filled, scratch, got);
        bytes = member->piece = joined;
        len = member->filled + got;
    }
    size_t used = consume(herd, member, bytes, len);
    if (used < len || joined != NULL)
        keep_rest(herd, member, bytes + used, len - used);
}

static void receive(struct herd *herd, struct member *member)
{
    if (member->fd < 0)
        return;
    ssize_t got = recv(member->fd, scratch, sizeof scratch, MSG_DONTWAIT);
    if (got > 0) {
        take(herd, member, (size_t)got);
        return;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    blame(herd, "a connection ended", got < 0 ? strerror(errno) : "EOF", 80);
    drop(member, false);
}

static void turn(struct herd *herd, int timeout_ms, int64_t *watched)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(herd->epoll, events, EVENTS, timeout_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr != NULL)
            receive(herd, events[i].data.ptr);
        else if (watched != NULL && *watched == 0)
            *watched = figures_ns();
    }
}

static bool serve(struct herd *herd, const size_t *number, size_t until,
                  int timeout_ms, int64_t *watched)
{
    int64_t deadline = figures_ns() + (int64_t)timeout_ms * 1000000;
    while (*number < until) {
        int64_t left = (deadline - figures_ns()) / 1000000;
        if (left <= 0)
            return false;
        turn(herd, (int)left + 1, watched);
    }
    return true;
}

bool herd_wait(struct herd *herd, size_t count, int timeout_ms, int watch,
               int64_t *watched)
{
    // Once is enough: who answers is read by somebody else.
    struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
    if (watch >= 0)
        epoll_ctl(herd->epoll, EPOLL_CTL_ADD, watch, &event);
    bool good = serve(herd, &herd->released, count, timeout_ms, watched);
    if (watch >= 0)
        epoll_ctl(herd->epoll, EPOLL_CTL_DEL, watch, NULL);
    return good;
}

void herd_serve(struct herd *herd, int duration_ms)
{
    size_t never = 0;
    serve(herd, &never, 1, duration_ms, NULL);
}

// ---------------------------------------------------------------- life

static bool join(struct herd *herd, struct member *member)
{
    size_t number = (size_t)(member - herd->members);
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(herd->options.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in from = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(0x7f030001U + (uint32_t)(number / PER_ADDRESS))
    };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = member };
    int one = 1;
    member->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (member->fd < 0)
        return false;
    setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(member->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
               sizeof one);
    return bind(member->fd, (struct sockaddr *)&from, sizeof from) == 0
           && connect(member->fd, (struct sockaddr *)&to, sizeof to) == 0
           && epoll_ctl(herd->epoll, EPOLL_CTL_ADD, member->fd, &event) == 0;
}

// An answer at once to some request tells that it has come through the queue
// of connections; a poll that waits tells nothing, so a pause has to do.
static bool gather(struct herd *herd)
{
    bool stream = herd->options.kind != HERD_POLL;
    for (size_t i = 0; i < herd->options.count; i++) {
        if (!join(herd, &herd->members[i]) || !ask(herd, &herd->members[i]))
            return false;
        if ((i + 1) % TOGETHER != 0 && i + 1 != herd->options.count)
            continue;
        if (!stream)
            herd_serve(herd, 2);
        else if (!serve(herd, &herd->greeted, i + 1, GREET_MS, NULL))
            return false;
    }
    return true;
}

static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct herd *herd_open(const struct herd_options *options, const char **problem)
{
    struct herd *herd =
        calloc(1, sizeof *herd + options->count * sizeof(struct member));
    static char why[240];
    *problem = "no memory for so many clients";
    if (herd == NULL)
        return NULL;
    allow_descriptors();
    herd->options = *options;
    for (size_t i = 0; i < options->count; i++)
        herd->members[i].fd = -1;
    herd->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (herd->epoll >= 0 && gather(herd))
        return herd;
    snprintf(why, sizeof why, "not all clients could connect (%s; %s)",
             strerror(errno), herd->trouble);
    *problem = why;
    herd_close(herd);
    return NULL;
}

void herd_close(struct herd *herd)
{
    if (herd == NULL)
        return;
    for (size_t i = 0; i < herd->options.count; i++)
        drop(&herd->members[i], true);
    if (herd->epoll >= 0)
        close(herd->epoll);
    free(herd);
}

void herd_leave(struct herd *herd, size_t count)
{
    for (size_t i = 0; i < count && i < herd->options.count; i++)
        drop(&herd->members[i], i % 2 == 0);
}

void herd_expect(struct herd *herd, const char *text)
{
    snprintf(herd->expected, sizeof herd->expected, "%s", text);
    herd->released = herd->others = 0;
    for (size_t i = 0; i < herd->options.count; i++)
        herd->members[i].released = false;
}

void herd_eager(struct herd *herd, bool eager)
{
    herd->eager = eager;
}

void herd_ask_again(struct herd *herd)
{
    for (size_t i = 0; i < herd->options.count; i++) {
        struct member *member = &herd->members[i];
        if (herd->options.kind != HERD_POLL || member->fd < 0
            || member->waiting)
            continue;
        ask(herd, member);
        if (i % TOGETHER == 0)
            herd_serve(herd, 0);
    }
}

size_t herd_latencies(const struct herd *herd, int64_t from_ns, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < herd->options.count; i++)
        if (herd->members[i].released)
            out[count++] = (double)(herd->members[i].at_ns - from_ns) / 1e3;
    figures_sort(out, count);
    return count;
}

size_t herd_released(const struct herd *herd)
{
    return herd->released;
}

size_t herd_other_answers(const struct herd *herd)
{
    return herd->others;
}

size_t herd_greeting(const struct herd *herd, const char **out)
{
    *out = herd->greeting;
    return herd->greeting_len;
}

size_t herd_sample(const struct herd *herd, const char **out)
{
    *out = herd->sample;
    return herd->sample_len;
}

const char *herd_trouble(const struct herd *herd)
{
    return herd->trouble;
}
