// SPDX-License-Identifier: MIT

#include "complain.h"

#include "show.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

enum { SENTENCE_MAX = 1024 };

static bool for_programs;

void complain_setup(bool json)
{
    for_programs = json;
}

void complain(const char *format, ...)
{
    char sentence[SENTENCE_MAX], shown[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (!for_programs) {
        fprintf(stderr, "websubctl: %s\n",
                show_text(sentence, shown, sizeof shown));
        return;
    }
    json_t *error = json_pack("{s:s}", "error", sentence);
    // It may have been no UTF-8: a file's name.
    if (error)
        json_dumpf(error, stdout, JSON_COMPACT);
    else
        fputs("{\"error\":\"it failed\"}", stdout);
    putchar('\n');
    json_decref(error);
}
