// SPDX-License-Identifier: MIT

#include "show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *show_time(int64_t unix_ms, char out[24])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    if (unix_ms <= 0 || !gmtime_r(&seconds, &utc)
        || strftime(out, 24, "%Y-%m-%d %H:%M:%S", &utc) == 0)
        snprintf(out, 24, "-");
    return out;
}

const char *show_duration(int64_t ms, char out[32])
{
    int64_t seconds = ms / 1000;
    snprintf(out, 32, "%lldd %02d:%02d:%02d", (long long)(seconds / 86400),
             (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60),
             (int)(seconds % 60));
    return out;
}

const char *show_bytes(int64_t bytes, char out[24])
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        value /= 1024;
        unit++;
    }
    snprintf(out, 24, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

const char *show_text(const char *text, char *out, size_t max)
{
    snprintf(out, max, "%s", text ? text : "-");
    // Whatever came from the network must not steer the terminal.
    for (char *at = out; *at; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7F)
            *at = '?';
    }
    return out;
}

static const json_t *find(const json_t *object, const char *path)
{
    while (object && *path) {
        size_t len = strcspn(path, ".");
        char name[64];
        if (len >= sizeof name)
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        object = json_object_get(object, name);
        path += path[len] ? len + 1 : len;
    }
    return object;
}

int64_t show_number(const json_t *object, const char *path)
{
    return json_integer_value(find(object, path));
}

const char *show_string(const json_t *object, const char *path)
{
    const char *text = json_string_value(find(object, path));
    return text ? text : "";
}

bool show_truth(const json_t *object, const char *path)
{
    return json_is_true(find(object, path));
}
