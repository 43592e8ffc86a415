// SPDX-License-Identifier: MIT
//
// relay_feed -- feeds that name the relay as their hub.
//
// A subscriber who cannot be told which hub to use finds it in the feed. GET
// /feed?url=URL fetches the feed, if URL begins as one that was allowed, and
// hands it out with its hubs replaced (relay_rewrite.h), in Link fields too;
// what the feed calls itself stays, or is said in a Link where it says nothing,
// so that the subscriber asks for the true topic. A redirect is handed on, as
// one to here where that is allowed.

#pragma once

struct relay;
struct request;

// Answers the request, now or later.
void relay_feed_fetch(struct relay *relay, struct request *request);
// Refuse what is under way.
void relay_feed_end(struct relay *relay);
