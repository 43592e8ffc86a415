// SPDX-License-Identifier: MIT

#include "says.h"

#include "show.h"

#include <stdio.h>
#include <string.h>

enum { ABOUT = 32, SENTENCE = 8192 };

void says_print(const json_t *answer)
{
    char about[ABOUT], last[ABOUT] = "", sentence[SENTENCE];
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(answer, "says"), index, one)
    {
        show_text(show_string(one, "about"), about, sizeof about);
        printf("%-14s%s\n", strcmp(about, last) == 0 ? "" : about,
               show_text(show_string(one, "text"), sentence, sizeof sentence));
        snprintf(last, sizeof last, "%s", about);
    }
}
