// SPDX-License-Identifier: MIT
//
// reception -- POST to the hub's URL: who asks for what, and who gets it.
//
// Counts what each address asks for, reads the request's intent, and hands it
// to subscribe.h or publish.h. Malformed requests are answered here, with a
// line that names the parameter (R26).

#pragma once

#include "loop.h"

struct reception;
struct request;
struct services;

struct reception_listener {
    void (*accepted)(void *context); // something to verify
    void (*pinged)(void *context);   // something to fetch
    void *context;
};

// NULL: out of memory.
struct reception *reception_new(const struct services *services,
                                const struct reception_listener *listener);
void reception_free(struct reception *reception);

// Takes the request. Routes' handlers.
void reception_post(void *reception, struct request *request,
                    struct moment now);
void reception_page(void *reception, struct request *request,
                    struct moment now);
