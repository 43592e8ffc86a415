// SPDX-License-Identifier: MIT
//
// stub -- a web server and a name server for tests, each on a thread.
//
// The web server does what the path says: see stub_behaviours. A connection
// has a thread of its own, so a behaviour may block as it likes; stub_close()
// wakes it by shutting its socket down. All on loopback, on port 0.

#pragma once

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define STUB_UNUSED __attribute__((unused))

enum { STUB_CONNECTIONS_MAX = 6000, STUB_REQUEST_MAX = 16384 };

struct stub_connection {
    struct stub *stub;
    pthread_t thread;
    int fd;
};

struct stub {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    int fd;
    unsigned port;
    bool closing, released; // the latter lets go of /hold
    unsigned accepted, requests, holding, most_holding;
    size_t last_body;             // bytes
    char last[STUB_REQUEST_MAX];  // head of the latest request
    char paths[STUB_REQUEST_MAX]; // of all, a blank after each
    struct stub_connection *connections[STUB_CONNECTIONS_MAX];
};

static void stub_say(int fd, const char *text)
{
    size_t len = strlen(text);
    if (send(fd, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        shutdown(fd, SHUT_RDWR);
}

static void stub_say_body(int fd, const char *fields, size_t len)
{
    char head[512];
    static const char zeros[4096];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, len);
    stub_say(fd, head);
    while (len > 0) {
        size_t part = len < sizeof zeros ? len : sizeof zeros;
        if (send(fd, zeros, part, MSG_NOSIGNAL) != (ssize_t)part)
            return;
        len -= part;
    }
}

static bool stub_ok(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    return true;
}

static bool stub_status(struct stub *stub, int fd, const char *rest)
{
    char answer[128];
    (void)stub;
    snprintf(answer, sizeof answer,
             "HTTP/1.1 %.3s Well\r\nContent-Length: 0\r\n\r\n", rest);
    stub_say(fd, answer);
    return true;
}

// /to/STATUS/LOCATION
static bool stub_to(struct stub *stub, int fd, const char *rest)
{
    char answer[1024];
    (void)stub;
    snprintf(answer, sizeof answer,
             "HTTP/1.1 %.3s Moved\r\nLocation: %s\r\nX-Hop: yes\r\n"
             "Content-Length: 4\r\n\r\nhere",
             rest, rest + 4);
    stub_say(fd, answer);
    return true;
}

static bool stub_big(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    stub_say_body(fd, "", strtoul(rest, NULL, 10));
    return true;
}

static bool stub_cut(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
    return false;
}

static bool stub_cut_chunk(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5\r\nshort\r\n");
    return false;
}

static bool stub_chunked(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: t\r\n\r\n");
    return true;
}

static bool stub_until_close(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.0 200 OK\r\n\r\nall there is");
    return false;
}

static bool stub_interim(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                 "HTTP/1.1 103 Early Hints\r\nX-Early: 2\r\n\r\n"
                 "HTTP/1.1 200 OK\r\nX-Late:  three \r\n"
                 "Content-Length: 2\r\n\r\nok");
    return true;
}

// /headers/COUNT
static bool stub_headers(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    stub_say(fd, "HTTP/1.1 200 OK\r\n");
    for (unsigned long i = strtoul(rest, NULL, 10); i > 0; i--)
        if (send(fd, "X-Field: 1\r\n", 12, MSG_NOSIGNAL) != 12)
            return false;
    stub_say(fd, "Content-Length: 0\r\n\r\n");
    return true;
}

static bool stub_wait_for_peer(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
    return false;
}

static bool stub_silent(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    return stub_wait_for_peer(fd);
}

// A byte of a head now and then, for ever.
static bool stub_drip(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\nX-Slow: ");
    while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
        usleep(20000);
    return false;
}

static bool stub_endless(struct stub *stub, int fd, const char *rest)
{
    char block[4096] = { 0 };
    (void)stub;
    (void)rest;
    stub_say(fd, "HTTP/1.1 200 OK\r\n\r\n");
    while (send(fd, block, sizeof block, MSG_NOSIGNAL) > 0)
        ;
    return false;
}

static bool stub_garbage(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)rest;
    stub_say(fd, "SSH-2.0-OpenSSH_9.2\r\nHello\r\n\r\n");
    return false;
}

static bool stub_hang_up(struct stub *stub, int fd, const char *rest)
{
    (void)stub;
    (void)fd;
    (void)rest;
    return false;
}

