// SPDX-License-Identifier: MIT

#include "colour.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool on;

static bool terminal_has_them(void)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(never && *never)
           && !(terminal && strcmp(terminal, "dumb") == 0);
}

bool colour_setup(const char *when)
{
    if (!when || strcmp(when, "auto") == 0)
        on = terminal_has_them();
    else if (strcmp(when, "always") == 0)
        on = true;
    else if (strcmp(when, "never") == 0)
        on = false;
    else
        return false;
    return true;
}

bool colour_is_on(void)
{
    return on;
}

const char *colour_begin(enum colour colour)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "",         [COLOUR_STRONG] = "\033[1m",
        [COLOUR_FAINT] = "\033[2m", [COLOUR_GOOD] = "\033[32m",
        [COLOUR_WARN] = "\033[33m", [COLOUR_BAD] = "\033[31m",
    };
    return on ? codes[colour] : "";
}

const char *colour_end(enum colour colour)
{
    return on && colour != COLOUR_NONE ? "\033[0m" : "";
}

enum colour colour_of(const char *state)
{
    static const struct {
        const char *state;
        enum colour colour;
    } states[] = {
        { "active", COLOUR_GOOD },    { "fine", COLOUR_GOOD },
        { "ok", COLOUR_GOOD },        { "passed", COLOUR_GOOD },
        { "delivered", COLOUR_GOOD }, { "lagging", COLOUR_WARN },
        { "waiting", COLOUR_WARN },   { "paused", COLOUR_WARN },
        { "probing", COLOUR_WARN },   { "congested", COLOUR_WARN },
        { "warning", COLOUR_WARN },   { "skipped", COLOUR_FAINT },
        { "stopped", COLOUR_BAD },    { "suspended", COLOUR_BAD },
        { "broken", COLOUR_BAD },     { "failed", COLOUR_BAD },
        { "problem", COLOUR_BAD },
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(state, states[i].state) == 0)
            return states[i].colour;
    return COLOUR_NONE;
}

int colour_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}
