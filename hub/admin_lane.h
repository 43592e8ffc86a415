// SPDX-License-Identifier: MIT
//
// admin_lane -- an origin's lane as operators see it.

#pragma once

#include "storage/store.h"

#include <jansson.h>
#include <stdbool.h>

enum { ADMIN_LANE_KEY_MAX = 65 };

// "paused", "broken" or "congested".
const char *admin_lane_state(const struct store_lane *lane);

json_t *admin_lane_json(const struct store_lane *lane);

// An origin's key as a place in a list. False: it is none.
void admin_lane_key_text(const struct store_key *key,
                         char out[ADMIN_LANE_KEY_MAX]);
bool admin_lane_key_read(const char *text, struct store_key *out);

// One lane as a page of one: from the place before it. And that lane of the
// page that came; NULL: it has no row.
struct store_page_lanes admin_lane_ask(const struct store_key *origin);
const struct store_lane *admin_lane_of(const struct store_page_lanes *page,
                                       const struct store_key *origin);
