// SPDX-License-Identifier: MIT

#include "sink_serve.h"

#include "authority.h"
#include "figures.h"
#include "sink_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 256,
    CONNECTIONS_MAX = 65536, // by descriptor
};

struct process {
    struct sink_serve *serve;
    struct sink_desk desk;
    struct sink_delay delay;
    SSL_CTX *tls;
    uint32_t serial;
    int epoll;
    struct sink_connection *connections[CONNECTIONS_MAX];
};

static bool arm(struct process *process, struct sink_connection *connection)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    struct stream *stream = &connection->stream;
    if (getsockname(stream->fd, (struct sockaddr *)&at, &len) != 0)
        return false;
    stream->tls = SSL_new(process->tls);
    if (stream->tls == NULL
        || !authority_certify(process->serve->authority,
                              ntohl(at.sin_addr.s_addr), stream->tls)
        || SSL_set_fd(stream->tls, stream->fd) != 1)
        return false;
    SSL_set_accept_state(stream->tls);
    return true;
}

static void hang_up(struct process *process, struct sink_connection *connection)
{
    sink_connection_forget(&process->desk, connection);
    process->connections[connection->stream.fd] = NULL;
    stream_close(&connection->stream);
    free(connection);
}

static void welcome(struct process *process, int fd, bool tls)
{
    int one = 1;
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    struct sink_connection *connection = malloc(sizeof *connection);
    if (connection == NULL || fd >= CONNECTIONS_MAX) {
        free(connection);
        close(fd);
        return;
    }
    connection->stream = (struct stream){ .fd = fd };
    connection->serial = ++process->serial;
    connection->busy = false;
    connection->filled = 0;
    process->connections[fd] = connection;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if ((tls && !arm(process, connection))
        || epoll_ctl(process->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        hang_up(process, connection);
    else
        atomic_fetch_add(&process->serve->shared->accepted, 1);
}

static void accept_all(struct process *process, int listener)
{
    bool tls = listener == process->serve->tls_listener;
    int flags = SOCK_CLOEXEC | (tls ? SOCK_NONBLOCK : 0);
    for (int i = 0; i < EVENTS; i++) {
        int fd = accept4(listener, NULL, NULL, flags);
        if (fd < 0)
            return;
        welcome(process, fd, tls);
    }
}

static void confirm_due(struct process *process)
{
    struct sink_due due;
    while (sink_delay_take(&process->delay, figures_ns(), &due)) {
        struct sink_connection *connection = process->connections[due.fd];
        if (connection != NULL && connection->serial == due.serial
            && !sink_connection_confirm(connection))
            hang_up(process, connection);
    }
}

static void serve_one(struct process *process, int fd)
{
    const struct sink_serve *serve = process->serve;
    if (fd == serve->listener || fd == serve->tls_listener) {
        accept_all(process, fd);
        return;
    }
    struct sink_connection *connection = process->connections[fd];
    if (connection != NULL && !sink_connection_read(&process->desk, connection))
        hang_up(process, connection);
}

static void serve_all(struct process *process)
{
    struct epoll_event events[EVENTS];
    struct timespec wait;
    const struct timespec *patience =
        sink_delay_wait(&process->delay, figures_ns(), &wait);
    int ready = epoll_pwait2(process->epoll, events, EVENTS, patience, NULL);
    for (int i = 0; i < ready; i++)
        serve_one(process, events[i].data.fd);
    confirm_due(process);
}

static bool watch(int epoll, int listener)
{
    struct epoll_event arrival = { .events = EPOLLIN, .data.fd = listener };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &arrival) == 0;
}

static bool open_tls(struct process *process)
{
    if (process->serve->authority == NULL)
        return true;
    process->tls = SSL_CTX_new(TLS_server_method());
    if (process->tls == NULL)
        return false;
    SSL_CTX_set_read_ahead(process->tls, 1);
    SSL_CTX_set_mode(process->tls, SSL_MODE_RELEASE_BUFFERS);
    // No tickets: a connection is kept, or is a whole new one.
    return SSL_CTX_set_num_tickets(process->tls, 0) == 1
           && watch(process->epoll, process->serve->tls_listener);
}

int sink_serve(void *serve)
{
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL)
        return 1;
    process->serve = serve;
    process->desk.serve = serve;
    process->desk.delay = &process->delay;
    process->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (process->epoll < 0 || !watch(process->epoll, process->serve->listener)
        || !open_tls(process))
        return 1;
    for (;;)
        serve_all(process);
}
