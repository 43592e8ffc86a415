// SPDX-License-Identifier: MIT
//
// raze -- a topic goes, with its log and all of its keys.
//
// In pages: between two of them the topic is there with what is left of its
// log, which is as if retention had taken the rest, so whoever follows it again
// meanwhile keeps it. The newest row goes with the name.

#pragma once

#include "topics.h"

// One page. `removed` grows by the bodies that went. True: something is left,
// and the caller saves the topic; false: it is gone.
bool topic_raze(struct engine_context *context, struct topic *topic,
                size_t *removed);
