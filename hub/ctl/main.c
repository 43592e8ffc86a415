// SPDX-License-Identifier: MIT
//
// websubctl -- look at a running websubd, and steer it.

#include "ctl.h"

#include "feed.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MAX = 64, PATH_BYTES = 512 };

struct command {
    const char *name;
    int (*run)(const struct ctl *ctl, int argc, char *argv[]);
    const char *arguments;
    const char *sentence;
};

// Works on files, and needs no daemon.
static int feed(const struct ctl *ctl, int argc, char *argv[])
{
    return ctl_feed(argc, argv, ctl->json);
}

// clang-format off
static const struct command commands[] = {
    { "status", ctl_status, "", "what the daemon is doing" },
    { "topics", ctl_topics, " [--prefix=URL]", "the topics it knows" },
    { "topic", ctl_topic, " TOPIC [--content=default|full|entries|each]",
      "one of them, and what of it is delivered, whatever the hub's default "
      "is" },
    { "subscriptions", ctl_subscriptions,
      " [--topic=URL] [--callback=URL|NUMBER] [--state=STATE]",
      "who is subscribed, and how they fare; STATE is active, lagging, "
      "stopped,\n        suspended, waiting or paused" },
    { "deliveries", ctl_deliveries,
      " [--lagging] [--stopped] [--waiting] [--paused]\n"
      "             [--topic=URL] [--callback=URL|NUMBER] [--origin=URL] "
      "[--limit=N]",
      "who is owed something: what, since when, why, and when it is tried "
      "again;\n        all of them without --limit" },
    { "origins", ctl_origins, "",
      "the servers of callbacks that are broken, paused or have too much "
      "to do" },
    { "resend", ctl_resend, " TOPIC [CALLBACK|NUMBER] [--since=TIME] | "
      "--since=TIME",
      "deliver the newest update again, or all since a time: "
      "2026-11-22T04:31:07Z,\n        unix seconds, or an age like 15m, 2h, "
      "3d" },
    { "pause", ctl_pause, " TOPIC CALLBACK|NUMBER | --origin=URL | --all",
      "deliver nothing there until it is resumed; nothing is lost" },
    { "resume", ctl_resume, " TOPIC CALLBACK|NUMBER | --origin=URL | --all",
      "deliver what waits since it was paused, and what comes; a server that "
      "is\n        broken is looked at now" },
    { "explain", ctl_explain, " TOPIC",
      "what the hub knows of a topic, and why something was not delivered" },
    { "probe", ctl_probe, " CALLBACK|NUMBER [--topic=URL]",
      "whether the hub would call a callback; nothing is sent to it" },
    { "remove", ctl_remove, " TOPIC [CALLBACK|NUMBER]",
      "end a subscription, or all of a topic, and tell the subscribers" },
    { "ping", ctl_ping, " TOPIC|PREFIX*",
      "fetch a topic, or all that begin so, now, as if the publisher had "
      "asked" },
    { "token", ctl_token,
      " add NAME [--owner=NAME] [--right=RIGHT,...] [--scope=PATTERN]...\n"
      "        [--expires=TIME] | list | remove NAME",
      "who may pull what; RIGHT is pull, match, mailbox, create, ticket or "
      "presence\n        (all but presence if none is given), PATTERN a URL, "
      "https://host/path*\n        or * (all, if none is given); add prints the "
      "secret, once" },
    { "mailboxes", ctl_mailboxes, " [NAME] [--owner=NAME] [--remove]",
      "the mailboxes of those who pull; with NAME what one listens to" },
    { "pulls", ctl_pulls, "", "who pulls now: how many, and which topics" },
    { "backup", ctl_backup, " DIRECTORY",
      "write a copy of the store, which a daemon can be started on" },
    { "relay", ctl_relay,
      " --hub=URL --token-file=FILE [--listen=ADDRESS:PORT]\n"
      "        [--state=FILE] [--allow-callback=RANGE]... "
      "[--feed=PREFIX]...\n        [--retry-first=TIME] [--retry-max=TIME] "
      "[--callback-timeout=TIME]\n        [--verbose]",
      "be a hub to the subscribers beside it, whom the hub at URL cannot "
      "call: it\n        gets them mailboxes there by the token in FILE; no "
      "daemon" },
    { "feed", feed, " inspect FILE | diff [--why] OLD... NEW",
      "what the hub sees in a feed, and what it would send; no daemon" },
};
// clang-format on

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static void print_command(FILE *to, const struct command *command)
{
    fprintf(to, "  %s%s\n        %s\n", command->name, command->arguments,
            command->sentence);
}

