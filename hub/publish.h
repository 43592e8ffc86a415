// SPDX-License-Identifier: MIT
//
// publish -- hub.mode=publish: a publisher says that topics have changed.
//
// For each topic that is followed the ping is made durable before the 204
// (M5); a topic that nobody follows costs no more than the look-up (R75). The
// fetch that follows is observe.h's matter.

#pragma once

struct intent;
struct request;
struct services;

// Takes the request and the contents of the intent. `pinged` is called on the
// main thread when a followed topic was among them.
void publish_accept(const struct services *services, struct request *request,
                    struct intent *intent, void (*pinged)(void *context),
                    void *context);
