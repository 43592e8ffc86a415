// SPDX-License-Identifier: MIT
//
// child -- the part of a builder's work that are the children of an entry.

#pragma once

#include "builder.h"

enum { CHILD_BASED_MAX = 16 };

// Looks at what it says. *read is the element as it counts: `attributes` are
// its own if they had to be changed.
void child_start(struct builder *builder, const struct element *element,
                 struct attribute attributes[CHILD_BASED_MAX],
                 struct element *read);

// Its end, if parts are wanted.
void child_stop(struct builder *builder);

// The entry's own attributes, if parts are wanted.
void child_start_own(struct builder *builder, const struct element *element);

// An attribute that is a field of the entry.
void child_offer(struct builder *builder, const struct element *element,
                 enum vocabulary_field field, unsigned rank,
                 const struct attribute *attribute);

// The field that was collected.
void child_take(struct builder *builder);
