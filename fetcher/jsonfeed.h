// SPDX-License-Identifier: MIT
//
// jsonfeed -- a JSON Feed 1.0 or 1.1 as entries with their places.
//
// JSON is a JSON Feed only if its `version` is a URL of jsonfeed.org. An item
// is known by id, else url, external_url, title, content; its digest is that
// of its value with sorted keys, so white space and the order of members are
// no change. Of hubs, those of type WebSub count; self is feed_url. What
// surrounds the items is every other member.
//
// JSON must be strict, without doubled keys, and of at most 500,000 values.

#pragma once

#include "feed.h"
#include "link.h"

#include <stdbool.h>
#include <stddef.h>

// As feed_read(): the format stays DOCUMENT_OTHER for any other JSON.
bool jsonfeed_read(const char *text, size_t len, const char *url,
                   struct link_set *links, struct feed *out);
