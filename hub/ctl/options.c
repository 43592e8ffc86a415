// SPDX-License-Identifier: MIT

#include "options.h"

#include "commands.h"
#include "ctl.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static int keep(const struct option_value *option, const char *value, int used)
{
    if (!option->values) {
        *option->value = value;
        return used;
    }
    if (option->values->count == OPTION_VALUES_MAX)
        return 0;
    option->values->at[option->values->count++] = value;
    return used;
}

// How many arguments were used; 0: it is none of them.
static int take(char *argv[], int left, const struct option_value *option)
{
    const char *argument = argv[0] + 2;
    size_t len = strlen(option->name);
    if (strncmp(argument, option->name, len) != 0)
        return 0;
    if (option->on) {
        *option->on = *option->on || argument[len] == '\0';
        return argument[len] == '\0' ? 1 : 0;
    }
    if (argument[len] == '=')
        return keep(option, argument + len + 1, 1);
    if (argument[len] != '\0' || left < 2)
        return 0;
    return keep(option, argv[1], 2);
}

static int take_any(char *argv[], int left, const struct option_value *options,
                    size_t option_count)
{
    for (size_t i = 0; i < option_count; i++) {
        int used = take(argv, left, &options[i]);
        if (used > 0)
            return used;
    }
    return 0;
}

static bool take_place(const char *argument, const char **const *places,
                       size_t place_count)
{
    for (size_t i = 0; i < place_count; i++) {
        if (!*places[i]) {
            *places[i] = argument;
            return true;
        }
    }
    return false;
}

// The name of one that takes a value, and nothing behind it.
static bool is_bare(const char *argument, const struct option_value *options,
                    size_t option_count)
{
    for (size_t i = 0; i < option_count; i++)
        if (!options[i].on && strcmp(argument + 2, options[i].name) == 0)
            return true;
    return false;
}

static const struct command_option *find_in_row(
    const struct command_option *option, const char *name)
{
    for (; option && option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

// What help says is what is taken: the row has just these options.
static bool agrees(const char *command, const struct option_value *options,
                   size_t option_count)
{
    const struct command *row = commands_named(command);
    size_t count = 0;
    for (size_t i = 0; row && i < option_count; i++) {
        const struct command_option *option =
            find_in_row(row->options, options[i].name);
        if (!option || (option->value == NULL) != (options[i].on != NULL))
            return false;
    }
    while (row && row->options && row->options[count].name)
        count++;
    return row && count == option_count;
}

bool options_read(int argc, char *argv[], const struct option_value *options,
                  size_t option_count, const char **const *places,
                  size_t place_count)
{
    char problem[128];
    assert(agrees(argv[0], options, option_count));
    for (int i = 1; i < argc;) {
        bool dashes = strncmp(argv[i], "--", 2) == 0;
        int used = dashes ? take_any(argv + i, argc - i, options, option_count)
                          : take_place(argv[i], places, place_count);
        if (used == 0) {
            bool bare = dashes && is_bare(argv[i], options, option_count);
            snprintf(problem, sizeof problem,
                     bare ? "needs a value for %.80s" : "does not take %.80s",
                     argv[i]);
            ctl_usage(argv[0], problem);
            return false;
        }
        i += used;
    }
    return true;
}
