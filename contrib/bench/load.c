// SPDX-License-Identifier: MIT

#include "load.h"

#include "figures.h"
#include "head.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EVENTS = 64,
    ANSWER_MAX = 4096,
    PATIENCE_MS = 20000,
    LATENCIES_MAX = 4 * 1000 * 1000,
    RECONNECTS_MAX = 1000,
};

struct connection {
    int fd;
    bool busy;
    int64_t sent_ns;
    size_t filled;
    char bytes[ANSWER_MAX];
};

struct load {
    const struct load_options *options;
    struct load_result *result;
    struct connection *connections;
    int epoll;
    uint64_t sent;
    unsigned busy, reconnects;
    int64_t began_ns, last_ns;
};

static bool join(struct load *load, struct connection *connection)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(load->options->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    int one = 1;
    connection->filled = 0;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0
        || connect(connection->fd, (struct sockaddr *)&to, sizeof to) != 0)
        return false;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) == 0;
}

static bool rejoin(struct load *load, struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    return load->reconnects++ < RECONNECTS_MAX && join(load, connection);
}

static bool has_more(const struct load *load)
{
    int64_t past_ms = (figures_ns() - load->began_ns) / 1000000;
    return load->sent < load->options->requests
           && past_ms < load->options->duration_ms;
}

static bool send_next(struct load *load, struct connection *connection)
{
    const struct load_options *options = load->options;
    char form[LOAD_FORM_MAX], text[LOAD_FORM_MAX + 256];
    size_t form_len = options->form(
        options->context, options->first + load->sent, form, sizeof form);
    int len = snprintf(text, sizeof text,
                       "POST / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                       "Content-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: %zu\r\n\r\n%.*s",
                       options->port, form_len, (int)form_len, form);
    load->sent++;
    load->busy++;
    connection->busy = true;
    connection->sent_ns = figures_ns();
    return form_len > 0
           && send(connection->fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static void keep_latency(struct load *load, int64_t ns)
{
    struct load_result *result = load->result;
    if (result->latency_us != NULL && result->latency_count < LATENCIES_MAX)
        result->latency_us[result->latency_count++] = (double)ns / 1e3;
}

static void judge(struct load *load, struct connection *connection,
                  const struct head *head)
{
    struct load_result *result = load->result;
    unsigned status = head_status(connection->bytes, connection->filled);
    load->last_ns = figures_ns();
    if (status == load->options->expected) {
        result->good++;
        keep_latency(load, load->last_ns - connection->sent_ns);
    } else if (result->bad++ == 0) {
        result->bad_status = status;
        snprintf(result->bad_text, sizeof result->bad_text, "%.*s",
                 (int)strcspn(connection->bytes + head->len, "\r\n"),
                 connection->bytes + head->len);
    }
}

// What is under way on a connection that broke is a bad answer.
static bool broke(struct load *load, struct connection *connection)
{
    if (connection->busy) {
        load->result->bad++;
        load->busy--;
        connection->busy = false;
    }
    if (!rejoin(load, connection))
        return false;
    return !has_more(load) || send_next(load, connection);
}

static bool answered(struct load *load, struct connection *connection)
{
    struct head head;
    size_t room = sizeof connection->bytes - 1 - connection->filled;
    ssize_t got =
        recv(connection->fd, connection->bytes + connection->filled, room, 0);
    if (got <= 0)
        return broke(load, connection);
    connection->filled += (size_t)got;
    connection->bytes[connection->filled] = '\0';
    if (!head_read(connection->bytes, connection->filled, &head)
        || connection->filled < head.len + head.body_len)
        return true;
    judge(load, connection, &head);
    connection->filled = 0;
    connection->busy = false;
    load->busy--;
    if (head.close && !rejoin(load, connection))
        return false;
    return !has_more(load) || send_next(load, connection);
}

static bool run(struct load *load)
{
    struct epoll_event events[EVENTS];
    load->began_ns = load->last_ns = figures_ns();
    for (unsigned i = 0; i < load->options->connections && has_more(load); i++)
        if (!send_next(load, &load->connections[i]))
            return false;
    while (load->busy > 0) {
        int ready = epoll_wait(load->epoll, events, EVENTS, PATIENCE_MS);
        if (ready <= 0)
            return false;
        for (int i = 0; i < ready; i++)
            if (!answered(load, events[i].data.ptr))
                return false;
    }
    return true;
}

static bool prepare(struct load *load)
{
    const struct load_options *options = load->options;
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (options->latencies)
        load->result->latency_us =
            malloc(LATENCIES_MAX * sizeof *load->result->latency_us);
    if (load->epoll < 0 || options->connections > LOAD_CONNECTIONS_MAX
        || (options->latencies && load->result->latency_us == NULL))
        return false;
    load->connections = calloc(options->connections, sizeof *load->connections);
    if (load->connections == NULL)
        return false;
    for (unsigned i = 0; i < options->connections; i++)
        load->connections[i].fd = -1;
    for (unsigned i = 0; i < options->connections; i++)
        if (!join(load, &load->connections[i]))
            return false;
    return true;
}

bool load_run(const struct load_options *options, struct load_result *out)
{
    struct load load = { .options = options, .result = out };
    *out = (struct load_result){ 0 };
    bool good = prepare(&load) && run(&load);
    for (unsigned i = 0; load.connections && i < options->connections; i++)
        if (load.connections[i].fd >= 0)
            close(load.connections[i].fd);
    free(load.connections);
    if (load.epoll >= 0)
        close(load.epoll);
    out->seconds = (double)(load.last_ns - load.began_ns) / 1e9;
    if (out->latency_us != NULL)
        figures_sort(out->latency_us, out->latency_count);
    return good;
}

void load_clear(struct load_result *result)
{
    free(result->latency_us);
    *result = (struct load_result){ 0 };
}
