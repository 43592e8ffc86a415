// SPDX-License-Identifier: MIT

#include "intake.h"

#include "chunk.h"
#include "head.h"
#include "held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BODY_ROOM_FIRST = 4096, BLANK_MAX = 8 };

struct intake_body {
    char *bytes;
    size_t len, room; // room has one byte more, for the NUL
    size_t length;    // that it will have; chunked: the ceiling
    bool chunked;
    struct chunk chunk;
};

static enum intake_state refuse(struct intake_news *news, unsigned status,
                                const char *sentence)
{
    news->status = status;
    news->sentence = sentence;
    return INTAKE_REFUSED;
}

// > 0: so many bytes; else *state says why there are none.
static size_t receive(int fd, void *to, size_t max, int flags,
                      enum intake_state *state)
{
    ssize_t len;
    do
        len = recv(fd, to, max, flags | MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    if (len > 0)
        return (size_t)len;
    bool later = len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    *state = later ? INTAKE_MORE : INTAKE_GONE;
    return 0;
}

// Take bytes that were looked at before. Overwrites the scratch space.
static bool discard(int fd, const struct intake_space *space, size_t len)
{
    enum intake_state state;
    while (len > 0) {
        size_t max = len < space->head_max ? len : space->head_max;
        size_t got = receive(fd, space->scratch, max, 0, &state);
        if (got == 0)
            return false;
        len -= got;
    }
    return true;
}

// ------------------------------------------------------------------- body

static bool make_room(struct intake_body *body)
{
    if (body->len < body->room)
        return true;
    // What is announced is not believed: room grows with what arrives.
    size_t room = body->room ? body->room * 2 : BODY_ROOM_FIRST;
    if (room > body->length)
        room = body->length;
    char *bytes = realloc(body->bytes, room + 1);
    if (!bytes)
        return false;
    body->bytes = bytes;
    body->room = room;
    return true;
}

static enum intake_state finish(struct intake *intake)
{
    struct intake_body *body = intake->body;
    char *bytes = realloc(body->bytes, body->len + 1);
    if (!bytes)
        return INTAKE_GONE;
    held_take_body(intake->request, bytes, body->len);
    free(body);
    intake->body = NULL;
    return INTAKE_WHOLE;
}

static enum intake_state read_length(struct intake *intake, int fd,
                                     struct intake_news *news)
{
    struct intake_body *body = intake->body;
    enum intake_state state;

