// SPDX-License-Identifier: MIT

#include "commands.h"

#include <string.h>

const struct command_option *commands_common(void)
{
    static const struct command_option options[] = {
        { "json", NULL, COMMAND_NOTHING, "print JSON, for programs" },
        { "socket", "PATH", COMMAND_FILE, "the daemon's admin socket" },
        { "data", "DIR", COMMAND_DIRECTORY, "the daemon's data directory" },
        { "color", "auto|always|never", COMMAND_WORD, "colours" },
        { "help", NULL, COMMAND_NOTHING, "say what can be done" },
        { "version", NULL, COMMAND_NOTHING, "say which version this is" },
        { 0 },
    };
    return options;
}

const struct command_option *commands_listing(void)
{
    static const struct command_option options[] = {
        { "limit", "N", COMMAND_NOTHING, "at most so many; all if not given" },
        { "sort", "MEMBER", COMMAND_NOTHING, "by this, ascending" },
        { "reverse", NULL, COMMAND_NOTHING, "the other way round" },
        { "after", "PLACE", COMMAND_NOTHING,
          "go on where a list with --limit ended" },
        { 0 },
    };
    return options;
}

const struct command *commands_at(size_t index)
{
    static const struct command *(*const groups[COMMAND_GROUPS])(size_t *) = {
        [COMMAND_LOOK] = commands_look,
        [COMMAND_STEER] = commands_steer,
        [COMMAND_CARE] = commands_care,
        [COMMAND_ALONE] = commands_alone,
    };
    for (size_t i = 0; i < COMMAND_GROUPS; i++) {
        size_t count;
        const struct command *rows = groups[i](&count);
        if (index < count)
            return &rows[index];
        index -= count;
    }
    return NULL;
}

// How many arguments the name takes up; 0: they do not say it.
static int matches(const char *name, int argc, char *const argv[])
{
    int words = 0;
    while (*name) {
        size_t len = strcspn(name, " ");
        if (words == argc || strlen(argv[words]) != len
            || strncmp(argv[words], name, len) != 0)
            return 0;
        words++;
        name += name[len] ? len + 1 : len;
    }
    return words;
}

const struct command *commands_find(int argc, char *const argv[], int *words)
{
    const struct command *found = NULL, *command;
    *words = 0;
    for (size_t i = 0; (command = commands_at(i)); i++) {
        int count = matches(command->name, argc, argv);
        if (count > *words) {
            *words = count;
            found = command;
        }
    }
    return found;
}

const struct command *commands_named(const char *name)
{
    const struct command *command;
    for (size_t i = 0; (command = commands_at(i)); i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}
