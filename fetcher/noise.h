// SPDX-License-Identifier: MIT
//
// noise -- what changes in an entry without its meaning having changed.
//
// A policy list: elements whose whole content counts for nothing (comment
// counts, view statistics), query parameters of links that only track, images
// that are advertisement or a counter. noise_default() is the list that the
// manual shows; an operator can add to it, or begin from nothing.
//
// Rules, one a line, by their first word:
//   element NAMESPACE NAME     an element and all within it ("-": no namespace)
//   attribute NAMESPACE NAME   an attribute of any element ("-": no namespace)
//   parameter NAME             of a query in a link or in markup, or of a
//                              fragment that is made like one; a NAME that
//                              ends in * stands for all that begin so
//   image HOST/PATH            an image whose address begins so, after any
//                              "http:", "https:" and "//"; HOST may begin
//                              with "*."
//   image 1x1                  an image that says it is at most one pixel
//   link HOST/PATH             where the <a> of a markup leads to
//
// The default list, in noise_list.c, says of each why it is in it. A link to
// the comments (wfw:commentRss, atom:link rel="replies") and an entry's own
// numbers (post-id) are meaning, and so is every date.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct noise;

// The documented default. Never NULL, for ever. See document_setup().
const struct noise *noise_default(void);

enum { NOISE_RULES_MAX = 1000, NOISE_RULE_MAX = 512 };

// `rules` beside the default (or alone). NULL: *problem says which rule is
// wrong and why, or that memory ran out; borrowed until the thread's next call.
struct noise *noise_new(const char *const *rules, size_t count,
                        bool with_default, const char **problem);
// One more who needs it, and one less; NULL, which stands for the default, is
// fine. Only of those that noise_new() made, on one thread.
struct noise *noise_share(struct noise *noise);
void noise_free(struct noise *noise);

// A digest of the rules, and of how this program makes digests of what is left:
// what was compared by others is not compared with.
void noise_recipe(const struct noise *noise, uint8_t out[16]);

// `uri` is "" without a namespace.
bool noise_is_element(const struct noise *noise, const char *uri,
                      const char *name);
bool noise_is_attribute(const struct noise *noise, const char *uri,
                        const char *name);
// None of these is NUL-terminated.
bool noise_is_parameter(const struct noise *noise, const char *name,
                        size_t len);
bool noise_is_image(const struct noise *noise, const char *address, size_t len);
bool noise_is_link(const struct noise *noise, const char *address, size_t len);
// Does it leave out images by what they say of their size?
bool noise_has_pixels(const struct noise *noise);
