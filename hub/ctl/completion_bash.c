// SPDX-License-Identifier: MIT

#include "completion.h"

#include <stdio.h>

// The words are taken from the line itself, since what bash makes of them
// splits URLs and --name=value; what it will put the reply in the place of is
// the part behind the last of its own breaks. A topic is what strangers have
// thought of, and bash runs what stands on the line: it goes there quoted.
static const char script[] =
    "_websubctl_reply() { # PREFIX WORD...\n"
    "    local cut=${1%\"$_websubctl_tail\"} word\n"
    "    for word in \"${@:2}\"; do\n"
    "        [[ $word == \"$1\"* ]] || continue\n"
    "        word=${word#\"$cut\"}\n"
    "        [[ -z $word ]] || printf -v word %q \"$word\"\n"
    "        [[ $word == *= || $word == */ ]] || word+=' '\n"
    "        COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_websubctl_kind() { # KIND WORDS PREFIX\n"
    "    local -a found=()\n"
    "    case $1 in\n"
    "    word) read -ra found <<<\"$2\" ;;\n"
    "    topic | quota | token)\n"
    "        mapfile -t found < <(\"${words[0]}\" \"${place[@]}\" \\\n"
    "            complete \"$1\" \"$3\" 2>/dev/null) ;;\n"
    "    file) mapfile -t found < <(compgen -f -- \"$3\") ;;\n"
    "    directory) mapfile -t found < <(compgen -d -- \"$3\") ;;\n"
    "    esac\n"
    "    local i\n"
    "    [[ $1 == file || $1 == directory ]] &&\n"
    "        for i in \"${!found[@]}\"; do\n"
    "            [[ -d ${found[i]} ]] && found[i]+=/\n"
    "        done\n"
    "    _websubctl_reply \"$3\" \"${found[@]}\"\n"
    "}\n"
    "\n"
    "_websubctl() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} current command='' i at=0\n"
    "    local _websubctl_tail=${COMP_WORDS[COMP_CWORD]}\n"
    "    local -a words bare=() place=()\n"
    "    COMPREPLY=()\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    case $_websubctl_tail in = | :) _websubctl_tail='' ;; esac\n"
    "    local last=$((${#words[@]} - 1))\n"
    "    current=${words[last]}\n"
    "    for ((i = 1; i < last; i++)); do\n"
    "        case ${words[i]} in\n"
    "        --socket=* | --data=*) place=(\"${words[i]}\") ;;\n"
    "        --socket | --data)\n"
    "            place=(\"${words[i]}\" \"${words[i + 1]}\")\n"
    "            ((i++)) ;;\n"
    "        -*) ;;\n"
    "        *) bare+=(\"${words[i]}\") ;;\n"
    "        esac\n"
    "    done\n"
    "    for i in 1 2; do\n"
    "        ((i <= ${#bare[@]})) &&\n"
    "            _websubctl_is_command \"${bare[*]:0:i}\" &&\n"
    "            command=\"${bare[*]:0:i}\" && at=$i\n"
    "    done\n"
    "    local name=${words[last - 1]}\n"
    "    if [[ $current == --*=* ]]; then\n"
    "        name=${current%%=*} current=${current#*=}\n"
    "        _websubctl_value \"$command\" \"$name\" \"$current\"\n"
    "    elif [[ $name == --* && $name != *=* ]] &&\n"
    "        _websubctl_takes \"$command\" \"$name\"; then\n"
    "        _websubctl_value \"$command\" \"$name\" \"$current\"\n"
    "    elif [[ $current == -* ]]; then\n"
    "        _websubctl_options \"$command\" \"$current\"\n"
    "    else\n"
    "        [[ -z $command || $command == help ]] &&\n"
    "            _websubctl_commands \"$current\" \"${bare[*]:at}\"\n"
    "        [[ -n $command ]] && {\n"
    "            _websubctl_commands \"$current\" \"$command\"\n"
    "            _websubctl_place \"$command\" $((${#bare[@]} - at)) "
    "\"$current\"\n"
    "        }\n"
    "    fi\n"
    "}\n"
    "\n"
    "_websubctl_commands() { # PREFIX WORDS-BEFORE\n"
    "    local name\n"
    "    for name in \"${_websubctl_names[@]}\"; do\n"
    "        if [[ -z $2 ]]; then\n"
    "            _websubctl_reply \"$1\" \"${name%% *}\"\n"
    "        elif [[ $name == \"$2 \"* ]]; then\n"
    "            _websubctl_reply \"$1\" \"${name#\"$2 \"}\"\n"
    "        fi\n"
    "    done\n"
    "    ((${#COMPREPLY[@]} == 0)) ||\n"
    "        mapfile -t COMPREPLY < <(printf '%s\\n' \"${COMPREPLY[@]}\" |\n"
    "            sort -u)\n"
    "}\n"
    "\n"
    "complete -o nospace -F _websubctl websubctl\n";

