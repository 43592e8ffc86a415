// SPDX-License-Identifier: MIT
//
// mend -- a well-formed feed out of one that is not.
//
// One pass over the text, in time linear in it whatever it holds, with a
// result of at most three times its length. What is well-formed is kept as it
// says, so that an entry reads the same with and without mending; what is not
// is made so by rules that know where a feed's entries begin and end
// (nesting.h, tag.h, chardata.h), so that a broken entry does not take the
// others with it. The declaration, the document type, comments and processing
// instructions are left out: nobody reads them.
//
// Of a feed without its end only entries count that have theirs.

#pragma once

#include "places.h"
#include "pool.h"

#include <stdbool.h>
#include <stddef.h>

struct mended {
    struct pool text;     // empty: no root of a feed was found
    struct places places; // of entries and of <rdf:li>: in `text`, the original
    unsigned repairs;     // bits of enum document_repair
    bool incomplete;      // there may have been more entries
    size_t tail; // where an entry without an end starts; SIZE_MAX: none does
    size_t ends; // where in `text` the missing end tags stand; SIZE_MAX: none
};

// False: out of memory. Must be cleared either way.
bool mend_make(const char *text, size_t len, struct mended *out);
void mend_clear(struct mended *mended);
