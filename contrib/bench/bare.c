// SPDX-License-Identifier: MIT

#include "bare.h"

#include "bare_message.h"
#include "figures.h"
#include "head.h"
#include "spawn.h"
#include "stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    PATIENCE_MS = 10000,
    ANSWER_MAX = 1024,
    CONNECTIONS_MAX = 8192,
};

struct connection {
    struct stream stream;
    size_t origin;
    bool busy;
};

struct bare {
    const struct bare_options *options;
    struct bare_message *message;
    struct ssl_ctx_st *tls; // NULL: in the clear
    struct connection *connections;
    size_t connection_count, rested; // those before `rested` had a turn
    size_t *next;                    // origin -> the callback to send to next
    int epoll;
    size_t busy, answered;
};

static double cpu_us(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e6 + (double)used.tv_nsec / 1e3;
}

static bool connect_one(struct bare *bare, struct connection *connection)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons(bare->options->callbacks->port),
        .sin_addr.s_addr = htonl(callbacks_address(connection->origin)),
    };
    // Reset at the end, or every run would leave its sockets in TIME_WAIT.
    struct linger reset = { .l_onoff = 1 };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    connection->stream = (struct stream){ .fd = fd };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return (bare->tls == NULL || stream_connect(&connection->stream, bare->tls))
           && epoll_ctl(bare->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool connect_all(struct bare *bare)
{
    size_t origins = bare->options->callbacks->origins;
    for (size_t i = 0; i < bare->connection_count; i++) {
        bare->connections[i].origin = i % origins;
        if (!connect_one(bare, &bare->connections[i]))
            return false;
    }
    for (size_t i = 0; i < origins; i++)
        bare->next[i] = i;
    return true;
}

// False: nothing is left for its origin, or it could not be sent.
static bool send_next(struct bare *bare, struct connection *connection)
{
    const struct callbacks *callbacks = bare->options->callbacks;
    size_t number = bare->next[connection->origin];
    if (number >= callbacks->count)
        return false;
    bare->next[connection->origin] += callbacks->origins;
    size_t len;
    const char *bytes = bare_message_make(bare->message, number, &len);
    if (!stream_write(&connection->stream, bytes, len))
        return false;
    connection->busy = true;
    bare->busy++;
    return true;
}

// Connections above the ceiling get their turn when others have run dry.
static void rouse(struct bare *bare)
{
    while (bare->busy < bare->options->in_flight
           && bare->rested < bare->connection_count) {
        struct connection *next = &bare->connections[bare->rested++];
        if (!next->busy)
            send_next(bare, next);
    }
}

static bool answered(struct bare *bare, struct connection *connection)
{
    char bytes[ANSWER_MAX];
    struct head head;
    long got = stream_read(&connection->stream, bytes, sizeof bytes);
    if (got <= 0 || !head_read(bytes, (size_t)got, &head)
        || head_status(bytes, head.len) / 100 != 2)
        return false;
    connection->busy = false;
    bare->busy--;
    bare->answered++;
    if (!send_next(bare, connection))
        rouse(bare);
    return true;
}

static void send_all(struct bare *bare)
{
    struct epoll_event events[EVENTS];
    rouse(bare);
    while (bare->busy > 0) {
        int ready = epoll_wait(bare->epoll, events, EVENTS, PATIENCE_MS);
        if (ready <= 0)
            return;
        for (int i = 0; i < ready; i++)
            if (!answered(bare, events[i].data.ptr))
                return;
    }
}

static bool prepare(struct bare *bare)
{
    const struct bare_options *options = bare->options;
    size_t origins = options->callbacks->origins;
    size_t each = CONNECTIONS_MAX / origins;
    if (each > options->per_origin)
        each = options->per_origin;
    bare->connection_count = origins * (each > 0 ? each : 1);
    bare->connections =
        calloc(bare->connection_count, sizeof *bare->connections);
    bare->next = calloc(origins, sizeof *bare->next);
    bare->epoll = epoll_create1(EPOLL_CLOEXEC);
    bare->message = bare_message_new(options);
    if (options->callbacks->tls
        && (bare->tls = stream_client_context()) == NULL)
        return false;
    return bare->connections != NULL && bare->next != NULL && bare->epoll >= 0
           && bare->message != NULL && connect_all(bare);
}

struct errand {
    const struct bare_options *options;
    int answer; // pipe
};

static void measure(struct bare *bare, struct bare_result *out)
{
    double cpu = cpu_us();
    int64_t began = figures_ns();
    send_all(bare);
    out->wall_ms = (double)(figures_ns() - began) / 1e6;
    out->cpu_us = cpu_us() - cpu;
    out->posts = bare->answered;
}

// The child's life; its descriptors end with it.
static int child(void *context)
{
    struct errand *errand = context;
    struct bare_result result = { 0 };
    struct bare bare = { .options = errand->options };
    if (prepare(&bare))
        measure(&bare, &result);
    free(bare.connections);
    free(bare.next);
    return write(errand->answer, &result, sizeof result) != sizeof result;
}

bool bare_run(const struct bare_options *options, struct bare_result *out)
{
    int ends[2], status = 0;
    *out = (struct bare_result){ 0 };
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    struct errand errand = { .options = options, .answer = ends[1] };
    pid_t pid = spawn_function(child, &errand, options->cpu);
    close(ends[1]);
    struct pollfd answer = { .fd = ends[0], .events = POLLIN };
    bool told = pid > 0 && poll(&answer, 1, 6 * PATIENCE_MS) == 1
                && read(ends[0], out, sizeof *out) == sizeof *out;
    close(ends[0]);
    if (pid > 0 && !spawn_wait(pid, PATIENCE_MS, &status))
        spawn_stop(pid, 0);
    return told && out->posts == options->callbacks->count;
}
