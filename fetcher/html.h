// SPDX-License-Identifier: MIT
//
// html -- the links of a page.
//
// Reads tags, and of these <base> and <link>, up to the first that no head
// has: what follows may be anybody's, such as a comment below an article. It
// builds no tree, so it takes linear time and a few KiB, whatever the page.

#pragma once

#include "link.h"

#include <stddef.h>

void html_links(const char *text, size_t len, const char *url,
                struct link_set *out);