// Of one command, or, with NULL, of all.
static void help(FILE *to, const struct command *command)
{
    fputs("Usage: websubctl [--json] [--socket=PATH | --data=DIR] COMMAND\n\n",
          to);
    if (command) {
        print_command(to, command);
        return;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        print_command(to, &commands[i]);
    fputs("\n"
          "NUMBER is a subscription's in its topic, as subscriptions and "
          "deliveries\nshow it; the log has it as id=. For deliveries, resend, "
          "pause, resume and remove\nTOPIC may be its ID, as topics shows it; "
          "the log has it as topic=.\n\n"
          "The daemon is found by --socket, by --data (its data directory), "
          "by\nWEBSUBD_SOCKET in the environment, or in ./websubd-data.\n"
          "Exits with 0: fine, 1: the answer is no, or there is nothing to "
          "list, 2: usage\n(a malformed argument too), 3: no daemon.\n"
          "websubctl help COMMAND shows the lines of one.\n",
          to);
}

int ctl_usage(const char *command, const char *problem)
{
    fprintf(stderr, "websubctl %s: %s; websubctl --help explains\n", command,
            problem);
    return CTL_USAGE;
}

struct line {
    struct ctl ctl;
    const char *data;
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
static bool read_line(struct line *line, int argc, char *argv[])
{
    for (int i = 1; i < argc && argv[i]; i++) {
        if (strcmp(argv[i], "--json") == 0)
            line->ctl.json = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            line->help = true;
        else if (strcmp(argv[i], "--version") == 0)
            line->version = true;
        else if (take_value("--socket", argv, argc, &i, &line->ctl.socket)
                 || take_value("--data", argv, argc, &i, &line->data))
            continue;
        else if (line->argc < ARGUMENTS_MAX)
            line->argv[line->argc++] = argv[i];
        else
            return false;
    }
    return true;
}

static bool find_socket(struct line *line)
{
    const char *environment = getenv("WEBSUBD_SOCKET");
    if (line->ctl.socket)
        return true;
    if (!line->data && environment && *environment) {
        line->ctl.socket = environment;
        return true;
    }
    int len = snprintf(line->path, sizeof line->path, "%s/admin.sock",
                       line->data ? line->data : "./websubd-data");
    line->ctl.socket = line->path;
    return len > 0 && (size_t)len < sizeof line->path;
}

static int run(struct line *line)
{
    const struct command *command = find_command(line->argv[0]);
    if (!command)
        return ctl_usage(line->argv[0], "there is no such command");
    if (!find_socket(line))
        return ctl_usage(line->argv[0], "the path of --data is too long");
    curl_global_init(CURL_GLOBAL_NOTHING);
    int code = command->run(&line->ctl, line->argc, line->argv);
    curl_global_cleanup();
    return code;
}

// "help", "help COMMAND", "COMMAND --help" or no command at all.
static int explain_usage(const struct line *line)
{
    bool word = line->argc > 0 && strcmp(line->argv[0], "help") == 0;
    const char *name = line->argc > word ? line->argv[word] : NULL;
    const struct command *command = name ? find_command(name) : NULL;
    if (name && !command)
        return ctl_usage(name, "there is no such command");
    bool asked = word || line->help;
    help(asked ? stdout : stderr, command);
    return asked ? CTL_FINE : CTL_USAGE;
}

int main(int argc, char *argv[])
{
    struct line line = { 0 };
    if (!read_line(&line, argc, argv))
        return ctl_usage("", "too many arguments");
    if (line.version) {
        puts("websubctl " WEBSUBD_VERSION);
        return CTL_FINE;
    }
    if (line.help || line.argc == 0 || strcmp(line.argv[0], "help") == 0)
        return explain_usage(&line);
    return run(&line);
}
