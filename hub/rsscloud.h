// SPDX-License-Identifier: MIT
//
// rsscloud -- the ping of rssCloud's REST interface: a form with one `url`.
//
// The answer is a line of XML that says success, or JSON where the client
// would rather have that. Only the ping: whoever wants to be notified
// subscribes as WebSub has it.

#pragma once

#include <stdbool.h>

struct intent;
struct publish_face;
struct request;

const struct publish_face *rsscloud_face(void);

// The request as an intent to publish. False: it has been answered.
bool rsscloud_read(struct request *request, struct intent *out);
