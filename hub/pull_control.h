// SPDX-License-Identifier: MIT
//
// pull_control -- what a stream says of its connection: its head, and why it
// ends.
//
// What can end it carries its reader's place where that is known, so that an
// EventSource that has seen nothing else resumes from there (M11). Any thread.
// All that return a parcel return NULL when out of memory.

#pragma once

#include "pull_write.h"

#include <stddef.h>
#include <stdint.h>

struct parcel;
struct pull_problem;
struct request;

// Status line, fields, and what comes before all messages: of server-sent
// events when to come again (0: unsaid), and `pad` bytes that say nothing, for
// proxies that hold back what is short. `allow_origin` is a whole line, or
// NULL. Of a socket the request has asked for one (websocket.h).
struct parcel *pull_head(enum pull_voice voice, const struct request *request,
                         uint32_t retry_ms, uint32_t pad,
                         const char *allow_origin);

// `abort`: nothing follows.
struct parcel *pull_abort(enum pull_voice voice,
                          const struct pull_problem *problem);

// `overload`, after a head: an EventSource that got a 5xx would never come
// again. `cursor` is where he would have begun, so that he does not lose what
// comes before he is let in (M11); NULL: not known.
struct parcel *pull_overload(enum pull_voice voice, uint32_t retry_ms,
                             const char *cursor);

// Come again after so long. NULL also where nothing can say it: only
// server-sent events can.
struct parcel *pull_retry(enum pull_voice voice, uint32_t retry_ms);

// What a WebSocket is closed with where a poll would have got this status.
unsigned pull_close_code(unsigned status);

// This message, which is one JSON object on one line: framed for a socket, as a
// line; as server-sent events it is framed already.
struct parcel *pull_say(enum pull_voice voice, const char *text, size_t len);
