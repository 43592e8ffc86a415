// SPDX-License-Identifier: MIT

#include "config.h"

#include "literal.h"
#include "option.h"
#include "publisher_key.h"

#include <string.h>

// What stands after the equals sign.
const char *config_value_word(const struct option *option)
{
    switch (option->kind) {
    case OPTION_TIME:
        return "TIME";
    case OPTION_SIZE:
        return "SIZE";
    case OPTION_COUNT:
        return "NUMBER";
    case OPTION_SWITCH:
    case OPTION_CHOICE:
        return "WORD";
    case OPTION_TEXT:
    case OPTION_LIST:
        break;
    }
    if (option->check == literal_check_port)
        return "ADDR:PORT";
    if (option->check == literal_check_range)
        return "RANGE";
    if (option->check == literal_check_domain)
        return "DOMAIN";
    if (option->check == literal_check_origin)
        return "ORIGIN";
    if (option->check == publisher_key_check)
        return "KEY";
    if (strcmp(option->name, "ignore") == 0)
        return "RULE";
    return option->check == literal_check_base ? "URL" : "PATH";
}

static const char *change_word(const struct option *option)
{
    static const char *const words[] = {
        [OPTION_RESTART] = "restart",
        [OPTION_LIVE] = "live",
        [OPTION_QUOTA] = "live, quota",
    };
    return words[option->change];
}

// Bounds or words; the shape of a text is told by its word.
void config_value_bounds(const struct option *option,
                         char bounds[OPTION_EXPECTED])
{
    if (option->kind == OPTION_LIST)
        snprintf(bounds, OPTION_EXPECTED, "repeatable");
    else if (option->kind == OPTION_TEXT)
        bounds[0] = '\0';
    else
        option_expected(option, bounds);
}

void config_help(FILE *to)
{
    fputs("Usage: websubd [-c FILE] [--NAME=VALUE]...\n"
          "\n"
          "A WebSub hub. Runs in the foreground and logs to stderr.\n"
          "\n"
          "  -c FILE, --config=FILE\n"
          "        read options from a file, one `name = value` a line\n"
          "  --check     say whether all options are fine, and end\n"
          "  --manual[=mdoc]\n"
          "        print all options as they stand in the manuals\n"
          "  --version, --help\n"
          "\n"
          "Options, in the file or on the command line, which wins. Times\n"
          "take ms, s, m, h or d, sizes KiB, MiB, GiB or TiB.\n"
          "\n",
          to);
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &table[i];
        char bounds[OPTION_EXPECTED];
        config_value_bounds(option, bounds);
        fprintf(to, "  --%s=%s\n        %s\n", option->name,
                config_value_word(option), option->sentence);
        if (*bounds)
            fprintf(to, "        %s\n", bounds);
        if (*option->fallback)
            fprintf(to, "        default: %s\n", option->fallback);
    }
}

void config_manual(FILE *to)
{
    fputs("# Options of websubd\n"
          "\n"
          "In the file of `-c FILE`, one `name = value` a line, or on the "
          "command line as\n`--name=value`, which wins. Times take `ms`, "
          "`s`, `m`, `h` or `d`, sizes `KiB`, `MiB`,\n`GiB` or `TiB`. A "
          "repeatable option may be given up to 64 times.\nMade by `websubd "
          "--manual`.\n"
          "\n"
          "Those that are live change with a reload (`websubctl reload`), the "
          "others with a\nrestart; a quota may be set while the hub runs "
          "(`websubctl quota set`).\n"
          "\n"
          "| option | default | what it is | bounds | changes |\n"
          "| --- | --- | --- | --- | --- |\n",
          to);
    size_t count;
    const struct option *table = option_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &table[i];
        char bounds[OPTION_EXPECTED];
        config_value_bounds(option, bounds);
        const char *tick = *option->fallback ? "`" : "";
        fprintf(to, "| `%s=%s` | %s%s%s | %s | %s | %s |\n", option->name,
                config_value_word(option), tick, option->fallback, tick,
                option->sentence, bounds, change_word(option));
    }
}
