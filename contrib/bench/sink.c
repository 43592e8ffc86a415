// SPDX-License-Identifier: MIT

#include "sink.h"

#include "figures.h"
#include "sink_serve.h"
#include "spawn.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t shared_size(size_t callbacks)
{
    return sizeof(struct sink_shared)
           + callbacks * sizeof(((struct sink_shared *)NULL)->at_ns[0]);
}

static int listen_anywhere(uint16_t *out_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_ANY) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0
        || listen(fd, 4096) != 0
        || getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        close(fd);
        return -1;
    }
    *out_port = ntohs(at.sin_port);
    return fd;
}

static void listen_all(struct sink *sink, struct sink_serve *serve)
{
    serve->listener = listen_anywhere(&sink->port);
    serve->tls_listener = -1;
    if (serve->authority != NULL)
        serve->tls_listener = listen_anywhere(&sink->tls_port);
}

static void close_all(struct sink_serve *serve)
{
    if (serve->listener >= 0)
        close(serve->listener);
    if (serve->tls_listener >= 0)
        close(serve->tls_listener);
}

bool sink_open(struct sink *sink, size_t callbacks, struct authority *authority,
               int cpu)
{
    *sink = (struct sink){ .reached = -1, .callbacks = callbacks };
    void *memory = mmap(NULL, shared_size(callbacks), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    sink->shared = memory;
    sink->shared->callbacks = callbacks;
    sink->reached = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sink_serve serve = { .shared = sink->shared,
                                .reached = sink->reached,
                                .authority = authority };
    listen_all(sink, &serve);
    sink_document(sink, "text/plain", "nothing yet\n", 12);
    if (sink->reached >= 0 && serve.listener >= 0
        && (authority == NULL || serve.tls_listener >= 0))
        sink->pid = spawn_function(sink_serve, &serve, cpu);
    close_all(&serve);
    if (sink->pid > 0)
        return true;
    sink_close(sink);
    return false;
}

void sink_close(struct sink *sink)
{
    spawn_stop(sink->pid, 0);
    if (sink->reached >= 0)
        close(sink->reached);
    if (sink->shared != NULL)
        munmap(sink->shared, shared_size(sink->callbacks));
    *sink = (struct sink){ .reached = -1 };
}

void sink_document(struct sink *sink, const char *type, const char *bytes,
                   size_t len)
{
    struct sink_shared *shared = sink->shared;
    if (len > sizeof shared->document)
        len = sizeof shared->document;
    snprintf(shared->type, sizeof shared->type, "%s", type);
    memcpy(shared->document, bytes, len);
    atomic_store(&shared->document_len, len);
}

void sink_silence(struct sink *sink)
{
    atomic_store(&sink->shared->silent, true);
}

void sink_delay(struct sink *sink, long delay_ms)
{
    atomic_store(&sink->shared->delay_ns, (int64_t)delay_ms * 1000000);
}

void sink_begin(struct sink *sink, uint64_t target)
{
    struct sink_shared *shared = sink->shared;
    eventfd_t forgotten;
    (void)eventfd_read(sink->reached, &forgotten);
    atomic_store(&shared->target, target);
    atomic_store(&shared->posts, 0);
    atomic_store(&shared->again, 0);
    atomic_store(&shared->hung, 0);
    atomic_store(&shared->sample_len, 0);
    atomic_store(&shared->first_ns, 0);
    atomic_store(&shared->last_ns, 0);
    for (size_t i = 0; i < sink->callbacks; i++)
        atomic_store(&shared->at_ns[i], 0);
}

bool sink_wait(struct sink *sink, int timeout_ms)
{
    struct pollfd reached = { .fd = sink->reached, .events = POLLIN };
    return poll(&reached, 1, timeout_ms) == 1;
}

void sink_round(const struct sink *sink, struct sink_round *out)
{
    struct sink_shared *shared = sink->shared;
    *out = (struct sink_round){
        .posts = atomic_load(&shared->posts),
        .again = atomic_load(&shared->again),
        .hung = atomic_load(&shared->hung),
        .first_ns = atomic_load(&shared->first_ns),
        .last_ns = atomic_load(&shared->last_ns),
        .fetched_ns = atomic_load(&shared->fetched_ns),
        .accepted = atomic_load(&shared->accepted),
    };
}

uint64_t sink_verified(const struct sink *sink)
{
    return atomic_load(&sink->shared->verified);
}

size_t sink_latencies(const struct sink *sink, int64_t from_ns, double *out)
{
    size_t count = 0;
    for (size_t i = 0; i < sink->callbacks; i++) {
        int64_t at = atomic_load(&sink->shared->at_ns[i]);
        if (at != 0)
            out[count++] = (double)(at - from_ns) / 1e3;
    }
    return count;
}

uint64_t sink_asked(const struct sink *sink)
{
    return atomic_load(&sink->shared->asked);
}

uint64_t sink_fetched(const struct sink *sink)
{
    return atomic_load(&sink->shared->fetched);
}

uint64_t sink_unchanged(const struct sink *sink)
{
    return atomic_load(&sink->shared->unchanged);
}

size_t sink_sample(const struct sink *sink, const char **out)
{
    *out = sink->shared->sample;
    return atomic_load(&sink->shared->sample_len);
}
