// SPDX-License-Identifier: MIT
//
// lagging -- the records of those who lag, with the one key of each.
//
// Where that key is: nowhere, if it is stopped or its subscription is paused;
// in `waiting`, if it waits in its origin's lane; else in `due`. All that
// changes a lagging record, or whether a subscription is paused, goes here.

#pragma once

#include "tables.h"

// `old` is what was loaded, NULL if there was none. The first who waits in a
// lane makes it.
void lagging_save(struct engine_context *context,
                  const struct store_subscriber *shown,
                  const struct lagging *old, const struct lagging *lagging);
void lagging_remove(struct engine_context *context,
                    const struct store_subscriber *shown,
                    const struct lagging *old);
// Its subscription is paused, or goes on; `shown` as it was before, and the
// caller saves it.
void lagging_pause(struct engine_context *context,
                   const struct store_subscriber *shown,
                   const struct lagging *lagging, bool paused);

// An attempt has failed now.
void lagging_note(struct lagging *lagging, int64_t at, int32_t status,
                  uint32_t took_ms);
