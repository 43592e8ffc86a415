// SPDX-License-Identifier: MIT

#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void help(const char *program, const struct option_row *rows,
                 size_t count)
{
    printf("usage: %s [--name[=value]]...\n", program);
    for (size_t i = 0; i < count; i++) {
        const struct option_row *row = &rows[i];
        if (row->kind == OPTION_NUMBER)
            printf("  --%s=N (%ld)  %s\n", row->name, *(const long *)row->value,
                   row->help);
        else
            printf("  --%s%s  %s\n", row->name,
                   row->kind == OPTION_TEXT ? "=..." : "", row->help);
    }
}

static bool set_number(const struct option_row *row, const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < row->least
        || number > row->most)
        return false;
    *(long *)row->value = number;
    return true;
}

static bool set(const struct option_row *row, const char *text)
{
    if (row->kind == OPTION_FLAG) {
        *(bool *)row->value = true;
        return text == NULL;
    }
    if (text == NULL)
        return false;
    if (row->kind == OPTION_NUMBER)
        return set_number(row, text);
    *(const char **)row->value = text;
    return true;
}

static bool read_one(const char *argument, const struct option_row *rows,
                     size_t count)
{
    if (strncmp(argument, "--", 2) != 0)
        return false;
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strlen(rows[i].name) == len
            && strncmp(rows[i].name, name, len) == 0)
            return set(&rows[i], equals != NULL ? equals + 1 : NULL);
    return false;
}

bool options_read(int argc, char *argv[], const struct option_row *rows,
                  size_t count, int *exit_code)
{
    for (int i = 1; i < argc; i++) {
        *exit_code = 0;
        if (strcmp(argv[i], "--help") == 0) {
            help(argv[0], rows, count);
            return false;
        }
        if (!read_one(argv[i], rows, count)) {
            fprintf(stderr, "%s: bad option %s, see --help\n", argv[0],
                    argv[i]);
            *exit_code = 2;
            return false;
        }
    }
    return true;
}
