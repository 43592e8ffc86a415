// SPDX-License-Identifier: MIT

#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    KEEPALIVE_IDLE_S = 60,
    KEEPALIVE_INTERVAL_S = 10,
    KEEPALIVE_PROBES = 3,
    UNACKNOWLEDGED_MS = 30000,
};

union endpoint {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local;
};

static bool fails(char *problem, const char *address, const char *what)
{
    snprintf(problem, LISTENER_PROBLEM_MAX, "cannot listen at %.150s: %s",
             address, what);
    return false;
}

static bool read_port(const char *text, in_port_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 5 || text[digits])
        return false;
    long port = strtol(text, NULL, 10);
    *out = htons((in_port_t)port);
    return port <= 65535;
}

// 0: it is not a numeric address with a port.
static socklen_t read_endpoint(const char *text, union endpoint *out)
{
    char host[INET6_ADDRSTRLEN + 2];
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    in_port_t port;
    if (len == 0 || len >= sizeof host || !read_port(colon + 1, &port))
        return 0;
    memcpy(host, text, len);
    host[len] = '\0';

    memset(out, 0, sizeof *out);
    if (host[0] == '[' && host[len - 1] == ']') {
        host[len - 1] = '\0';
        out->six.sin6_family = AF_INET6;
        out->six.sin6_port = port;
        bool fine = inet_pton(AF_INET6, host + 1, &out->six.sin6_addr) == 1;
        return fine ? sizeof out->six : 0;
    }
    out->four.sin_family = AF_INET;
    out->four.sin_port = port;
    bool fine = inet_pton(AF_INET, host, &out->four.sin_addr) == 1;
    return fine ? sizeof out->four : 0;
}

static bool name_listener(struct listener *listener)
{
    union endpoint at = { .four = { 0 } };
    socklen_t len = sizeof at;
    char host[INET6_ADDRSTRLEN];

    if (getsockname(listener->fd, &at.any, &len) != 0)
        return false;
    bool six = at.any.sa_family == AF_INET6;
    const void *address =
        six ? (const void *)&at.six.sin6_addr : (const void *)&at.four.sin_addr;
    if (!inet_ntop(at.any.sa_family, address, host, sizeof host))
        return false;
    unsigned port = ntohs(six ? at.six.sin6_port : at.four.sin_port);
    snprintf(listener->address, sizeof listener->address,
             six ? "[%s]:%u" : "%s:%u", host, port);
    return true;
}

// Linux hands these down to accepted sockets, which saves six calls for each.
// A peer that vanished without a word is found after a minute and a half, one
// that takes nothing of what we send after half a minute.
static void set_options(int fd)
{
    const int on = 1;
    static const struct {
        int name, value;
    } options[] = {
        { TCP_NODELAY, 1 },
        { TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
        { TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
        { TCP_KEEPCNT, KEEPALIVE_PROBES },
        { TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS },
    };
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, IPPROTO_TCP, options[i].name, &options[i].value,
                   sizeof options[i].value);
}

bool listener_open(const char *address, struct listener *out,
                   char problem[LISTENER_PROBLEM_MAX])
{
    union endpoint at;
    struct listener listener = { .fd = -1 };
    socklen_t len = read_endpoint(address, &at);
    if (len == 0)
        return fails(problem, address, "it is not ADDRESS:PORT");

    listener.fd =
        socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener.fd < 0)
        return fails(problem, address, strerror(errno));
    set_options(listener.fd);
    if (bind(listener.fd, &at.any, len) != 0
        || listen(listener.fd, BACKLOG) != 0 || !name_listener(&listener)) {
        fails(problem, address, strerror(errno));
        listener_close(&listener);
        return false;
    }
    *out = listener;
    return true;
}

static bool name_local(struct listener *listener)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    socklen_t len = sizeof at;
    if (getsockname(listener->fd, (struct sockaddr *)&at, &len) != 0)
        return false;
    snprintf(listener->address, sizeof listener->address, "%.*s",
             (int)sizeof at.sun_path, at.sun_path);
    return true;
}

bool listener_adopt(int fd, enum door door, struct listener *out,
                    char problem[LISTENER_PROBLEM_MAX])
{
    struct listener listener = { .fd = fd, .door = door, .inherited = true };
    bool named =
        door == DOOR_SOCKET ? name_local(&listener) : name_listener(&listener);
    if (!named)
        return fails(problem, "an inherited socket", strerror(errno));
    if (door != DOOR_SOCKET)
        set_options(fd);
    *out = listener;
    return true;
}

// What a process that is gone left behind goes; what somebody answers on, or
// what is no socket at all, stays.
static bool clear_place(const struct sockaddr_un *at, char *problem)
{
    struct stat found;
    if (lstat(at->sun_path, &found) != 0)
        return errno == ENOENT || fails(problem, at->sun_path, strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return fails(problem, at->sun_path,
                     "a file that is no socket is in the way");

    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return fails(problem, at->sun_path, strerror(errno));
    bool answered = connect(probe, (const struct sockaddr *)at, sizeof *at) == 0
                    || errno == EAGAIN;
    int why = errno;
    close(probe);
    if (answered)
        return fails(problem, at->sun_path, "another process answers there");
    if (why != ECONNREFUSED)
        return fails(problem, at->sun_path, strerror(why));
    if (unlink(at->sun_path) != 0 && errno != ENOENT)
        return fails(problem, at->sun_path, strerror(errno));
    return true;
}

bool listener_open_admin(const char *path, struct listener *out,
                         char problem[LISTENER_PROBLEM_MAX])
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct listener listener = { .fd = -1, .door = DOOR_SOCKET };
    if (strlen(path) >= sizeof at.sun_path)
        return fails(problem, path, "the path is longer than 107 bytes");
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (!clear_place(&at, problem))
        return false;

    listener.fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // The mode is set before bind(), which on Linux gives it to the file: at
    // no moment may others connect, and the process's umask is left alone.
    if (listener.fd < 0 || fchmod(listener.fd, 0600) != 0
        || bind(listener.fd, (const struct sockaddr *)&at, sizeof at) != 0) {
        fails(problem, path, strerror(errno));
        listener_close(&listener);
        return false;
    }
    memcpy(listener.address, at.sun_path, sizeof at.sun_path);
    if (listen(listener.fd, BACKLOG) != 0) {
        fails(problem, path, strerror(errno));
        listener_close(&listener);
        return false;
    }
    *out = listener;
    return true;
}

void listener_close(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    // Removed first: who finds the file shall find somebody there.
    if (listener->door == DOOR_SOCKET && listener->address[0]
        && !listener->inherited)
        unlink(listener->address);
    close(listener->fd);
    listener->fd = -1;
}
