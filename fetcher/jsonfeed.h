// SPDX-License-Identifier: MIT
//
// jsonfeed -- a JSON Feed 1.0 or 1.1 as entries with their places.
//
// JSON is a JSON Feed only if its `version` is a URL of jsonfeed.org. An item
// is known by id (a number counts as its digits), else url, external_url,
// title, content_html, content_text; what it says is all of its members
// (jsoncanon.h). Of hubs, those of type WebSub count; self is feed_url. What
// surrounds the items is every other member but next_url.
//
// What is nearly JSON is mended (jsonmend.h), and has then no places. It may
// have at most 500,000 values. Of a member that is there twice the last one
// counts; an item that is no object is none.

#pragma once

#include "feed.h"
#include "link.h"

#include <stdbool.h>
#include <stddef.h>

// See document_setup(). Without it JSON is not read rightly once memory runs
// out.
void jsonfeed_setup(void);

// As feed_read(): the format stays DOCUMENT_OTHER for any other JSON.
bool jsonfeed_read(const struct feed_input *input, struct link_set *links,
                   struct feed *out);
