// SPDX-License-Identifier: MIT

#include "sink_connection.h"

#include "figures.h"
#include "head.h"
#include "sink_answer.h"

#include <string.h>

static const char no_content[] = "HTTP/1.1 204 No Content\r\n\r\n";

// One POST of each round is kept whole, to be sent again by a bare sender.
static void sample(struct sink_desk *desk, const char *bytes, size_t len)
{
    struct sink_shared *shared = desk->serve->shared;
    if (desk->sampled_len + len > sizeof shared->sample)
        return;
    memcpy(shared->sample + desk->sampled_len, bytes, len);
    desk->sampled_len += len;
}

static void begin_sample(struct sink_desk *desk,
                         const struct sink_connection *connection,
                         const char *head, size_t len)
{
    static const char counted[] = "/cb/";
    if (desk->sampled != NULL
        || atomic_load(&desk->serve->shared->sample_len) != 0
        || strncmp(connection->path, counted, sizeof counted - 1) != 0)
        return;
    desk->sampled = connection;
    desk->sampled_len = 0;
    sample(desk, head, len);
}

static bool say(struct sink_desk *desk, struct sink_connection *connection,
                const struct sink_answer *answer)
{
    if (answer->len == 0)
        return true;
    if (!answer->delayed)
        return stream_write(&connection->stream, answer->bytes, answer->len);
    int64_t delay_ns = atomic_load(&desk->serve->shared->delay_ns);
    return sink_delay_add(desk->delay,
                          (struct sink_due){ .at_ns = figures_ns() + delay_ns,
                                             .fd = connection->stream.fd,
                                             .serial = connection->serial });
}

static bool finish_post(struct sink_desk *desk,
                        struct sink_connection *connection)
{
    struct sink_answer answer;
    if (desk->sampled == connection) {
        desk->sampled = NULL;
        atomic_store(&desk->serve->shared->sample_len, desk->sampled_len);
    }
    connection->busy = false;
    sink_answer_post(desk->serve, connection->path, &answer);
    return say(desk, connection, &answer);
}

static void keep_path(struct sink_connection *connection, const char *head)
{
    const char *path = strchr(head, ' ') + 1;
    size_t len = strcspn(path, " \r");
    if (len >= sizeof connection->path)
        len = sizeof connection->path - 1;
    memcpy(connection->path, path, len);
    connection->path[len] = '\0';
}

static bool begin(struct sink_desk *desk, struct sink_connection *connection,
                  const char *bytes, const struct head *head)
{
    struct sink_answer answer;
    if (bytes[0] != 'P') {
        sink_answer_get(desk->serve->shared, bytes, head->len, &answer);
        return say(desk, connection, &answer);
    }
    keep_path(connection, bytes);
    connection->busy = true;
    connection->left = head->body_len;
    begin_sample(desk, connection, bytes, head->len);
    return connection->left > 0 || finish_post(desk, connection);
}

// A head that comes in pieces. How many bytes of this one were used; 0: it is
// too long.
static size_t gather(struct sink_desk *desk, struct sink_connection *connection,
                     const char *bytes, size_t len, bool *good)
{
    struct head head;
    size_t before = connection->filled, room = SINK_HEAD_MAX - before;
    size_t take = len < room ? len : room;
    memcpy(connection->head + before, bytes, take);
    connection->filled += take;
    if (!head_read(connection->head, connection->filled, &head)) {
        *good = connection->filled < SINK_HEAD_MAX;
        return take;
    }
    connection->filled = 0;
    *good = begin(desk, connection, connection->head, &head);
    return head.len - before;
}

// How many of the bytes were used.
static size_t serve_some(struct sink_desk *desk,
                         struct sink_connection *connection, const char *bytes,
                         size_t len, bool *good)
{
    struct head head;
    *good = true;
    if (connection->busy) {
        size_t take = len < connection->left ? len : connection->left;
        if (desk->sampled == connection)
            sample(desk, bytes, take);
        connection->left -= take;
        if (connection->left == 0)
            *good = finish_post(desk, connection);
        return take;
    }
    if (connection->filled > 0 || !head_read(bytes, len, &head))
        return gather(desk, connection, bytes, len, good);
    *good = begin(desk, connection, bytes, &head);
    return head.len;
}

bool sink_connection_read(struct sink_desk *desk,
                          struct sink_connection *connection)
{
    bool good = true;
    long got;
    do {
        got = stream_read(&connection->stream, desk->scratch,
                          sizeof desk->scratch);
        const char *at = desk->scratch;
        for (size_t left = got > 0 ? (size_t)got : 0; left > 0 && good;) {
            size_t used = serve_some(desk, connection, at, left, &good);
            at += used;
            left -= used;
        }
        // TLS keeps what it has read ahead where epoll does not see it.
    } while (good && got > 0 && connection->stream.tls != NULL);
    return good && got != STREAM_OVER;
}

void sink_connection_forget(struct sink_desk *desk,
                            const struct sink_connection *connection)
{
    if (desk->sampled == connection)
        desk->sampled = NULL;
}

bool sink_connection_confirm(struct sink_connection *connection)
{
    return stream_write(&connection->stream, no_content, sizeof no_content - 1);
}
