// SPDX-License-Identifier: MIT
//
// markup -- a look at the tags of a text before any parser sees it.
//
// In time linear in the text, whatever the text.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// Where the first element starts: behind blanks, the declaration, comments,
// processing instructions and a document type. `name` is its name with its
// prefix, borrowed. False: the text does not start like a document.
bool markup_root(const char *text, size_t len, const char **name,
                 size_t *name_len);

// Does a feed's root start here, be it behind what does not belong there (other
// text, tags that are none, a declaration that is broken)? There must be
// at most 64 KiB of that. Not so in a page of HTML, unless there is nothing but
// its <html> and <body> before the feed.
bool markup_is_feed(const char *text, size_t len);

// May this be given to libxml2 2.9, which takes quadratic time over the
// attributes of one tag (47 s for 1 MB)? Refused are tags with more than 256
// attributes or over 64 KiB, a document type with an internal subset (entities
// can be defined there), and NUL bytes (which make libxml2 guess at another
// charset).
bool markup_is_bounded(const char *text, size_t len);
