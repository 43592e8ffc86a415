// SPDX-License-Identifier: MIT

#include "completion.h"

#include "admin.h"
#include "commands.h"
#include "ctl.h"
#include "options.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

enum { TOPICS = 50, URL_BYTES = 2100 };

int ctl_completion(const struct ctl *ctl, int argc, char *argv[])
{
    const char *shell = NULL;
    const char **const places[] = { &shell };
    (void)ctl;
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    if (shell && strcmp(shell, "bash") == 0)
        completion_bash();
    else if (shell && strcmp(shell, "zsh") == 0)
        completion_zsh();
    else
        return ctl_usage(argv[0], "needs one of bash and zsh");
    return CTL_FINE;
}

// What the scripts ask while somebody types: nothing may be said but topics,
// and a daemon that is not there is no mistake.
int ctl_complete(const struct ctl *ctl, int argc, char *argv[])
{
    const char *prefix = NULL;
    const char **const places[] = { &prefix };
    char most[16], url[URL_BYTES];
    if (!options_read(argc, argv, NULL, 0, places, 1))
        return CTL_USAGE;
    snprintf(most, sizeof most, "%d", TOPICS);
    const struct admin_parameter parameters[] = {
        { "prefix", prefix && *prefix ? prefix : NULL },
        { "limit", most },
    };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "GET",
                       .path = "/admin/topics",
                       .parameters = parameters,
                       .count = 2,
                       .timeout_s = 1,
                   },
                   &answer))
        return CTL_NO_DAEMON;
    size_t index;
    const json_t *topic;
    json_array_foreach(json_object_get(answer.json, "topics"), index, topic)
        puts(show_text(show_string(topic, "url"), url, sizeof url));
    admin_clear(&answer);
    return CTL_FINE;
}

const char *completion_kind(enum command_kind kind)
{
    static const char *const names[] = {
        [COMMAND_NOTHING] = "none",        [COMMAND_FILE] = "file",
        [COMMAND_DIRECTORY] = "directory", [COMMAND_WORD] = "word",
        [COMMAND_TOPIC] = "topic",
    };
    return names[kind];
}

void completion_quote(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
    putchar('\'');
}

void completion_words(const char *words)
{
    for (; *words; words++)
        putchar(*words == '|' ? ' ' : *words);
}
