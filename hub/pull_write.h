// SPDX-License-Identifier: MIT
//
// pull_write -- a batch as text, in the voice of each transport.
//
// One event is the same JSON object everywhere. Equal batches give equal
// text, so that what ten thousand wait for is written once. Any thread.

#pragma once

#include "batch.h"

#include <stddef.h>

struct parcel;

enum pull_voice {
    VOICE_JSON,     // one object: {"cursor", "more", "gap", "events", ...}
    VOICE_BY_TOPIC, // {"topics": {URL: {"cursor", "events"}}, ...}
    VOICE_LINES,    // a line for each event; control lines have a "type"
    VOICE_EVENTS,   // server-sent events; control messages are named
    VOICE_SOCKET,   // WebSocket text frames, framed
};

// What the batch says, in this voice. NULL: out of memory.
struct parcel *pull_write(enum pull_voice voice, const struct batch *batch);
