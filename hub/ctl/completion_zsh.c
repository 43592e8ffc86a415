// SPDX-License-Identifier: MIT

#include "completion.h"

#include <stdio.h>

static const char begin[] =
    "#compdef websubctl\n"
    "# Completion of websubctl for zsh, made by: websubctl completion zsh\n"
    "\n"
    "_websubctl_known() { # KIND\n"
    "    local -a found\n"
    "    found=(${(f)\"$(_call_program known websubctl $_websubctl_at "
    "complete \\\n"
    "        $1 ${(q)PREFIX} 2>/dev/null)\"})\n"
    "    compadd -a found\n"
    "}\n"
    "\n"
    "_websubctl() {\n"
    "    local -a names common _websubctl_at bare\n"
    "    local command='' i at=0\n";

static const char middle[] =
    "    for ((i = 2; i < CURRENT; i++)); do\n"
    "        case ${words[i]} in\n"
    "        --socket=*|--data=*) _websubctl_at=(${words[i]}) ;;\n"
    "        --socket|--data)\n"
    "            _websubctl_at=(${words[i]} ${words[i + 1]})\n"
    "            ((i++)) ;;\n"
    "        -*) ;;\n"
    "        *) bare+=(${words[i]}) ;;\n"
    "        esac\n"
    "    done\n"
    "    for i in 1 2; do\n"
    "        if ((i <= ${#bare})) &&\n"
    "            ((${names[(I)${bare[1,i]}:*]})); then\n"
    "            command=${bare[1,i]}\n"
    "            at=$i\n"
    "        fi\n"
    "    done\n"
    "    if [[ -z $command ]]; then\n"
    "        local -a next\n"
    "        if ((${#bare})); then\n"
    "            next=(${${(M)names:#${bare[1]} *}#${bare[1]} })\n"
    "        else\n"
    "            next=(${(u)names/ *:/:})\n"
    "        fi\n"
    "        [[ $PREFIX == -* ]] || { _describe command next; return }\n"
    "        _arguments $common\n"
    "        return\n"
    "    fi\n"
    "    # What follows looks as if the command were the program.\n"
    "    words=(websubctl ${words[2 + at,-1]})\n"
    "    ((CURRENT -= at))\n"
    "    case $command in\n";

// "[" and ":" mean something to _arguments.
static void print_escaped(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'') {
            fputs("'\\''", stdout);
            continue;
        }
        if (*text == ':' || *text == '[' || *text == ']')
            putchar('\\');
        putchar(*text);
    }
}

static void print_action(enum command_kind kind, const char *words)
{
    if (kind == COMMAND_FILE)
        fputs("_files", stdout);
    else if (kind == COMMAND_DIRECTORY)
        fputs("_files -/", stdout);
    else if (kind != COMMAND_WORD && kind != COMMAND_NOTHING)
        printf("{_websubctl_known %s}", completion_kind(kind));
    if (kind != COMMAND_WORD)
        return;
    putchar('(');
    completion_words(words);
    putchar(')');
}

static void print_options(const struct command_option *options,
                          const char *sort)
{
    for (; options && options->name; options++) {
        bool sorts = sort && options == &commands_listing()[1];
        printf(" \\\n            '--%s%s[", options->name,
               options->value ? "=" : "");
        print_escaped(options->about);
        putchar(']');
        if (options->value) {
            fputs(":value:", stdout);
            print_action(sorts ? COMMAND_WORD : options->kind,
                         sorts ? sort : options->value);
        }
        putchar('\'');
    }
}

static void print_command(const struct command *command)
{
    fputs("    ", stdout);
    completion_quote(command->name);
    fputs(") _arguments $common", stdout);
    print_options(command->options, NULL);
    if (command->sort)
        print_options(commands_listing(), command->sort);
    for (int i = 0; i < COMMAND_PLACES_MAX; i++) {
        if (command->places[i] == COMMAND_NOTHING)
            continue;
        printf(" \\\n            '%d:argument:", i + 1);
        print_action(command->places[i], command->words);
        putchar('\'');
    }
    puts(" ;;");
}

void completion_zsh(void)
{
    const struct command *command;
    fputs(begin, stdout);
    fputs("    common=(", stdout);
    print_options(commands_common(), NULL);
    puts(")\n    names=(");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        if (command->hidden)
            continue;
        printf("        '%s:", command->name);
        print_escaped(command->about);
        puts("'");
    }
    puts("    )");
    fputs(middle, stdout);
    for (size_t i = 0; (command = commands_at(i)); i++)
        if (!command->hidden)
            print_command(command);
    puts("    esac\n}\n\n_websubctl \"$@\"");
}
