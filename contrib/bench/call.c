// SPDX-License-Identifier: MIT

#include "call.h"

#include "head.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REQUEST_MAX = 8192, PATIENCE_SECONDS = 10 };

struct call {
    uint16_t port;
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    int fd; // -1: not connected
    size_t filled;
    const char *body;
    char answer[CALL_BODY_MAX];
};

static struct call *make(uint16_t port, const char *path)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL)
        return NULL;
    call->fd = -1;
    call->port = port;
    call->body = "";
    snprintf(call->path, sizeof call->path, "%s", path);
    return call;
}

struct call *call_tcp(uint16_t port)
{
    return make(port, "");
}

struct call *call_unix(const char *path)
{
    return make(0, path);
}

static void hang_up(struct call *call)
{
    if (call->fd >= 0)
        close(call->fd);
    call->fd = -1;
}

void call_close(struct call *call)
{
    if (call == NULL)
        return;
    hang_up(call);
    free(call);
}

static bool connect_tcp(struct call *call)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(call->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1;
    call->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (call->fd < 0)
        return false;
    setsockopt(call->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(call->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool connect_unix(struct call *call)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    memcpy(to.sun_path, call->path, sizeof to.sun_path);
    call->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return call->fd >= 0
           && connect(call->fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static bool connected(struct call *call)
{
    struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    if (call->fd >= 0)
        return true;
    if (!(call->port != 0 ? connect_tcp(call) : connect_unix(call))) {
        hang_up(call);
        return false;
    }
    setsockopt(call->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return true;
}

static bool read_answer(struct call *call, struct head *out)
{
    call->filled = 0;
    for (;;) {
        if (head_read(call->answer, call->filled, out)
            && call->filled >= out->len + out->body_len)
            return true;
        size_t room = sizeof call->answer - 1 - call->filled;
        ssize_t got = recv(call->fd, call->answer + call->filled, room, 0);
        if (room == 0 || got <= 0)
            return false;
        call->filled += (size_t)got;
    }
}

static unsigned exchange(struct call *call, const char *request, size_t len)
{
    struct head head;
    if (!connected(call))
        return 0;
    if (send(call->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len
        || !read_answer(call, &head)) {
        hang_up(call);
        return 0;
    }
    call->body = call->answer + head.len;
    call->answer[head.len + head.body_len] = '\0';
    if (head.close)
        hang_up(call);
    return head_status(call->answer, head.len);
}

// An idle connection may have been closed meanwhile: once more, anew.
static unsigned exchange_twice(struct call *call, const char *request, int len)
{
    call->body = "";
    if (len < 0 || len >= REQUEST_MAX)
        return 0;
    bool fresh = call->fd < 0;
    unsigned status = exchange(call, request, (size_t)len);
    if (status == 0 && !fresh)
        status = exchange(call, request, (size_t)len);
    return status;
}

unsigned call_get(struct call *call, const char *path)
{
    char request[REQUEST_MAX];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", path,
                       call->port);
    return exchange_twice(call, request, len);
}

unsigned call_post(struct call *call, const char *path, const char *form)
{
    char request[REQUEST_MAX];
    int len = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       path, call->port, strlen(form), form);
    return exchange_twice(call, request, len);
}

const char *call_body(const struct call *call)
{
    return call->body;
}
