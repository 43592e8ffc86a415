// SPDX-License-Identifier: MIT
//
// html -- the links of a page.
//
// Reads tags, and of these <base>, <link> and <a>; it builds no tree, so it
// takes linear time and a few KiB, whatever the page. A hub or self that a
// <link> names counts before any that an <a> names: what people may write in
// comments below an article is mostly <a>.

#pragma once

#include "link.h"

#include <stddef.h>

void html_links(const char *text, size_t len, const char *url,
                struct link_set *out);
