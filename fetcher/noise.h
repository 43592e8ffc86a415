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
//   element NAMESPACE NAME     an element and all within it
//   attribute NAMESPACE NAME   an attribute of any element ("-": no namespace)
//   parameter NAME             of a query in a link or in markup; a NAME that
//                              ends in * stands for all that begin so
//   image HOST/PATH            an image whose address begins so, after any
//                              "http:", "https:" and "//"; HOST may begin
//                              with "*."

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct noise;

// The documented default. Never NULL, for ever. See document_setup().
const struct noise *noise_default(void);

// `rules` beside the default (or alone). NULL: *problem says which rule is
// wrong and why, or that memory ran out; borrowed until the next call.
struct noise *noise_new(const char *const *rules, size_t count,
                        bool with_default, const char **problem);
void noise_free(struct noise *noise);

// A digest of the rules: what was compared by others is not compared with.
void noise_recipe(const struct noise *noise, uint8_t out[16]);
