// SPDX-License-Identifier: MIT
//
// stream -- a connected socket's bytes, in the clear or through TLS.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ssl_st;
struct ssl_ctx_st;

struct stream {
    int fd;
    struct ssl_st *tls; // NULL: in the clear
};

// A client's context: it asks for no proof, since the benches measure what
// comes after. NULL: out of memory.
struct ssl_ctx_st *stream_client_context(void);

// With the handshake, on a socket that blocks. False: it failed.
bool stream_connect(struct stream *stream, struct ssl_ctx_st *context);

enum { STREAM_AGAIN = -1, STREAM_OVER = -2 };

// Bytes read, at least 1. Never blocks where the socket does not, or where it
// is in the clear.
long stream_read(struct stream *stream, char *out, size_t max);

// All of them. False: the stream is over.
bool stream_write(struct stream *stream, const char *bytes, size_t len);

void stream_close(struct stream *stream);
