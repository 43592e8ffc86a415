// SPDX-License-Identifier: MIT

#include "stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

struct ssl_ctx_st *stream_client_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return NULL;
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

bool stream_connect(struct stream *stream, struct ssl_ctx_st *context)
{
    stream->tls = SSL_new(context);
    return stream->tls != NULL && SSL_set_fd(stream->tls, stream->fd) == 1
           && SSL_connect(stream->tls) == 1;
}

static long what_failed(struct stream *stream, int answer)
{
    int error = SSL_get_error(stream->tls, answer);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
               ? STREAM_AGAIN
               : STREAM_OVER;
}

long stream_read(struct stream *stream, char *out, size_t max)
{
    if (stream->tls != NULL) {
        int got = SSL_read(stream->tls, out, (int)max);
        return got > 0 ? got : what_failed(stream, got);
    }
    ssize_t got = recv(stream->fd, out, max, MSG_DONTWAIT);
    if (got > 0)
        return got;
    return got < 0 && errno == EAGAIN ? STREAM_AGAIN : STREAM_OVER;
}

static long write_some(struct stream *stream, const char *bytes, size_t len)
{
    if (stream->tls != NULL) {
        int sent = SSL_write(stream->tls, bytes, (int)len);
        return sent > 0 ? sent : what_failed(stream, sent);
    }
    ssize_t sent = send(stream->fd, bytes, len, MSG_NOSIGNAL);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN ? STREAM_AGAIN : STREAM_OVER;
}

bool stream_write(struct stream *stream, const char *bytes, size_t len)
{
    while (len > 0) {
        long sent = write_some(stream, bytes, len);
        struct pollfd room = { .fd = stream->fd, .events = POLLOUT };
        if (sent == STREAM_AGAIN && poll(&room, 1, PATIENCE_MS) == 1)
            continue;
        if (sent < 0)
            return false;
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

void stream_close(struct stream *stream)
{
    SSL_free(stream->tls);
    close(stream->fd);
    *stream = (struct stream){ .fd = -1 };
}
