// SPDX-License-Identifier: MIT

#include "pages.h"

#include "admin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct printing {
    const struct ctl *ctl;
    const struct pages *pages;
    size_t items;
    bool begun; // the head of the JSON document is out
};

static bool ask(const struct printing *printing, const char *after,
                struct admin_answer *out)
{
    struct admin_parameter parameters[] = {
        { printing->pages->name, printing->pages->value },
        { "after", after },
        { "max", "500" },
    };
    return admin_ask(printing->ctl,
                     &(struct admin_question){
                         .method = "GET",
                         .path = printing->pages->path,
                         .parameters = parameters,
                         .count = sizeof parameters / sizeof *parameters,
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
        if (!json_is_string(value))
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
    bool json = printing->ctl->json;
    if (json && !printing->begun)
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
}

static void end(const struct printing *printing)
{
    if (printing->ctl->json)
        puts("],\"next\":null}");
    else if (printing->items == 0)
        puts(printing->pages->nothing);
}

int pages_print(const struct ctl *ctl, const struct pages *pages)
{
    struct printing printing = { .ctl = ctl, .pages = pages };
    char after[24] = "";
    for (;;) {
        struct admin_answer answer;
        if (!ask(&printing, *after ? after : NULL, &answer))
            return CTL_NO_DAEMON;
        if (answer.status != 200) {
            int code = admin_complain(ctl, &answer);
            admin_clear(&answer);
            return code;
        }
        print_page(&printing, answer.json);
        json_t *next = json_object_get(answer.json, "next");
        bool more = json_is_integer(next);
        if (more)
            snprintf(after, sizeof after, "%" PRId64,
                     (int64_t)json_integer_value(next));
        admin_clear(&answer);
        if (!more)
            break;
    }
    end(&printing);
    return CTL_FINE;
}
