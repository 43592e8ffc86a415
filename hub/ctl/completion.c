// SPDX-License-Identifier: MIT

#include "completion.h"

#include "admin.h"
#include "commands.h"
#include "ctl.h"
#include "options.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

enum { URL_BYTES = 2100 };

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

// What the scripts ask for while somebody types.
struct asked {
    const char *kind, *path, *list, *member;
};

static const struct asked *find_asked(const char *kind)
{
    static const struct asked rows[] = {
        { "topic", "/admin/topics", "topics", "url" },
        { "quota", "/admin/quotas", "quotas", "name" },
        { "token", "/admin/tokens", "tokens", "name" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].kind, kind) == 0)
            return &rows[i];
    return NULL;
}

static void print_names(const json_t *list, const struct asked *asked,
                        const char *prefix)
{
    size_t index;
    const json_t *item;
    json_array_foreach(list, index, item)
    {
        char text[URL_BYTES];
        const char *name = show_string(item, asked->member);
        if (strncmp(name, prefix, strlen(prefix)) == 0)
            puts(show_text(name, text, sizeof text));
    }
}

int ctl_complete(const struct ctl *ctl, int argc, char *argv[])
{
    const char *kind = NULL, *prefix = NULL;
    const char **const places[] = { &kind, &prefix };
    if (!options_read(argc, argv, NULL, 0, places, 2))
        return CTL_USAGE;
    const struct asked *asked = kind ? find_asked(kind) : NULL;
    if (!asked)
        return ctl_usage(argv[0], "needs one of topic, quota and token");
    // Only topics are too many to look through here.
    const struct admin_parameter parameters[] = {
        { "prefix", prefix && *prefix ? prefix : NULL },
        { "limit", strcmp(kind, "topic") == 0 ? "50" : NULL },
    };
    struct admin_answer answer;
    if (!admin_ask(ctl,
                   &(struct admin_question){
                       .method = "GET",
                       .path = asked->path,
                       .parameters = parameters,
                       .count = 2,
                       .timeout_s = 1,
                   },
                   &answer))
        return CTL_NO_DAEMON;
    print_names(json_object_get(answer.json, asked->list), asked,
                prefix ? prefix : "");
    admin_clear(&answer);
    return CTL_FINE;
}

const char *completion_kind(enum command_kind kind)
{
    static const char *const names[] = {
        [COMMAND_NOTHING] = "none",        [COMMAND_FILE] = "file",
        [COMMAND_DIRECTORY] = "directory", [COMMAND_WORD] = "word",
        [COMMAND_TOPIC] = "topic",         [COMMAND_QUOTA] = "quota",
        [COMMAND_TOKEN] = "token",
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
