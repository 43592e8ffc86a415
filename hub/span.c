// SPDX-License-Identifier: MIT

#include "span.h"

#include <stddef.h>
#include <string.h>

#define SECOND INT64_C(1000)
#define DAY    (24 * 3600 * SECOND)
#define MOST   (36525 * DAY)

static const struct {
    const char *name;
    int64_t factor;
} units[] = {
    { "", SECOND },         { "ms", 1 },  { "s", SECOND }, { "m", 60 * SECOND },
    { "h", 3600 * SECOND }, { "d", DAY },
};

bool span_read(const char *text, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    int64_t value = 0;
    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (text[i] - '0');
        if (value > MOST)
            return false;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].name) != 0)
            continue;
        *out = value <= MOST / units[i].factor ? value * units[i].factor : -1;
        return *out >= 0;
    }
    return false;
}
