// SPDX-License-Identifier: MIT

#include "commands.h"

// clang-format off
static const struct command_option of_relay[] = {
    { "hub", "URL", COMMAND_NOTHING, "the hub that cannot call them" },
    { "token-file", "FILE", COMMAND_FILE, "has the token for that hub" },
    { "listen", "ADDRESS:PORT", COMMAND_NOTHING, "127.0.0.1:8090 if not given" },
    { "state", "FILE", COMMAND_FILE, "websub-relay.json if not given" },
    { "allow-callback", "RANGE", COMMAND_NOTHING,
      "where callbacks may be; may come several times" },
    { "feed", "PREFIX", COMMAND_NOTHING,
      "hand out feeds that begin so; may come several times" },
    { "retry-first", "TIME", COMMAND_NOTHING, "10s if not given" },
    { "retry-max", "TIME", COMMAND_NOTHING, "1h if not given" },
    { "callback-timeout", "TIME", COMMAND_NOTHING, "30s if not given" },
    { "verbose", NULL, COMMAND_NOTHING, "log more" },
    { 0 },
};

static const struct command_option of_inspect[] = {
    { "content-type", "TYPE", COMMAND_NOTHING, "as the server would say" },
    { "base", "URL", COMMAND_NOTHING, "where it was fetched from" },
    { 0 },
};

static const struct command_option of_diff[] = {
    { "why", NULL, COMMAND_NOTHING, "say what it found, and why" },
    { "content-type", "TYPE", COMMAND_NOTHING, "as the server would say" },
    { "base", "URL", COMMAND_NOTHING, "where it was fetched from" },
    { 0 },
};

static const struct command rows[] = {
    { .name = "relay", .group = COMMAND_ALONE, .run = ctl_relay,
      .about = "be a hub to subscribers that the hub cannot call",
      .arguments = "--hub=URL --token-file=FILE",
      .details = "It gets them mailboxes at the hub by the token in FILE, and "
                 "posts what comes.",
      .options = of_relay },
    { .name = "feed inspect", .group = COMMAND_ALONE, .run = ctl_feed_inspect,
      .about = "what the hub sees in a feed, as JSON",
      .arguments = "FILE",
      .details = "FILE may be - for the standard input.",
      .places = { COMMAND_FILE },
      .options = of_inspect },
    { .name = "feed diff", .group = COMMAND_ALONE, .run = ctl_feed_diff,
      .about = "what the hub would send of the last of some versions",
      .arguments = "OLD... NEW",
      .details = "Prints what a subscriber gets of NEW who has had the "
                 "versions before, or\nnothing. One of them may be - for the "
                 "standard input.",
      .places = { COMMAND_FILE, COMMAND_FILE, COMMAND_FILE, COMMAND_FILE },
      .options = of_diff },
    { .name = "completion", .group = COMMAND_ALONE, .run = ctl_completion,
      .about = "print a script that completes commands in a shell",
      .arguments = "bash|zsh",
      .details = "bash: websubctl completion bash "
                 ">/etc/bash_completion.d/websubctl\n"
                 "zsh:  websubctl completion zsh "
                 ">/usr/share/zsh/vendor-completions/_websubctl",
      .places = { COMMAND_WORD },
      .words = "bash|zsh" },
    { .name = "complete", .group = COMMAND_ALONE, .run = ctl_complete,
      .about = "print what begins so, for completion",
      .arguments = "topic|quota|token [PREFIX]",
      .hidden = true },
    { .name = "manual", .group = COMMAND_ALONE, .run = ctl_manual,
      .about = "print all commands as they stand in websubctl(1)",
      .hidden = true },
    { .name = "help", .group = COMMAND_ALONE, .run = ctl_help,
      .about = "what can be done; help COMMAND says more",
      .arguments = "[COMMAND]" },
};
// clang-format on

const struct command *commands_alone(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}
