// SPDX-License-Identifier: MIT
//
// replay_log -- signed documents that were taken, beyond the end of this
// process.
//
// A ping that somebody overheard must not become good again because the hub
// was restarted (replays.h). So each is written to a file in the data directory
// and synced before its document is taken. Records have one size; a torn one
// at the end is none. What is over is left out when the file is opened, and
// when it has grown long.

#pragma once

#include "publisher_key.h"

#include <stdbool.h>
#include <stdint.h>

struct replay_log;

// "replays" in that directory, made if it is not there. `recall` is called for
// each that is not over yet. NULL: it cannot be read or written, or out of
// memory; errno says why.
struct replay_log *replay_log_open(
    const char *directory, int64_t now_s,
    void (*recall)(void *context, const uint8_t mac[PUBLISHER_MAC],
                   int64_t until_s),
    void *context);
void replay_log_close(struct replay_log *log);

// On any thread, and it waits for the disk. False: it is not written.
bool replay_log_add(struct replay_log *log, const uint8_t mac[PUBLISHER_MAC],
                    int64_t until_s, int64_t now_s);
