// SPDX-License-Identifier: MIT
//
// wire -- the client's end of a connection, for tests.
//
// Every read has a deadline, so that a test fails instead of hanging.

#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WIRE_PATIENCE_S = 120 };

static inline void wire_set_patience(int fd)
{
    struct timeval patience = { .tv_sec = WIRE_PATIENCE_S };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// -1: nobody listens there. `from`: an address of 127.0.0.0/8, or NULL.
static inline int wire_connect_from(const char *from, const char *to)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    char host[INET_ADDRSTRLEN];
    const char *colon = strchr(to, ':');
    snprintf(host, sizeof host, "%.*s", (int)(colon - to), to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    wire_set_patience(fd);
    if (from) {
        inet_pton(AF_INET, from, &at.sin_addr);
        bind(fd, (struct sockaddr *)&at, sizeof at);
    }
    inet_pton(AF_INET, host, &at.sin_addr);
    at.sin_port = htons((in_port_t)strtol(colon + 1, NULL, 10));
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline int wire_connect(const char *to)
{
    return wire_connect_from(NULL, to);
}

static inline void wire_send(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        text += sent;
        len -= (size_t)sent;
    }
}

// An answer, NUL-terminated and yours to free; "" if the connection ends
// before one. It ends where Content-Length says, or with its head.
static inline char *wire_answer_to(int fd, bool head_only)
{
    size_t len = 0;
    size_t room = 4096;
    size_t wanted = SIZE_MAX;
    char *text = malloc(room + 1);
    while (len < wanted) {
        char *end = memmem(text, len, "\r\n\r\n", 4);
        if (end && wanted == SIZE_MAX) {
            text[len] = '\0';
            const char *length = strcasestr(text, "\r\nContent-Length:");
            wanted = (size_t)(end + 4 - text);
            if (!head_only && length && length < end)
                wanted += strtoul(length + 17, NULL, 10);
            continue;
        }
        size_t more = wanted != SIZE_MAX ? wanted - len : 1;
        if (len + more > room) {
            room = len + more + 4096;
            text = realloc(text, room + 1);
        }
        ssize_t got = recv(fd, text + len, more, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    text[len] = '\0';
    return text;
}

static inline char *wire_answer(int fd)
{
    return wire_answer_to(fd, false);
}

// Does the peer close, without another byte?
static inline bool wire_ends(int fd)
{
    char byte;
    ssize_t got = recv(fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

// Both ends of a TCP connection over loopback.
static inline void wire_pair(int ends[2])
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener, (struct sockaddr *)&at, sizeof at);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&at, &len);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    wire_set_patience(ends[0]);
    connect(ends[0], (struct sockaddr *)&at, sizeof at);
    ends[1] = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    close(listener);
}