    while (body->len < body->length) {
        if (!make_room(body))
            return refuse(news, 503, "out of memory");
        size_t got = receive(fd, body->bytes + body->len,
                             body->room - body->len, 0, &state);
        if (got == 0)
            return state;
        body->len += got;
    }
    return finish(intake);
}

static enum intake_state add_content(struct intake_body *body, const char *from,
                                     size_t len, struct intake_news *news)
{
    if (len > body->length - body->len)
        return refuse(news, 413, "the request's body is too long");
    while (len > 0) {
        if (!make_room(body))
            return refuse(news, 503, "out of memory");
        size_t fits = body->room - body->len;
        size_t part = len < fits ? len : fits;
        memcpy(body->bytes + body->len, from, part);
        body->len += part;
        from += part;
        len -= part;
    }
    return INTAKE_MORE;
}

// What of bytes[len] belongs to the body; *taken of them do.
static enum intake_state take_chunks(struct intake_body *body,
                                     const char *bytes, size_t len,
                                     size_t *taken, struct intake_news *news)
{
    *taken = 0;
    while (*taken < len && body->chunk.state < CHUNK_DONE) {
        size_t content;
        *taken +=
            chunk_feed(&body->chunk, bytes + *taken, len - *taken, &content);
        enum intake_state state =
            add_content(body, bytes + *taken - content, content, news);
        if (state != INTAKE_MORE)
            return state;
    }
    if (body->chunk.state == CHUNK_BROKEN)
        return refuse(news, 400, "the request's chunks are malformed");
    return body->chunk.state == CHUNK_DONE ? INTAKE_WHOLE : INTAKE_MORE;
}

static enum intake_state read_chunks(struct intake *intake, int fd,
                                     const struct intake_space *space,
                                     struct intake_news *news)
{
    for (;;) {
        enum intake_state state;
        size_t taken;
        // Only looked at: what lies behind the last chunk is not ours.
        size_t len =
            receive(fd, space->scratch, space->head_max, MSG_PEEK, &state);
        if (len == 0)
            return state;
        state = take_chunks(intake->body, space->scratch, len, &taken, news);
        if (state == INTAKE_REFUSED)
            return state;
        if (!discard(fd, space, taken))
            return INTAKE_GONE;
        if (state == INTAKE_WHOLE)
            return finish(intake);
    }
}

static enum intake_state read_body(struct intake *intake, int fd,
                                   const struct intake_space *space,
                                   struct intake_news *news)
{
    if (intake->body->chunked)
        return read_chunks(intake, fd, space, news);
    return read_length(intake, fd, news);
}

static enum intake_state start_body(struct intake *intake, int fd,
                                    const struct framing *framing,
                                    size_t body_max, struct intake_news *news)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct intake_body *body = calloc(1, sizeof *body);
    if (!body)
        return refuse(news, 503, "out of memory");
    news->more = true;
    body->chunked = framing->body == FRAMING_CHUNKED;
    body->length = body->chunked ? body_max : (size_t)framing->length;
    intake->body = body;
    // Few bytes into an empty buffer: they fit, or the peer is gone.
    if (framing->expects_continue)
        send(fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return INTAKE_MORE;
}

// ------------------------------------------------------------------- head

static bool begins(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

// The paths of those who pull, whatever the method: a connection that was
// handed over never comes back, and could hold nothing.
static bool is_held(const char *path)
{
    return strcmp(path, "/events") == 0 || begins(path, "/events/")
           || begins(path, "/mailboxes/") || strcmp(path, "/presence") == 0;
}

// The head is whole in the scratch space, and still in the socket.
static enum intake_state take_head(struct intake *intake, int fd,
                                   const struct intake_space *space, size_t len,
                                   void *owner, struct intake_news *news)
{
    struct head head;
    struct sockaddr_storage peer = { 0 };
    socklen_t peer_len = sizeof peer;

    news->status = head_read(space->scratch, len, &head, &news->sentence);
    if (news->status != 0)
        return INTAKE_REFUSED;
    if (!is_held(head.path))
        return INTAKE_FOREIGN;
    if (space->full)
        return INTAKE_FULL;
    if (head.framing.body == FRAMING_LENGTH
        && head.framing.length > space->body_max)
        return refuse(news, 413, "the request's body is too long");

    if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) != 0)
        return INTAKE_GONE;
    intake->request = held_new(&head, (struct sockaddr *)&peer, owner);
    if (!intake->request)
        return refuse(news, 503, "out of memory");
    if (!discard(fd, space, len))
        return INTAKE_GONE;
    if (head.framing.body == FRAMING_NONE)
        return INTAKE_WHOLE;
    return start_body(intake, fd, &head.framing, space->body_max, news);
}

static enum intake_state read_head(struct intake *intake, int fd,
                                   const struct intake_space *space,
                                   void *owner, struct intake_news *news)
{
    enum intake_state state;
    size_t len = receive(fd, space->scratch, space->head_max, MSG_PEEK, &state);
    if (len == 0)
        return state == INTAKE_MORE ? INTAKE_NONE : state;

    // RFC 9112, 2.2: an empty line before a request is to be forgiven.
    size_t blank = head_blank(space->scratch, len);
    if (blank > BLANK_MAX)
        return refuse(news, 400, "there are blank lines before the request");
    if (blank > 0) {
        if (!discard(fd, space, blank))
            return INTAKE_GONE;
        len = receive(fd, space->scratch, space->head_max, MSG_PEEK, &state);
        if (len == 0)
            return state;
    }
    size_t head = head_length(space->scratch, len);
    news->more = len > head || len == space->head_max;
    if (head > 0)
        return take_head(intake, fd, space, head, owner, news);
    if (len == space->head_max)
        return refuse(news, 431, "the request's head is too long");
    return INTAKE_MORE;
}

enum intake_state intake_read(struct intake *intake, int fd,
                              const struct intake_space *space, void *owner,
                              struct intake_news *news)
{
    enum intake_state state = INTAKE_MORE;
    *news = (struct intake_news){ .more = true };
    if (!intake->request)
        state = read_head(intake, fd, space, owner, news);
    if (state == INTAKE_MORE && intake->body)
        state = read_body(intake, fd, space, news);
    return state;
}

void intake_clear(struct intake *intake)
{
    if (intake->body)
        free(intake->body->bytes);
    free(intake->body);
    held_free(intake->request);
    *intake = (struct intake){ 0 };
}
