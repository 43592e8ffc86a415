// SPDX-License-Identifier: MIT
//
// words -- names of elements, as far as mending has to know them.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// Names have no prefix but for a root's, and any case.

// Does a feed begin with this? What begins one only as the first tag of a text
// (a <channel> without its <rss>, a single <entry>) does if it is `first`.
bool words_is_root(const char *name, size_t len, bool first);

// Of HTML, and of no feed.
bool words_is_html(const char *name, size_t len);
// Of HTML, without content and end tag.
bool words_is_void(const char *name, size_t len);

// Does it hold text only?
bool words_is_field(const char *name, size_t len);

// Does a start tag `name` end the open `field` of an entry or a channel, since
// that holds text only?
bool words_end_field(const char *field, size_t field_len, const char *name,
                     size_t len);

// How the formats spell it; NULL: they have none such. `all`: fields too, not
// only what holds them.
const char *words_canonical(const char *name, size_t len, bool all);
