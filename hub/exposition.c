// SPDX-License-Identifier: MIT

#include "exposition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 8192, NAME_MAX_BYTES = 96, LINE = 512 };

static bool make_room(struct exposition *exposition, size_t more)
{
    size_t need = exposition->len + more + 1;
    if (need <= exposition->room)
        return true;
    size_t room = exposition->room ? exposition->room : ROOM;
    while (room < need)
        room *= 2;
    char *text = realloc(exposition->text, room);
    if (!text)
        return false;
    exposition->text = text;
    exposition->room = room;
    return true;
}

__attribute__((format(printf, 2, 3))) static void put(
    struct exposition *exposition, const char *format, ...)
{
    va_list arguments;
    if (exposition->failed || !make_room(exposition, LINE)) {
        exposition->failed = true;
        return;
    }
    va_start(arguments, format);
    int len =
        vsnprintf(exposition->text + exposition->len, LINE, format, arguments);
    va_end(arguments);
    if (len < 0 || len >= LINE)
        exposition->failed = true;
    else
        exposition->len += (size_t)len;
}

static const char *full_name(const char *name, enum exposition_kind kind,
                             char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s%s%s",
             strncmp(name, "process.", 8) == 0 ? "" : "websubd_", name,
             kind == EXPOSITION_COUNTER ? "_total" : "");
    for (char *at = out; *at; at++)
        if (*at == '.')
            *at = '_';
    return out;
}

void exposition_family(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *meaning)
{
    static const char *const kinds[] = {
        [EXPOSITION_COUNTER] = "counter",
        [EXPOSITION_GAUGE] = "gauge",
        [EXPOSITION_HISTOGRAM] = "histogram",
    };
    char full[NAME_MAX_BYTES];
    full_name(name, kind, full);
    put(exposition, "# HELP %s %s.\n", full, meaning);
    put(exposition, "# TYPE %s %s\n", full, kinds[kind]);
}

void exposition_sample(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *label,
                       const char *value, double number)
{
    char full[NAME_MAX_BYTES];
    full_name(name, kind, full);
    if (label)
        put(exposition, "%s{%s=\"%s\"} %.15g\n", full, label, value, number);
    else
        put(exposition, "%s %.15g\n", full, number);
}

void exposition_histogram(struct exposition *exposition, const char *name,
                          const char *label, const char *value,
                          const struct histogram_view *view)
{
    char full[NAME_MAX_BYTES], own[NAME_MAX_BYTES] = "";
    const int64_t *bounds = histogram_bounds();
    uint64_t below = 0;
    full_name(name, EXPOSITION_HISTOGRAM, full);
    if (label)
        snprintf(own, sizeof own, "%s=\"%s\"", label, value);
    const char *comma = label ? "," : "";
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        below += view->counts[i];
        put(exposition, "%s_bucket{%s%sle=\"%.15g\"} %" PRIu64 "\n", full, own,
            comma, (double)bounds[i] / 1e6, below);
    }
    put(exposition, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", full, own,
        comma, view->count);
    const char *open = label ? "{" : "", *shut = label ? "}" : "";
    put(exposition, "%s_sum%s%s%s %.15g\n", full, open, own, shut,
        (double)view->sum_us / 1e6);
    put(exposition, "%s_count%s%s%s %" PRIu64 "\n", full, open, own, shut,
        view->count);
}

void exposition_number(struct exposition *exposition, const char *name,
                       enum exposition_kind kind, const char *meaning,
                       double number)
{
    exposition_family(exposition, name, kind, meaning);
    exposition_sample(exposition, name, kind, NULL, NULL, number);
}
