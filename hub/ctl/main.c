// SPDX-License-Identifier: MIT
//
// websubctl -- look at a running websubd, and steer it.

#include "admin.h"
#include "colour.h"
#include "commands.h"
#include "complain.h"
#include "ctl.h"
#include "help.h"
#include "pages.h"
#include "place.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 64, PATH_BYTES = 512 };

struct line {
    struct ctl ctl;
    const char *socket, *colour, *limit;
    char path[PATH_BYTES];
    int argc;
    char *argv[ARGUMENTS_MAX];
    bool help, version;
};

// "--name=VALUE", or "--name" and the next argument. False: it is another.
static bool take_value(const char *name, char *argv[], int argc, int *at,
                       const char **out)
{
    size_t len = strlen(name);
    if (strncmp(argv[*at], name, len) != 0)
        return false;
    if (argv[*at][len] == '=')
        *out = argv[*at] + len + 1;
    else if (argv[*at][len] == '\0' && *at + 1 < argc)
        *out = argv[++*at];
    else
        return false;
    return true;
}

// The options that all commands take may stand anywhere.
static bool take_common(struct line *line, char *argv[], int argc, int *at)
{
    const char *argument = argv[*at];
    if (strcmp(argument, "--json") == 0)
        line->ctl.json = true;
    else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
        line->help = true;
    else if (strcmp(argument, "--version") == 0)
        line->version = true;
    else
        return take_value("--socket", argv, argc, at, &line->socket)
               || take_value("--data", argv, argc, at, &line->ctl.data)
               || take_value("--color", argv, argc, at, &line->colour);
    return true;
}

static bool read_line(struct line *line, int argc, char *argv[])
{
    for (int i = 1; i < argc && argv[i]; i++) {
        if (take_common(line, argv, argc, &i))
            continue;
        if (line->argc == ARGUMENTS_MAX)
            return false;
        line->argv[line->argc++] = argv[i];
    }
    return true;
}

// ------------------------------------------------------------------- lists

// Is it one of "id|head|url"?
static bool is_one_of(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (; *words; words += strcspn(words, "|")) {
        words += *words == '|';
        if (len > 0 && strncmp(words, word, len) == 0
            && (words[len] == '|' || words[len] == '\0'))
            return true;
    }
    return false;
}

static bool read_limit(const char *text, size_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 9 || text[digits])
        return false;
    *out = strtoul(text, NULL, 10);
    return *out > 0;
}

// Takes --limit, --sort and --reverse out of what a list's command gets.
static int take_listing(struct line *line)
{
    struct ctl *ctl = &line->ctl;
    char problem[256];
    int kept = 1;
    for (int i = 1; i < line->argc; i++) {
        if (strcmp(line->argv[i], "--reverse") == 0)
            ctl->reverse = true;
        else if (!take_value("--limit", line->argv, line->argc, &i,
                             &line->limit)
                 && !take_value("--after", line->argv, line->argc, &i,
                                &ctl->after)
                 && !take_value("--sort", line->argv, line->argc, &i,
                                &ctl->sort))
            line->argv[kept++] = line->argv[i];
    }
    line->argc = kept;
    if (line->limit && !read_limit(line->limit, &ctl->limit))
        return ctl_usage(line->argv[0], "needs a number for --limit");
    if (ctl->after && !pages_is_place(ctl->after))
        return ctl_usage(line->argv[0], "needs for --after what the list said");
    if (ctl->reverse && !ctl->sort)
        return ctl_usage(line->argv[0], "needs --sort for --reverse");
    if (!ctl->sort || is_one_of(ctl->command->sort, ctl->sort))
        return CTL_FINE;
    snprintf(problem, sizeof problem, "can be sorted by %s",
             ctl->command->sort);
    return ctl_usage(line->argv[0], problem);
}

// --------------------------------------------------------------------- runs

static int unknown(const char *name)
{
    if (help_begins(stderr, name))
        return CTL_USAGE;
    return ctl_usage(name, "there is no such command");
}

// The words of its name become one.
static const struct command *find_command(struct line *line)
{
    int words;
    const struct command *command =
        commands_find(line->argc, line->argv, &words);
    if (!command)
        return NULL;
    line->argc -= words - 1;
    memmove(line->argv, line->argv + words - 1,
            (size_t)line->argc * sizeof *line->argv);
    // Nobody writes into it.
    union {
        const char *name;
        char *argument;
    } whole = { .name = command->name };
    line->argv[0] = whole.argument;
    return command;
}

static int run(struct line *line)
{
    const struct command *command = find_command(line);
    if (!command)
        return unknown(line->argv[0]);
    line->ctl.command = command;
    if (command->sort && take_listing(line) != CTL_FINE)
        return CTL_USAGE;
    if (!place_find(line->socket, line->ctl.data, line->path,
                    sizeof line->path))
        return ctl_usage(line->argv[0], "the path of the socket is too long");
    line->ctl.socket = line->path;
    complain_setup(line->ctl.json);
    curl_global_init(CURL_GLOBAL_NOTHING);
    int code = command->run(&line->ctl, line->argc, line->argv);
    admin_close();
    curl_global_cleanup();
    return code;
}

// "COMMAND --help", "--help".
static int explain(struct line *line)
{
    static char help[] = "help";
    if (line->argc > 0 && strcmp(line->argv[0], "help") == 0)
        return ctl_help(&line->ctl, line->argc, line->argv);
    if (line->argc == ARGUMENTS_MAX)
        line->argc--;
    memmove(line->argv + 1, line->argv,
            (size_t)line->argc * sizeof *line->argv);
    line->argv[0] = help;
    return ctl_help(&line->ctl, line->argc + 1, line->argv);
}

int main(int argc, char *argv[])
{
    struct line line = { 0 };
    if (!read_line(&line, argc, argv))
        return ctl_usage("", "too many arguments");
    if (!colour_setup(line.colour))
        return ctl_usage("", "--color is auto, always or never");
    if (line.version) {
        puts("websubctl " WEBSUBD_VERSION);
        return CTL_FINE;
    }
    if (line.help)
        return explain(&line);
    if (line.argc == 0) {
        help_all(stderr);
        return CTL_USAGE;
    }
    return run(&line);
}
