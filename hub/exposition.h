// SPDX-License-Identifier: MIT
//
// exposition -- numbers in the text format that Prometheus reads.
//
// Families one after the other, each with its samples. Pure: what memory
// there was not is said at the end.

#pragma once

#include "histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// All zero at first.
struct exposition {
    char *text; // NUL-terminated; the caller's to free
    size_t len, room;
    bool failed; // out of memory: the text is not whole
};

enum exposition_kind {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
};

// Begins a family. `name` is "deliveries.failed": it is shown as
// websubd_deliveries_failed_total if it is a counter's, without the _total if
// it is not. What begins with "process." is any process's, and has no prefix.
void exposition_family(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *meaning);

// A sample of the family that was begun last. `label` NULL: without one; else
// `value` is without quotes, backslashes and line ends.
void exposition_sample(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *label,
                       const char *value, double number);

// One histogram of the family, in seconds.
void exposition_histogram(struct exposition *exposition, const char *name,
                          const char *label, const char *value,
                          const struct histogram_view *view);

// Both, of a family with one sample.
void exposition_number(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *meaning,
                       double number);
