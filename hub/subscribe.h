// SPDX-License-Identifier: MIT
//
// subscribe -- hub.mode=subscribe and unsubscribe (WebSub 5.1, 5.1.2).
//
// A request is stored beside everything it would change, and answered 202 as
// soon as it is durable, straight from the store's thread. What becomes of it
// is verify.h's matter and never shows in the answer (R33).

#pragma once

struct intent;
struct request;
struct services;

// Takes the request and the contents of the intent. `accepted` is called on
// the main thread when there is something new to verify.
void subscribe_accept(const struct services *services, struct request *request,
                      struct intent *intent, void (*accepted)(void *context),
                      void *context);
