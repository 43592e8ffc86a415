// SPDX-License-Identifier: MIT
//
// scan -- the elements of a plain XML document, in one quick pass.
//
// Most feeds need nothing of what makes a parser slow: names are ASCII, every
// prefix is declared, references are XML's own, no document type, no CR. What
// is so is read here, several times faster than by libxml2, with the same
// events at the same places. At the first thing that is not plain, or not
// well-formed, the scan gives up without an opinion: the parser then has the
// word on the whole document. So what is read here is a part of what the
// parser would read, never more.

#pragma once

#include "builder.h"

#include <stdbool.h>
#include <stddef.h>

// Tells the builder. False: nothing that it was told counts.
bool scan_read(const char *text, size_t len, struct builder *builder);