// Answers when the test says so.
static bool stub_hold(struct stub *stub, int fd, const char *rest)
{
    pthread_mutex_lock(&stub->lock);
    stub->holding++;
    if (stub->holding > stub->most_holding)
        stub->most_holding = stub->holding;
    pthread_cond_broadcast(&stub->changed);
    while (!stub->released && !stub->closing)
        pthread_cond_wait(&stub->changed, &stub->lock);
    stub->holding--;
    pthread_mutex_unlock(&stub->lock);
    return stub_ok(stub, fd, rest);
}

struct stub_bits {
    unsigned char *out;
    size_t count;
};

static void stub_put(struct stub_bits *bits, unsigned code, unsigned len)
{
    while (len-- > 0) {
        if (code >> len & 1)
            bits->out[bits->count / 8] |=
                (unsigned char)(1U << (bits->count % 8));
        bits->count++;
    }
}

// RFC 1951 by hand: one zero, then "258 more of the last byte" for ever.
static bool stub_bomb(struct stub *stub, int fd, const char *rest)
{
    enum { REPEATS = 400000, ROOM = REPEATS * 13 / 8 + 64 };
    (void)stub;
    (void)rest;
    unsigned char *body = calloc(1, ROOM);
    assert(body);
    static const unsigned char start[10] = { 0x1f, 0x8b, 8, [9] = 3 };
    memcpy(body, start, sizeof start);
    struct stub_bits bits = { body, 80 };
    stub_put(&bits, 1, 1);    // the last block
    stub_put(&bits, 2, 2);    // fixed codes, least bit first
    stub_put(&bits, 0x30, 8); // the literal 0
    for (int i = 0; i < REPEATS; i++) {
        stub_put(&bits, 0xc5, 8); // length 258
        stub_put(&bits, 0, 5);    // distance 1
    }
    size_t len = bits.count / 8;
    stub_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
    send(fd, body, len, MSG_NOSIGNAL);
    free(body);
    return false;
}

// /coded/LEN/STATUS/CODING: so much of "hello hello hello" in gzip.
static bool stub_coded(struct stub *stub, int fd, const char *rest)
{
    static const unsigned char body[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00,
                                          0x00, 0x00, 0x02, 0x03, 0xcb, 0x48,
                                          0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40,
                                          0x90, 0x00, 0x80, 0x88, 0xf9, 0xe5,
                                          0x11, 0x00, 0x00, 0x00 };
    char head[256], *coding;
    (void)stub;
    size_t len = strtoul(rest, &coding, 10);
    snprintf(head, sizeof head,
             "HTTP/1.1 %.3s Well\r\nContent-Encoding: %s\r\n"
             "Content-Length: %zu\r\n\r\n",
             coding + 1, coding + 5, len);
    stub_say(fd, head);
    send(fd, body, len, MSG_NOSIGNAL);
    return true;
}

static const struct stub_behaviour {
    const char *path;
    bool (*answer)(struct stub *stub, int fd, const char *rest);
} stub_behaviours[] = {
    { "/status/", stub_status },    { "/to/", stub_to },
    { "/big/", stub_big },          { "/cut-chunk", stub_cut_chunk },
    { "/cut", stub_cut },           { "/chunked", stub_chunked },
    { "/close", stub_until_close }, { "/interim", stub_interim },
    { "/headers/", stub_headers },  { "/silent", stub_silent },
    { "/drip", stub_drip },         { "/endless", stub_endless },
    { "/garbage", stub_garbage },   { "/hang-up", stub_hang_up },
    { "/hold", stub_hold },         { "/bomb", stub_bomb },
    { "/coded/", stub_coded },      { "/", stub_ok },
};

static bool stub_answer(struct stub *stub, int fd, const char *path)
{
    for (size_t i = 0;; i++) {
        size_t len = strlen(stub_behaviours[i].path);
        if (strncmp(path, stub_behaviours[i].path, len) == 0)
            return stub_behaviours[i].answer(stub, fd, path + len);
    }
}

static bool stub_read_body(int fd, size_t len)
{
    char block[65536];
    while (len > 0) {
        ssize_t got =
            recv(fd, block, len < sizeof block ? len : sizeof block, 0);
        if (got <= 0)
            return false;
        len -= (size_t)got;
    }
    return true;
}

static bool stub_serve(struct stub *stub, int fd)
{
    char head[STUB_REQUEST_MAX] = { 0 };
    size_t len = 0;
    char *end;
    while (!(end = strstr(head, "\r\n\r\n"))) {
        ssize_t got = recv(fd, head + len, sizeof head - 1 - len, 0);
        if (got <= 0)
            return false;
        len += (size_t)got;
    }
    size_t early = len - (size_t)(end + 4 - head);
    end[4] = '\0';
    const char *field = strcasestr(head, "content-length:");
    size_t body = field ? strtoul(field + 15, NULL, 10) : 0;
    if (body > early && !stub_read_body(fd, body - early))
        return false;
    char path[2048] = "/";
    sscanf(head, "%*s %2047s", path);
    pthread_mutex_lock(&stub->lock);
    stub->requests++;
    stub->last_body = body;
    memcpy(stub->last, head, strlen(head) + 1);
    size_t used = strlen(stub->paths);
    snprintf(stub->paths + used, sizeof stub->paths - used, "%s ", path);
    pthread_cond_broadcast(&stub->changed);
    pthread_mutex_unlock(&stub->lock);
    return stub_answer(stub, fd, path);
}

