// SPDX-License-Identifier: MIT
//
// surroundings -- the part of a builder's work that lies between the entries.
//
// Which elements count and which do not is in builder.h.

#pragma once

#include "builder.h"

// `own`: the element is in the namespace of the format's own. builder->depth
// is that of the tag.
void surroundings_start(struct builder *builder, const struct element *element,
                        bool own, size_t at);
void surroundings_stop(struct builder *builder, size_t at);

// What was collected there: a title, or a hint.
void surroundings_take(struct builder *builder);

void surroundings_finish(struct builder *builder);
