// SPDX-License-Identifier: MIT
//
// engine_lean -- plain HTTP to callbacks without curl in between.
//
// libcurl needs about 100,000 instructions for a POST on a connection that is
// open; a fan-out is made of little else. So what is sent to http callbacks,
// where there is nothing to decode, to follow or to encrypt, is written and
// read here: one sendmsg() and one recv() on a kept connection. Caps, queues,
// guard and outcomes are the same. Events of the sockets only record;
// leans_reap() (engine_leans.h) tells the transfers.

#pragma once

#include "address.h"
#include "response.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct network;
struct origin;
struct transfer;

// One connection.
struct lean {
    struct network *network;
    struct origin *origin;
    struct transfer *transfer;    // NULL: it is spare
    struct lean *previous, *next; // among those in use, or the origin's spare
    struct address address;
    int fd;
    bool connecting, reused, heard;
    char *unsent; // of the head; NULL: none, or the body alone
    size_t unsent_len, unsent_at, body_at;
    int64_t connect_by_ms, spare_since_ms;
    struct response response;
};

// Sends the transfer's request on its connected connection.
void lean_send(struct lean *lean);

// Something happened on its socket.
void lean_event(struct network *network, int fd, uint32_t events);