static void print_names(void)
{
    const struct command *command;
    puts("# Completion of websubctl for bash, made by: websubctl completion "
         "bash\n");
    puts("_websubctl_names=(");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        if (command->hidden)
            continue;
        fputs("    ", stdout);
        completion_quote(command->name);
        putchar('\n');
    }
    puts(")\n");
    puts("_websubctl_is_command() { # NAME\n"
         "    local name\n"
         "    for name in \"${_websubctl_names[@]}\"; do\n"
         "        [[ $name == \"$1\" ]] && return 0\n"
         "    done\n"
         "    return 1\n"
         "}\n");
}

// ------------------------------------------------------------------ options

static void print_option_names(const struct command_option *options)
{
    for (; options && options->name; options++)
        printf(" --%s%s", options->name, options->value ? "=" : "");
}

static void print_options(void)
{
    const struct command *command;
    fputs("_websubctl_options() { # COMMAND PREFIX\n"
          "    local -a found=(",
          stdout);
    print_option_names(commands_common());
    puts(" )\n    case $1 in");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        if (command->hidden || (!command->options && !command->sort))
            continue;
        fputs("    ", stdout);
        completion_quote(command->name);
        fputs(") found+=(", stdout);
        print_option_names(command->options);
        if (command->sort)
            print_option_names(commands_listing());
        puts(" ) ;;");
    }
    puts("    esac\n    _websubctl_reply \"$2\" \"${found[@]}\"\n}\n");
}

static void print_value(const char *command,
                        const struct command_option *option, const char *words)
{
    printf("    '%s --%s') _websubctl_kind %s '", command, option->name,
           completion_kind(words ? COMMAND_WORD : option->kind));
    if (words || option->kind == COMMAND_WORD)
        completion_words(words ? words : option->value);
    puts("' \"$3\" ;;");
}

static void print_values(const char *command,
                         const struct command_option *options)
{
    for (; options && options->name; options++)
        if (options->value)
            print_value(command, options, NULL);
}

static void print_all_values(void)
{
    const struct command *command;
    puts("_websubctl_value() { # COMMAND OPTION PREFIX\n"
         "    case \"$1 $2\" in");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        if (command->hidden)
            continue;
        print_values(command->name, command->options);
        if (command->sort)
            print_value(command->name, &commands_listing()[1], command->sort);
    }
    puts("    *' --socket') _websubctl_kind file '' \"$3\" "
         ";;\n"
         "    *' --data') _websubctl_kind directory '' \"$3\" ;;\n"
         "    *' --color') _websubctl_kind word 'auto always never' \"$3\" ;;\n"
         "    esac\n"
         "}\n");
    puts("_websubctl_takes() { # COMMAND OPTION\n"
         "    local COMPREPLY=() _websubctl_tail=$2=\n"
         "    _websubctl_options \"$1\" \"$2=\"\n"
         "    ((${#COMPREPLY[@]} > 0))\n"
         "}\n");
}

// ------------------------------------------------------------------- places

static void print_places(void)
{
    const struct command *command;
    puts("_websubctl_place() { # COMMAND INDEX PREFIX\n    case \"$1 $2\" in");
    for (size_t i = 0; (command = commands_at(i)); i++) {
        for (int at = 0; at < COMMAND_PLACES_MAX && !command->hidden; at++) {
            enum command_kind kind = command->places[at];
            if (kind == COMMAND_NOTHING)
                continue;
            printf("    '%s %d') _websubctl_kind %s '", command->name, at,
                   completion_kind(kind));
            if (kind == COMMAND_WORD)
                completion_words(command->words);
            puts("' \"$3\" ;;");
        }
    }
    puts("    esac\n}\n");
}

void completion_bash(void)
{
    print_names();
    print_options();
    print_all_values();
    print_places();
    fputs(script, stdout);
}
