// SPDX-License-Identifier: MIT

#include "sink_serve.h"

#include "figures.h"
#include "head.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    CONNECTIONS_MAX = 65536, // by descriptor
    CHALLENGE_MAX = 1024,
};

struct connection {
    int fd;
    size_t filled;
    char bytes[SINK_MESSAGE_MAX];
};

struct answer {
    size_t len;
    char bytes[SINK_DOCUMENT_MAX + 512];
};

static void answer_body(struct answer *answer, const char *type,
                        const char *body, size_t len)
{
    int head = snprintf(answer->bytes, sizeof answer->bytes,
                        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        type, len);
    answer->len = (size_t)head + len;
    memcpy(answer->bytes + head, body, len);
}

static void answer_nothing(struct answer *answer)
{
    static const char text[] = "HTTP/1.1 204 No Content\r\n\r\n";
    memcpy(answer->bytes, text, sizeof text - 1);
    answer->len = sizeof text - 1;
}

static void answer_feed(struct sink_shared *shared, const char *bytes,
                        size_t len, struct answer *answer)
{
    static const char condition[] = "If-None-Match:";
    static const char unchanged[] = "HTTP/1.1 304 Not Modified\r\n"
                                    "ETag: \"1\"\r\n\r\n";
    if (memmem(bytes, len, condition, sizeof condition - 1) != NULL) {
        answer->len = sizeof unchanged - 1;
        memcpy(answer->bytes, unchanged, answer->len);
        atomic_fetch_add(&shared->unchanged, 1);
        return;
    }
    size_t body_len = atomic_load(&shared->document_len);
    int head = snprintf(answer->bytes, sizeof answer->bytes,
                        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
                        "ETag: \"1\"\r\nContent-Length: %zu\r\n\r\n",
                        shared->type, body_len);
    answer->len = (size_t)head + body_len;
    memcpy(answer->bytes + head, shared->document, body_len);
    atomic_fetch_add(&shared->fetched, 1);
}

static bool starts(const char *line, size_t len, const char *with)
{
    return len >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

// Challenges are unreserved characters, as far as hubs are in their senses.
static void answer_challenge(struct answer *answer, const char *challenge,
                             const char *end)
{
    size_t len = 0;
    while (challenge + len < end && challenge[len] != '&'
           && challenge[len] != ' ' && len < CHALLENGE_MAX)
        len++;
    answer_body(answer, "text/plain", challenge, len);
}

static void get(struct sink_shared *shared, const char *bytes, size_t len,
                struct answer *answer)
{
    static const char name[] = "hub.challenge=";
    const char *line_end = memchr(bytes, '\r', len);
    size_t line = (size_t)(line_end - bytes);
    const char *challenge = memmem(bytes, line, name, sizeof name - 1);
    if (challenge != NULL) {
        if (atomic_load(&shared->silent))
            return;
        answer_challenge(answer, challenge + sizeof name - 1, line_end);
        atomic_fetch_add(&shared->verified, 1);
    } else if (starts(bytes, line, "GET /feed/")) {
        answer_feed(shared, bytes, len, answer);
    } else if (starts(bytes, line, "GET /topic")) {
        answer_body(answer, shared->type, shared->document,
                    atomic_load(&shared->document_len));
    } else {
        answer_body(answer, "text/plain", "something\n", 10);
    }
}

static void count(struct sink_serve *serve, size_t number)
{
    struct sink_shared *shared = serve->shared;
    uint32_t round = atomic_load(&shared->round);
    if (number >= shared->callbacks || shared->seen[number] == round) {
        atomic_fetch_add(&shared->again, 1);
        return;
    }
    int64_t now = figures_ns();
    shared->seen[number] = round;
    atomic_store(&shared->last_ns, now);
    uint64_t posts = atomic_fetch_add(&shared->posts, 1) + 1;
    if (posts == 1)
        atomic_store(&shared->first_ns, now);
    if (posts == atomic_load(&shared->target))
        eventfd_write(serve->reached, 1);
}

static void post(struct sink_serve *serve, const char *bytes, size_t len,
                 struct answer *answer)
{
    static const char path[] = "POST /cb/";
    struct sink_shared *shared = serve->shared;
    answer_nothing(answer);
    if (memcmp(bytes, path, sizeof path - 1) != 0)
        return;
    if (atomic_load(&shared->sample_len) == 0) {
        memcpy(shared->sample, bytes, len);
        atomic_store(&shared->sample_len, len);
    }
    count(serve, strtoul(bytes + sizeof path - 1, NULL, 10));
}

// One whole request at the start of the buffer, if there is one.
static bool serve_one(struct sink_serve *serve, struct connection *connection)
{
    struct head head;
    struct answer answer;
    answer.len = 0;
    if (!head_read(connection->bytes, connection->filled, &head)
        || connection->filled < head.len + head.body_len)
        return false;
    size_t len = head.len + head.body_len;
    if (connection->bytes[0] == 'G')
        get(serve->shared, connection->bytes, head.len, &answer);
    else
        post(serve, connection->bytes, len, &answer);
    connection->filled -= len;
    memmove(connection->bytes, connection->bytes + len, connection->filled);
    return answer.len == 0
           || send(connection->fd, answer.bytes, answer.len, MSG_NOSIGNAL)
                  == (ssize_t)answer.len;
}

// False: the connection is over.
static bool read_some(struct sink_serve *serve, struct connection *connection)
{
    size_t room = sizeof connection->bytes - connection->filled;
    ssize_t got = recv(connection->fd, connection->bytes + connection->filled,
                       room, MSG_DONTWAIT);
    if (room == 0 || got <= 0)
        return false;
    connection->filled += (size_t)got;
    while (connection->filled > 0 && serve_one(serve, connection))
        ;
    return true;
}

static void accept_all(struct sink_serve *serve, int epoll)
{
    for (int i = 0; i < EVENTS; i++) {
        int fd = accept4(serve->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL || fd >= CONNECTIONS_MAX) {
            free(connection);
            close(fd);
            continue;
        }
        int one = 1;
        connection->fd = fd;
        connection->filled = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event event = { .events = EPOLLIN,
                                     .data.ptr = connection };
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        atomic_fetch_add(&serve->shared->accepted, 1);
    }
}

static void serve_all(struct sink_serve *serve, int epoll)
{
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
        struct connection *connection = events[i].data.ptr;
        if (connection == NULL) {
            accept_all(serve, epoll);
        } else if (!read_some(serve, connection)) {
            close(connection->fd);
            free(connection);
        }
    }
}

int sink_serve(void *serve)
{
    struct sink_serve *self = serve;
    struct epoll_event arrival = { .events = EPOLLIN };
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0
        || epoll_ctl(epoll, EPOLL_CTL_ADD, self->listener, &arrival) != 0)
        return 1;
    for (;;)
        serve_all(self, epoll);
}
