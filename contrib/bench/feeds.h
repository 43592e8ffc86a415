// SPDX-License-Identifier: MIT
//
// feeds -- the topics of a bench, each with one subscriber.
//
// Topic n is /feed/n at origin n mod `origins`, an address of its own in
// 127.1.0.0/16, all with the sink's port. So is its subscriber's callback.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FEEDS_PINGED = 12 }; // by one form

struct feeds {
    size_t count, origins;
    uint16_t port; // the sink's
};

// As in load.h; the context is a struct feeds. Body of subscription request
// `number`, and of a ping for the topics from FEEDS_PINGED * number on.
size_t feeds_subscribe(const void *context, uint64_t number, char *out,
                       size_t max);
size_t feeds_ping(const void *context, uint64_t number, char *out, size_t max);
