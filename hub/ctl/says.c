// SPDX-License-Identifier: MIT

#include "says.h"

#include "admin.h"
#include "ctl.h"
#include "show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ABOUT = 32, SENTENCE = 8192 };

static void print(const json_t *answer)
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

int says_ask(const struct ctl *ctl, const struct admin_question *question,
             const char *yes)
{
    struct admin_answer answer;
    int code = CTL_NO;
    if (!admin_ask(ctl, question, &answer))
        return CTL_NO_DAEMON;
    if (answer.status != 200) {
        code = admin_complain(ctl, &answer);
    } else {
        if (json_is_true(json_object_get(answer.json, yes)))
            code = CTL_FINE;
        if (ctl->json)
            puts(answer.text);
        else
            print(answer.json);
    }
    admin_clear(&answer);
    return code;
}
