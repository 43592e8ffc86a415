// SPDX-License-Identifier: MIT
//
// callbacks -- the subscribers of a bench: their addresses, secrets, forms.
//
// Callback n lives at origin n mod `origins`. Each origin is an address of its
// own in 127.1.0.0/16, all with the sink's port. Every callback has a secret
// of its own, as subscribers do, unless they are told to have none.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CALLBACKS_ORIGINS_MAX = 50000,
    CALLBACKS_FORM_MAX = 1024,
    CALLBACKS_SECRET_MAX = 40,
};

struct callbacks {
    size_t count, origins;
    uint16_t port;       // the sink's; of callbacks through TLS the other one
    uint16_t topic_port; // the sink's
    bool secrets, tls;
    // Path of the topic on 127.0.0.1, and of the callbacks: "/cb" counts.
    const char *topic_path, *callback_path;
};

// IPv4 address in host byte order.
uint32_t callbacks_address(size_t origin);

void callbacks_topic(const struct callbacks *callbacks, char *out, size_t max);

// Fixed for a number, so that whoever sends can make it again.
size_t callbacks_secret(size_t number, char out[CALLBACKS_SECRET_MAX]);

// A subscription request's body. Its length, without the NUL.
size_t callbacks_form(const struct callbacks *callbacks, uint64_t number,
                      char *out, size_t max);
