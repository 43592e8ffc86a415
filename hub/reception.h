// SPDX-License-Identifier: MIT
//
// reception -- POST to the hub's URL: who asks for what, and who gets it.
//
// Counts what each address asks for, reads the request's intent, and hands it
// to subscribe.h, publish.h or donation.h. Malformed requests are answered
// here, with a line that names the parameter (R26), and signatures are judged
// here (M19). Large requests are read on a worker thread, and cost as much as
// many small ones.

#pragma once

#include "loop.h"

#include <stdbool.h>

struct given;
struct reception;
struct request;
struct services;

struct reception_listener {
    void (*accepted)(void *context); // something to verify
    void (*pinged)(void *context);   // something to fetch
    // A document that came with a ping: observe_given().
    void (*given)(void *context, struct given *given);
    void *context;
};

// NULL: out of memory.
struct reception *reception_new(const struct services *services,
                                const struct reception_listener *listener);
void reception_free(struct reception *reception);

// The options have changed. False: out of memory, all is as it was.
bool reception_retune(struct reception *reception);

// Who takes what has a channel. Before the first request.
struct channels;
void reception_use(struct reception *reception, struct channels *channels);

// Takes the request. Routes' handlers.
void reception_post(void *reception, struct request *request,
                    struct moment now);
void reception_page(void *reception, struct request *request,
                    struct moment now);
void reception_xmlrpc(void *reception, struct request *request,
                      struct moment now);
void reception_rsscloud(void *reception, struct request *request,
                        struct moment now);
