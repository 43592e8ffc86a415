// SPDX-License-Identifier: MIT

#include "ctl.h"

#include "commands.h"

#include "hub/mdoc.h"

#include <stdio.h>
#include <string.h>

static void print_option(const struct command_option *option)
{
    fputs(".It Fl Fl", stdout);
    mdoc_arguments(stdout, option->name);
    if (option->value) {
        fputs(" Ns = Ns Ar", stdout);
        mdoc_arguments(stdout, option->value);
    }
    putchar('\n');
    mdoc_sentence(stdout, option->about);
}

// Within the description of a command, or alone.
static void print_options(const struct command_option *options)
{
    fputs(".Bl -tag -width Ds\n", stdout);
    for (; options && options->name; options++)
        print_option(options);
    fputs(".El\n", stdout);
}

static void print_sort(const char *members)
{
    fputs(".Pp\nIt takes", stdout);
    for (const struct command_option *option = commands_listing(); option->name;
         option++)
        printf("%s\n.Fl Fl %s", option == commands_listing() ? "" : " ,",
               option->name);
    fputs(" .\n.Ar MEMBER\nof\n.Fl Fl sort\nis one of", stdout);
    while (*members) {
        int len = (int)strcspn(members, "|");
        printf("\n.Cm %.*s", len, members);
        members += len;
        if (*members) {
            fputs(" ,", stdout);
            members++;
        }
    }
    fputs(" .\n", stdout);
}

static void print_command(const struct command *command)
{
    fputs(".It Cm", stdout);
    mdoc_arguments(stdout, command->name);
    if (command->arguments && *command->arguments) {
        fputs(" Ar", stdout);
        mdoc_arguments(stdout, command->arguments);
    }
    putchar('\n');
    mdoc_sentence(stdout, command->about);
    if (command->details)
        mdoc_sentence(stdout, command->details);
    if (command->options && command->options->name)
        print_options(command->options);
    if (command->sort)
        print_sort(command->sort);
}

static void print_group(enum command_group group, const char *title)
{
    const struct command *command;
    printf(".Ss %s\n.Bl -tag -width Ds\n", title);
    for (size_t i = 0; (command = commands_at(i)); i++)
        if (command->group == group && !command->hidden)
            print_command(command);
    fputs(".El\n", stdout);
}

int ctl_manual(const struct ctl *ctl, int argc, char *argv[])
{
    static const char *const titles[COMMAND_GROUPS] = {
        [COMMAND_LOOK] = "To look",
        [COMMAND_STEER] = "To steer",
        [COMMAND_CARE] = "To take care of the hub",
        [COMMAND_ALONE] = "Without a daemon",
    };
    (void)ctl;
    if (argc > 1)
        return ctl_usage(argv[0], "takes no arguments");
    fputs(".Sh OPTIONS\nAll commands take these:\n", stdout);
    print_options(commands_common());
    fputs(".Pp\nLists take these besides:\n", stdout);
    print_options(commands_listing());
    fputs(".Sh COMMANDS\n", stdout);
    for (int group = 0; group < COMMAND_GROUPS; group++)
        print_group((enum command_group)group, titles[group]);
    return CTL_FINE;
}
