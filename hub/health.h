// SPDX-License-Identifier: MIT
//
// health -- what /healthz and /readyz say when nobody is left to say it.
//
// The main thread answers them like all else; where it hangs, whoever reads
// requests does.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct request;

enum { HEALTH_STUCK_MS = 5000 };

// On any thread. The main thread has been busy with one turn for so long. True:
// it seems to hang, this asks for the hub's health, and was answered 503.
bool health_answered(int64_t stuck_ms, struct request *request);
