// SPDX-License-Identifier: MIT

#include "help.h"

#include "colour.h"
#include "commands.h"
#include "ctl.h"
#include "show.h"

#include <string.h>

enum {
    NAME_WIDTH = 21,
    OPTION_WIDTH = 28,
    OPTION_BYTES = 160,
    SHOWN_MAX = 512
};

static const char usage[] =
    "Usage: websubctl [--json] [--socket=PATH | --data=DIR] COMMAND\n";

// What is written into a file or a pipe has no colours.
static const char *strong(const FILE *to)
{
    return to == stdout ? colour_begin(COLOUR_STRONG) : "";
}

static const char *plain(const FILE *to)
{
    return to == stdout ? colour_end(COLOUR_STRONG) : "";
}

static void print_short(FILE *to, const struct command *command)
{
    fprintf(to, "  %s%-*s%s %s\n", strong(to), NAME_WIDTH, command->name,
            plain(to), command->about);
}

static void print_group(FILE *to, enum command_group group, const char *title)
{
    const struct command *command;
    fprintf(to, "\n%s%s%s\n", strong(to), title, plain(to));
    for (size_t i = 0; (command = commands_at(i)); i++)
        if (command->group == group && !command->hidden)
            print_short(to, command);
}

static void print_option(FILE *to, const struct command_option *option)
{
    char text[OPTION_BYTES];
    snprintf(text, sizeof text, "--%s%s%s", option->name,
             option->value ? "=" : "", option->value ? option->value : "");
    if (strlen(text) > OPTION_WIDTH)
        fprintf(to, "  %s\n  %*s %s\n", text, OPTION_WIDTH, "", option->about);
    else
        fprintf(to, "  %-*s %s\n", OPTION_WIDTH, text, option->about);
}

static void print_options(FILE *to, const struct command_option *options)
{
    for (; options && options->name; options++)
        print_option(to, options);
}

void help_all(FILE *to)
{
    static const char *const titles[COMMAND_GROUPS] = {
        [COMMAND_LOOK] = "Look",
        [COMMAND_STEER] = "Steer",
        [COMMAND_CARE] = "Take care of the hub",
        [COMMAND_ALONE] = "Without a daemon",
    };
    fputs(usage, to);
    for (int group = 0; group < COMMAND_GROUPS; group++)
        print_group(to, (enum command_group)group, titles[group]);
    fprintf(to, "\n%sAll of them take%s\n", strong(to), plain(to));
    print_options(to, commands_common());
    fputs(
        "\nNUMBER is a subscription's in its topic, as subscriptions and "
        "deliveries show\nit; the log has it as id=. For deliveries, resend, "
        "pause, resume and remove TOPIC\nmay be its ID, as topics shows it; "
        "the log has it as topic=.\n\n"
        "The daemon is found by --socket, by --data (its data directory), by\n"
        "WEBSUBD_SOCKET in the environment, or in ./websubd-data, /run/websubd "
        "or\n/var/lib/websubd, whichever has one.\n\n"
        "Exits with 0: fine, 1: the answer is no, or there is nothing to "
        "list, 2: usage\n(a malformed argument too), 3: no daemon.\n"
        "websubctl help COMMAND says more about one.\n",
        to);
}

void help_one(FILE *to, const struct command *command)
{
    bool arguments = command->arguments && *command->arguments;
    bool asks = command->about[strlen(command->about) - 1] == '?';
    fprintf(to, "Usage: websubctl %s%s%s%s\n\n%c%s%s\n", command->name,
            arguments ? " " : "", arguments ? command->arguments : "",
            command->options || command->sort ? " [OPTION]..." : "",
            command->about[0] - 'a' + 'A', command->about + 1, asks ? "" : ".");
    if (command->details)
        fprintf(to, "%s\n", command->details);
    if (command->options || command->sort)
        fputc('\n', to);
    print_options(to, command->options);
    if (!command->sort)
        return;
    print_options(to, commands_listing());
    fprintf(to, "\nMEMBER is one of %s.\n", command->sort);
}

bool help_begins(FILE *to, const char *word)
{
    size_t len = strlen(word), found = 0;
    const struct command *command;
    for (size_t i = 0; (command = commands_at(i)); i++) {
        if (strncmp(command->name, word, len) != 0 || command->name[len] != ' ')
            continue;
        if (found++ == 0)
            fputs(usage, to), fputc('\n', to);
        print_short(to, command);
    }
    return found > 0;
}

int ctl_help(const struct ctl *ctl, int argc, char *argv[])
{
    int words;
    const struct command *command = commands_find(argc - 1, argv + 1, &words);
    (void)ctl;
    if (command)
        help_one(stdout, command);
    else if (argc == 1)
        help_all(stdout);
    else if (!help_begins(stdout, argv[1]))
        return ctl_usage(argv[1], "there is no such command");
    return CTL_FINE;
}

int ctl_usage(const char *command, const char *problem)
{
    char name[SHOWN_MAX], why[SHOWN_MAX];
    fprintf(stderr, "websubctl %s: %s; websubctl --help explains\n",
            show_text(command, name, sizeof name),
            show_text(problem, why, sizeof why));
    return CTL_USAGE;
}