static void *stub_connection_run(void *context)
{
    struct stub_connection *connection = context;
    while (stub_serve(connection->stub, connection->fd))
        ;
    shutdown(connection->fd, SHUT_RDWR);
    return NULL;
}

static void *stub_run(void *context)
{
    struct stub *stub = context;
    for (;;) {
        int fd = accept4(stub->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            sched_yield(); // others are about to close theirs
            continue;
        }
        if (fd < 0)
            return NULL;
        struct stub_connection *connection = calloc(1, sizeof *connection);
        assert(connection && stub->accepted < STUB_CONNECTIONS_MAX);
        *connection = (struct stub_connection){ .stub = stub, .fd = fd };
        pthread_mutex_lock(&stub->lock);
        stub->connections[stub->accepted++] = connection;
        pthread_create(&connection->thread, NULL, stub_connection_run,
                       connection);
        pthread_mutex_unlock(&stub->lock);
    }
}

// Both ends of every connection are in this process, and a login may have
// left us 1024 descriptors.
static void stub_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// NULL: somebody else has that port there.
STUB_UNUSED static struct stub *stub_open_at(const char *address, unsigned port)
{
    stub_raise_limit();
    struct stub *stub = calloc(1, sizeof *stub);
    assert(stub);
    pthread_mutex_init(&stub->lock, NULL);
    pthread_cond_init(&stub->changed, NULL);
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port) };
    inet_pton(AF_INET, address, &at.sin_addr);
    socklen_t len = sizeof at;
    stub->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // 0.0.0.0 means all of 127.0.0.0/8 and no more.
    setsockopt(stub->fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
    int failed = bind(stub->fd, (struct sockaddr *)&at, len);
    if (failed && port > 0) {
        close(stub->fd);
        free(stub);
        return NULL;
    }
    failed = failed || listen(stub->fd, 1024)
             || getsockname(stub->fd, (struct sockaddr *)&at, &len);
    assert(!failed);
    stub->port = ntohs(at.sin_port);
    pthread_create(&stub->thread, NULL, stub_run, stub);
    return stub;
}

STUB_UNUSED static struct stub *stub_open(const char *address)
{
    return stub_open_at(address, 0);
}

// Connections that neither side has closed.
STUB_UNUSED static unsigned stub_open_connections(struct stub *stub)
{
    char byte;
    unsigned count = 0;
    pthread_mutex_lock(&stub->lock);
    for (unsigned i = 0; i < stub->accepted; i++)
        count +=
            recv(stub->connections[i]->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT)
            != 0;
    pthread_mutex_unlock(&stub->lock);
    return count;
}

STUB_UNUSED static void stub_release(struct stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    stub->released = true;
    pthread_cond_broadcast(&stub->changed);
    pthread_mutex_unlock(&stub->lock);
}

// From now on, when all that was held has been let go of.
STUB_UNUSED static void stub_hold_again(struct stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    assert(stub->holding == 0);
    stub->released = false;
    pthread_mutex_unlock(&stub->lock);
}

STUB_UNUSED static void stub_close(struct stub *stub)
{
    pthread_mutex_lock(&stub->lock);
    stub->closing = true;
    pthread_cond_broadcast(&stub->changed);
    pthread_mutex_unlock(&stub->lock);
    shutdown(stub->fd, SHUT_RDWR);
    pthread_join(stub->thread, NULL);
    close(stub->fd);
    for (unsigned i = 0; i < stub->accepted; i++) {
        shutdown(stub->connections[i]->fd, SHUT_RDWR);
        pthread_join(stub->connections[i]->thread, NULL);
        close(stub->connections[i]->fd);
        free(stub->connections[i]);
    }
    pthread_cond_destroy(&stub->changed);
    pthread_mutex_destroy(&stub->lock);
    free(stub);
}

// Waits until so many requests are held at once, or came in all.
STUB_UNUSED static void stub_await(struct stub *stub, const unsigned *count,
                                   unsigned wanted)
{
    pthread_mutex_lock(&stub->lock);
    while (*count < wanted)
        pthread_cond_wait(&stub->changed, &stub->lock);
    pthread_mutex_unlock(&stub->lock);
}
