// SPDX-License-Identifier: MIT

#include "inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3, NAME = 64 };

static bool fails(char problem[INHERIT_PROBLEM_MAX], const char *variable,
                  const char *why)
{
    snprintf(problem, INHERIT_PROBLEM_MAX, "%s: %s", variable, why);
    return false;
}

static bool read_number(const char *text, long *out)
{
    size_t digits = strspn(text, "0123456789");
    *out = digits > 0 && digits < 10 ? strtol(text, NULL, 10) : -1;
    return *out >= 0 && !text[digits];
}

static bool ask(int fd, int what, int *out)
{
    socklen_t len = sizeof *out;
    return getsockopt(fd, SOL_SOCKET, what, out, &len) == 0;
}

// NULL: it is a listening stream socket of that family.
static const char *wrong_with(int fd, int *family)
{
    int type, listening;
    if (fcntl(fd, F_GETFD) < 0)
        return "is not open";
    if (!ask(fd, SO_TYPE, &type) || !ask(fd, SO_DOMAIN, family))
        return "is no socket";
    if (type != SOCK_STREAM)
        return "is no stream socket";
    if (!ask(fd, SO_ACCEPTCONN, &listening) || !listening)
        return "does not listen";
    if (*family != AF_UNIX && *family != AF_INET && *family != AF_INET6)
        return "is neither an IP nor a Unix socket";
    return NULL;
}

// What a unit calls it if it says nothing is "websubd.socket" or "unknown".
static const char *door_of(const char *name, int family, enum door *out)
{
    bool local = family == AF_UNIX;
    *out = local ? DOOR_SOCKET : DOOR_PUBLIC;
    if (strcmp(name, "admin-tcp") == 0)
        *out = DOOR_OPERATORS;
    if (local && (strcmp(name, "public") == 0 || *out == DOOR_OPERATORS))
        return "is a Unix socket, which only \"admin\" can be";
    if (!local && strcmp(name, "admin") == 0)
        return "is no Unix socket, as \"admin\" must be; \"admin-tcp\" is the "
               "operators' listener";
    return NULL;
}

// The name of the next one; what is left behind it.
static const char *next_name(const char *names, char out[NAME])
{
    size_t len = strcspn(names, ":");
    snprintf(out, NAME, "%.*s", (int)(len < NAME - 1 ? len : NAME - 1), names);
    return names[len] ? names + len + 1 : names + len;
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0
           && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool take_all(struct inherit *out, long count, const char *names,
                     char problem[INHERIT_PROBLEM_MAX])
{
    for (int fd = FIRST; fd < FIRST + (int)count; fd++) {
        struct inherited *one = &out->items[out->count];
        char name[NAME];
        int family;
        names = next_name(names, name);
        const char *wrong = wrong_with(fd, &family);
        if (!wrong)
            wrong = door_of(name, family, &one->door);
        if (!wrong && !set_flags(fd))
            wrong = strerror(errno);
        if (!wrong && one->door == DOOR_SOCKET && inherit_has(out, DOOR_SOCKET))
            wrong = "is a second admin socket";
        if (wrong) {
            snprintf(problem, INHERIT_PROBLEM_MAX,
                     "LISTEN_FDS: descriptor %d (\"%s\") %s", fd, name, wrong);
            return false;
        }
        one->fd = fd;
        out->count++;
    }
    return true;
}

static bool take(struct inherit *out, char problem[INHERIT_PROBLEM_MAX])
{
    const char *whose = getenv("LISTEN_PID");
    const char *how_many = getenv("LISTEN_FDS");
    const char *names = getenv("LISTEN_FDNAMES");
    long pid, count;
    if (!whose || !how_many)
        return true;
    if (!read_number(whose, &pid))
        return fails(problem, "LISTEN_PID", "is no number");
    if (pid != (long)getpid())
        return true;
    if (!read_number(how_many, &count))
        return fails(problem, "LISTEN_FDS", "is no number");
    if (count > INHERIT_MAX)
        return fails(problem, "LISTEN_FDS", "names more than 25 sockets");
    return take_all(out, count, names ? names : "", problem);
}

bool inherit_take(struct inherit *out, char problem[INHERIT_PROBLEM_MAX])
{
    *out = (struct inherit){ .count = 0 };
    bool fine = take(out, problem);
    if (!fine)
        out->count = 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return fine;
}

bool inherit_has(const struct inherit *inherit, enum door door)
{
    for (size_t i = 0; i < inherit->count; i++)
        if (inherit->items[i].door == door)
            return true;
    return false;
}
