// SPDX-License-Identifier: MIT

#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_MAX = 64 };

struct printing {
    const struct ctl *ctl;
    const struct pages *pages;
    size_t items;
    bool begun; // the head of the JSON document is out
};

static bool ask(const struct printing *printing, const char *after,
                struct admin_answer *out)
{
    const struct pages *pages = printing->pages;
    struct admin_parameter parameters[PAGES_PARAMETERS_MAX + 2] = {
        { "after", after },
        { "max", "500" },
    };
    for (size_t i = 0; i < pages->parameter_count; i++)
        parameters[2 + i] = pages->parameters[i];
    return admin_ask(printing->ctl,
                     &(struct admin_question){
                         .method = "GET",
                         .path = pages->path,
                         .parameters = parameters,
                         .count = 2 + pages->parameter_count,
                         .timeout_s = 60,
                     },
                     out);
}

// Everything of the first page's object but the list and `next`.
static void begin_json(json_t *object, const char *list)
{
    const char *name;
    json_t *value;
    putchar('{');
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, list) == 0 || strcmp(name, "next") == 0)
            continue;
        printf("\"%s\":", name);
        json_dumpf(value, stdout, JSON_ENCODE_ANY);
        putchar(',');
    }
    printf("\"%s\":[", list);
}

static void print_page(struct printing *printing, json_t *object)
{
    const struct pages *pages = printing->pages;
    bool json = printing->ctl->json, first = !printing->begun;
    if (json && first)
        begin_json(object, pages->list);
    printing->begun = true;

    size_t index;
    json_t *item;
    json_array_foreach(json_object_get(object, pages->list), index, item)
    {
        if (json) {
            fputs(printing->items ? ",\n" : "\n", stdout);
            json_dumpf(item, stdout, JSON_COMPACT);
        } else {
            if (printing->items == 0)
                pages->heading();
            pages->row(item);
        }
        printing->items++;
    }
    if (first && !json && pages->more)
        pages->more(object);
}

static void end(const struct printing *printing)
{
    if (printing->ctl->json)
        puts("],\"next\":null}");
    else if (printing->items == 0)
        puts(printing->pages->nothing);
}

// Where the next page begins. False: this was the last.
static bool read_next(const json_t *object, char after[PLACE_MAX])
{
    const json_t *next = json_object_get(object, "next");
    int len = 0;
    if (json_is_integer(next))
        len = snprintf(after, PLACE_MAX, "%" PRId64,
                       (int64_t)json_integer_value(next));
    else if (json_is_string(next))
        len = snprintf(after, PLACE_MAX, "%s", json_string_value(next));
    return len > 0 && len < PLACE_MAX;
}

int pages_print(const struct ctl *ctl, const struct pages *pages)
{
    struct printing printing = { .ctl = ctl, .pages = pages };
    char after[PLACE_MAX] = "";
    for (bool more = true; more;) {
        struct admin_answer answer;
        if (!ask(&printing, *after ? after : NULL, &answer))
            return CTL_NO_DAEMON;
        if (answer.status != 200) {
            int code = admin_complain(ctl, &answer);
            admin_clear(&answer);
            return code;
        }
        print_page(&printing, answer.json);
        more = read_next(answer.json, after);
        admin_clear(&answer);
    }
    end(&printing);
    return CTL_FINE;
}
