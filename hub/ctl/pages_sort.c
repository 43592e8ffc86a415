// SPDX-License-Identifier: MIT

#include "pages_sort.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    json_t *item;
    const json_t *value;
    size_t place; // it had
    int sign;     // -1: the other way round
};

static int rank(const json_t *value)
{
    return json_is_number(value) ? 1 : json_is_string(value) ? 2 : 0;
}

static int compare_values(const json_t *a, const json_t *b)
{
    int by_rank = rank(a) - rank(b);
    if (by_rank != 0)
        return by_rank;
    if (json_is_string(a))
        return strcmp(json_string_value(a), json_string_value(b));
    double first = json_number_value(a), second = json_number_value(b);
    return (first > second) - (first < second);
}

static int compare(const void *a, const void *b)
{
    const struct entry *first = a, *second = b;
    int order = first->sign * compare_values(first->value, second->value);
    if (order != 0)
        return order;
    return (first->place > second->place) - (first->place < second->place);
}

bool pages_sort(json_t *items, const char *member, bool reverse)
{
    size_t count = json_array_size(items);
    struct entry *entries = calloc(count + 1, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_incref(json_array_get(items, i));
        entries[i] = (struct entry){
            .item = item,
            .value = json_object_get(item, member),
            .place = i,
            .sign = reverse ? -1 : 1,
        };
    }
    qsort(entries, count, sizeof *entries, compare);
    for (size_t i = 0; i < count; i++)
        json_array_set_new(items, i, entries[i].item);
    free(entries);
    return true;
}
