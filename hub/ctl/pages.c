// SPDX-License-Identifier: MIT

#include "pages.h"

#include "complain.h"
#include "pages_sort.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The first page is small, so that it is there at once.
enum { PLACE_MAX = 320, FIRST = 100, PAGE = 200, SORTED_MAX = 200000 };

bool pages_is_place(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef.");
    return len > 0 && len < PLACE_MAX && text[len] == '\0';
}

struct printing {
    const struct ctl *ctl;
    const struct pages *pages;
    struct table *table;
    size_t items;
    bool begun;     // the head of the JSON document is out
    json_t *first;  // of the first page all but the items
    json_t *sorted; // the items so far, for --sort
    char after[PLACE_MAX];
};

static bool ask(const struct printing *printing, struct admin_answer *out)
{
    const struct pages *pages = printing->pages;
    const struct ctl *ctl = printing->ctl;
    size_t max = printing->begun ? PAGE : FIRST;
    char size[24];
    if (!printing->sorted && ctl->limit > 0
        && ctl->limit - printing->items < max)
        max = ctl->limit - printing->items;
    snprintf(size, sizeof size, "%zu", max);
    struct admin_parameter parameters[PAGES_PARAMETERS_MAX + 2] = {
        { "after", *printing->after ? printing->after : NULL },
        { "limit", size },
    };
    for (size_t i = 0; i < pages->parameter_count; i++)
        parameters[2 + i] = pages->parameters[i];
    return admin_ask(ctl,
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
    complain_setup(false);
    const char *name;
    json_t *value;
    putchar('{');
    json_object_foreach(object, name, value)
    {
        if (strcmp(name, list) == 0 || strcmp(name, "next") == 0)
            continue;
        printf("\"%s\":", name);
        json_dumpf(value, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
        putchar(',');
    }
    printf("\"%s\":[", list);
}

static void print_item(struct printing *printing, const json_t *item)
{
    const struct pages *pages = printing->pages;
    if (printing->ctl->json) {
        fputs(printing->items ? ",\n" : "\n", stdout);
        json_dumpf(item, stdout, JSON_COMPACT);
    } else if (printing->table) {
        pages->cells(printing->table, item);
    } else {
        pages->row(item);
    }
    printing->items++;
}

static void print_items(struct printing *printing, const json_t *list)
{
    size_t index, limit = printing->ctl->limit;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        if (limit == 0 || printing->items < limit)
            print_item(printing, item);
    }
    if (printing->table)
        table_flush(printing->table);
    fflush(stdout);
}

static void print_page(struct printing *printing, json_t *object)
{
    const struct pages *pages = printing->pages;
    bool json = printing->ctl->json, first = !printing->begun;
    json_t *list = json_object_get(object, pages->list);
    if (json && first)
        begin_json(object, pages->list);
    printing->begun = true;
    if (printing->sorted)
        json_array_extend(printing->sorted, list);
    else
        print_items(printing, list);
    if (first && !json && pages->more)
        pages->more(object);
    if (first && pages->summary) {
        printing->first = json_incref(object);
        json_object_del(object, pages->list);
    }
}

// There is a next page after a list that was cut.
static void end(const struct printing *printing)
{
    const struct pages *pages = printing->pages;
    bool cut = *printing->after != '\0';
    if (printing->ctl->json && cut)
        printf("],\"next\":\"%s\"}\n", printing->after);
    else if (printing->ctl->json)
        puts("],\"next\":null}");
    else if (printing->items == 0)
        puts(pages->nothing);
    else if (cut)
        printf("%smore with --after=%s%s\n", colour_begin(COLOUR_FAINT),
               printing->after, colour_end(COLOUR_FAINT));
    if (!printing->ctl->json && pages->summary)
        pages->summary(printing->first, printing->items, cut);
}

// Where the next page begins; "": this was the last.
static void read_next(const json_t *object, char after[PLACE_MAX])
{
    const json_t *next = json_object_get(object, "next");
    int len = 0;
    if (json_is_integer(next))
        len = snprintf(after, PLACE_MAX, "%" PRId64,
                       (int64_t)json_integer_value(next));
    else if (json_is_string(next) && pages_is_place(json_string_value(next)))
        len = snprintf(after, PLACE_MAX, "%s", json_string_value(next));
    if (len <= 0 || len >= PLACE_MAX)
        *after = '\0';
}

static bool goes_on(const struct printing *printing)
{
    size_t limit = printing->ctl->limit;
    if (printing->sorted)
        return *printing->after
               && json_array_size(printing->sorted) < SORTED_MAX;
    return *printing->after && (limit == 0 || printing->items < limit);
}

static int print_sorted(struct printing *printing)
{
    const struct ctl *ctl = printing->ctl;
    if (*printing->after) {
        complain("there are more than %d, too many to sort", SORTED_MAX);
        return CTL_NO;
    }
    if (!pages_sort(printing->sorted, ctl->sort, ctl->reverse)) {
        complain("out of memory");
        return CTL_NO;
    }
    print_items(printing, printing->sorted);
    return CTL_FINE;
}

static int print_pages(struct printing *printing)
{
    do {
        struct admin_answer answer;
        if (!ask(printing, &answer))
            return CTL_NO_DAEMON;
        if (answer.status != 200) {
            int code = admin_complain(printing->ctl, &answer);
            admin_clear(&answer);
            return code;
        }
        read_next(answer.json, printing->after);
        print_page(printing, answer.json);
        admin_clear(&answer);
    } while (goes_on(printing));
    if (printing->sorted && print_sorted(printing) != CTL_FINE)
        return CTL_NO;
    end(printing);
    return CTL_FINE;
}

int pages_print(const struct ctl *ctl, const struct pages *pages)
{
    struct printing printing = { .ctl = ctl, .pages = pages };
    if (ctl->after)
        snprintf(printing.after, sizeof printing.after, "%s", ctl->after);
    if (!ctl->json && pages->columns)
        printing.table = table_new(pages->columns, pages->column_count);
    if (ctl->sort)
        printing.sorted = json_array();
    int code = CTL_NO;
    if (ctl->json || !pages->columns || printing.table)
        code = print_pages(&printing);
    table_end(printing.table);
    json_decref(printing.first);
    json_decref(printing.sorted);
    return code;
}
