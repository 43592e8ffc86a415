// SPDX-License-Identifier: MIT
//
// pull_stream -- messages on a stream, framed as its voice needs it.
//
// A message is one JSON object on one line: the data of a server-sent event, a
// line, or a text frame. Pure. Any thread.

#pragma once

#include "json_writer.h"
#include "pull_write.h"

struct pull_stream {
    enum pull_voice voice;      // LINES, EVENTS or SOCKET
    struct json_writer out;     // all messages
    struct json_writer message; // of a socket, until it is framed
};

// Begin one. `type` NULL: an update, which in a server-sent event has no name,
// so that `onmessage` gets it. `id` NULL: resuming is as it was before (M11).
// What is written to the writer it returns are members of the object.
struct json_writer *pull_stream_begin(struct pull_stream *stream,
                                      const char *type, const char *id);
void pull_stream_end(struct pull_stream *stream);

// All of it; the stream is empty again. NULL: out of memory.
struct parcel *pull_stream_parcel(struct pull_stream *stream);
