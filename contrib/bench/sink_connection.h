// SPDX-License-Identifier: MIT
//
// sink_connection -- bytes of one client of the sink, cut into requests.

#pragma once

#include "sink_delay.h"
#include "sink_serve.h"
#include "stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SINK_HEAD_MAX = 4096, SINK_PATH_MAX = 64, SINK_SCRATCH = 256 * 1024 };

struct sink_connection {
    struct stream stream;
    uint32_t serial;
    bool busy; // a POST's body is still coming
    size_t left;
    char path[SINK_PATH_MAX]; // of that POST
    size_t filled;
    char head[SINK_HEAD_MAX]; // a part of one
};

// What all connections share.
struct sink_desk {
    struct sink_serve *serve;
    struct sink_delay *delay;
    const struct sink_connection *sampled; // NULL: none is being copied
    size_t sampled_len;
    char scratch[SINK_SCRATCH];
};

// False: the connection is over.
bool sink_connection_read(struct sink_desk *desk,
                          struct sink_connection *connection);

// It is about to be closed.
void sink_connection_forget(struct sink_desk *desk,
                            const struct sink_connection *connection);

// The answer to a POST whose time has come.
bool sink_connection_confirm(struct sink_connection *connection);
