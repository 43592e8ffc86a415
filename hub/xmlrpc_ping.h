// SPDX-License-Identifier: MIT
//
// xmlrpc_ping -- weblogUpdates.ping and extendedPing, the way weblogs have
// pinged since 2001.
//
//     ping(name, site[, changes[, category]])
//     extendedPing(name, site, changes[, feed[, tags]])
//
// Every address among these counts as a topic that has changed, so that
// nobody needs to know which of them his feed is (WordPress sends its feed as
// the third). If nobody follows any of them, the site stands for its feeds:
// for all topics below it, as far as anybody may name them by a prefix
// (publish.h).
//
// Answers are what the methods promise: a struct of flerror and message, or a
// fault for what is no such call, both with status 200. Only what every
// request may meet (a budget, a full store) is answered by status.

#pragma once

#include <stdbool.h>

struct intent;
struct publish_face;
struct request;

const struct publish_face *xmlrpc_ping_face(void);

// The request as an intent to publish. False: it has been answered.
bool xmlrpc_ping_read(struct request *request, struct intent *out);
