// SPDX-License-Identifier: MIT
//
// table -- rows of cells on standard output, in columns that fit.
//
// Columns are as wide as what is in the first rows, which are held back until
// there are enough of them; from then on every row is printed as it comes, so
// that a million rows need no more memory than a page. At a terminal the wide
// columns are cut to what fits in a line; else nothing is.
//
// Cells may hold strangers' text: control bytes are not passed on.

#pragma once

#include "colour.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TABLE_COLUMNS_MAX = 12 };

struct table_column {
    const char *title;
    bool right; // numbers stand to the right
    bool wide;  // may be cut at a terminal
    bool tail;  // then its end is what counts
    bool spare; // may be left out at a terminal that is too narrow
    int least;  // a wide one's width; 0: some
};

struct table;

// On standard output. NULL: out of memory. The columns are borrowed.
struct table *table_new(const struct table_column *columns, size_t count);

// The next cell of the row; NULL and "" show as "-". The row ends by itself
// with its last cell.
void table_text(struct table *table, const char *text);
void table_number(struct table *table, int64_t number);
void table_time(struct table *table, int64_t unix_ms); // UTC; "-" of 0
void table_format(struct table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// In the colour of what it says.
void table_state(struct table *table, const char *state);
void table_coloured(struct table *table, enum colour colour, const char *text);

// Prints what is held back; what comes next stands in the same columns.
void table_flush(struct table *table);

// The same, and frees it. NULL is fine.
void table_end(struct table *table);
