// SPDX-License-Identifier: MIT
//
// csv -- the records of a CSV file (RFC 4180), one at a time.
//
// Fields are separated by commas; one in quotes may hold commas, line breaks
// and, doubled, quotes. Empty lines are passed over. Memory does not grow with
// the file.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CSV_FIELDS_MAX = 16, CSV_BYTES_MAX = 16 * 1024 };

struct csv {
    FILE *from;
    unsigned line;                      // the record begins there
    const char *fields[CSV_FIELDS_MAX]; // until the next one is read
    size_t count;
    // csv.c's:
    unsigned next_line;
    bool began;
    char bytes[CSV_BYTES_MAX];
    size_t used;
};

enum csv_answer {
    CSV_RECORD,
    CSV_END,
    CSV_BAD, // `problem` says why; the rest of that line is passed over
};

void csv_open(struct csv *csv, FILE *from);
enum csv_answer csv_next(struct csv *csv, const char **problem);
