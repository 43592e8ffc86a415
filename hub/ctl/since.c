// SPDX-License-Identifier: MIT

#include "since.h"

#include "hub/since.h"

#include <string.h>

// Of a number: none that is a time has more.
enum { DIGITS_MAX = 12 };

static int64_t unit_of(const char *name)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {
        { "s", 1000 },
        { "m", INT64_C(60) * 1000 },
        { "h", INT64_C(3600) * 1000 },
        { "d", INT64_C(86400) * 1000 },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name) == 0)
            return units[i].ms;
    return 0;
}

// False: it is no number, with or without a unit.
static bool read_number(const char *text, int64_t now, int64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    int64_t value = 0;
    if (digits == 0 || digits > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    if (text[digits] == '\0') {
        *out = value * 1000;
        return true;
    }
    int64_t unit = unit_of(text + digits), age;
    if (unit == 0 || __builtin_mul_overflow(value, unit, &age))
        return false;
    *out = now - age;
    return true;
}

bool since_when(const char *text, int64_t now, int64_t *out)
{
    if (!read_number(text, now, out))
        *out = since_time(text);
    return *out > 0 && *out <= now;
}
