// SPDX-License-Identifier: MIT

#include "config.h"

#include "mdoc.h"
#include "option.h"

static const char *change_sentence(const struct option *option)
{
    switch (option->change) {
    case OPTION_RESTART:
        return "takes effect at the next start";
    case OPTION_LIVE:
        return "takes effect at a reload";
    case OPTION_QUOTA:
        break;
    }
    return "takes effect at a reload; websubctl quota changes it at once";
}

static void print_option(FILE *to, const struct option *option)
{
    char bounds[OPTION_EXPECTED];
    config_value_bounds(option, bounds);
    fputs(".It Ic", to);
    mdoc_arguments(to, option->name);
    fprintf(to, " = Ar %s\n", config_value_word(option));
    mdoc_sentence(to, option->sentence);
    if (*bounds)
        mdoc_sentence(to, bounds);
    if (*option->fallback) {
        fputs("Default:\n.Ql", to);
        mdoc_arguments(to, option->fallback);
        fputs(" .\n", to);
    }
    mdoc_sentence(to, change_sentence(option));
}

void config_mdoc(FILE *to)
{
    size_t count;
    const struct option *table = option_table(&count);
    fputs(".Bl -tag -width Ds\n", to);
    for (size_t i = 0; i < count; i++)
        print_option(to, &table[i]);
    fputs(".El\n", to);
}
