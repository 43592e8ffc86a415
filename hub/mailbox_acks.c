// SPDX-License-Identifier: MIT

#include "mailbox_acks.h"

#include "ack_id.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static bool refuse(
    struct mailbox_acks *acks, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(acks->problem, sizeof acks->problem, format, arguments);
    va_end(arguments);
    return false;
}

static bool make_room(struct mailbox_acks *acks, size_t count)
{
    if (count > MAILBOX_ACKS_MAX)
        return refuse(acks, "more than %d letters at a time", MAILBOX_ACKS_MAX);
    if (count == 0)
        return true;
    acks->items = calloc(count, sizeof *acks->items);
    acks->ids = calloc(count, sizeof *acks->ids);
    return acks->items && acks->ids;
}

static bool add(struct mailbox_acks *acks, struct seal *seal, const char *id,
                const struct store_marking *marking, const char *name)
{
    struct store_marking *item = &acks->items[acks->count];
    size_t len = id ? strlen(id) : 0;
    *item = *marking;
    if (!id || len >= sizeof *acks->ids
        || !ack_id_read(seal, id, len, &item->number, &item->claim))
        return refuse(acks, "%s[%zu] is not the ack_id of a letter", name,
                      acks->count);
    memcpy(acks->ids[acks->count++], id, len + 1);
    return true;
}

// --------------------------------------------------------------------- JSON

struct list {
    const char *name, *member; // of an object beside its id; NULL: none
    enum store_mark mark;
    bool needed; // that member is
};

static const struct list lists[] = {
    { "ack", NULL, STORE_MARK_ACK, false },
    { "nack", "delay", STORE_MARK_NACK, false },
    { "extend", "seconds", STORE_MARK_EXTEND, true },
};
enum { LISTS = sizeof lists / sizeof *lists };

// ID, or {"id": ID, "delay": 5}.
static bool read_item(struct mailbox_acks *acks, const struct list *list,
                      json_t *value, const char **id, int64_t *delay)
{
    const char *key;
    json_t *item;
    bool told = false;
    *id = json_string_value(value);
    *delay = 0;
    json_object_foreach(value, key, item)
    {
        if (strcmp(key, "id") == 0) {
            *id = json_string_value(item);
            continue;
        }
        if (!list->member || strcmp(key, list->member) != 0)
            return refuse(acks, "%s: %.40s is not known here", list->name, key);
        int64_t seconds = json_integer_value(item);
        if (!json_is_integer(item) || seconds < list->needed
            || seconds > MAILBOX_DELAY_MAX_S)
            return refuse(acks, "%s: %s is not a whole number from %d to %d",
                          list->name, key, (int)list->needed,
                          MAILBOX_DELAY_MAX_S);
        *delay = seconds * 1000;
        told = true;
    }
    if (list->needed && !told)
        return refuse(acks, "%s: %s is missing", list->name, list->member);
    return true;
}

static bool read_list(struct mailbox_acks *acks, struct seal *seal,
                      const struct list *list, json_t *value)
{
    size_t index;
    json_t *item;
    json_array_foreach(value, index, item)
    {
        struct store_marking marking = { .mark = list->mark };
        const char *id;
        if (!read_item(acks, list, item, &id, &marking.delay)
            || !add(acks, seal, id, &marking, list->name))
            return false;
    }
    return true;
}

static bool read_cursor(struct mailbox_acks *acks, json_t *value)
{
    const char *text = json_string_value(value);
    if (!value)
        return true;
    if (!text || !*text || strlen(text) >= sizeof acks->cursor)
        return refuse(acks, "cursor is not a cursor of this hub");
    memcpy(acks->cursor, text, strlen(text) + 1);
    return true;
}

static bool read_root(struct mailbox_acks *acks, struct seal *seal,
                      json_t *root)
{
    const char *key;
    json_t *value;
    size_t count = 0;
    json_object_foreach(root, key, value)
    {
        size_t i = 0;
        while (i < LISTS && strcmp(lists[i].name, key) != 0)
            i++;
        if (i == LISTS && strcmp(key, "cursor") != 0)
            return refuse(acks, "%.40s is not ack, nack, extend or cursor",
                          key);
        if (i < LISTS && !json_is_array(value))
            return refuse(acks, "%s is not an array", key);
        count += json_array_size(value);
    }
    if (!make_room(acks, count)
        || !read_cursor(acks, json_object_get(root, "cursor")))
        return false;
    for (size_t i = 0; i < LISTS; i++)
        if (!read_list(acks, seal, &lists[i],
                       json_object_get(root, lists[i].name)))
            return false;
    return acks->count > 0 || acks->cursor[0]
           || refuse(acks, "nothing is said: ack, nack, extend or cursor");
}

static bool finish(struct mailbox_acks *acks, bool fine)
{
    if (!fine) {
        free(acks->items);
        free(acks->ids);
        acks->items = NULL;
        acks->ids = NULL;
        acks->count = 0;
    }
    return fine;
}

bool mailbox_acks_read(struct seal *seal, const char *text, size_t len,
                       struct mailbox_acks *out)
{
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    *out = (struct mailbox_acks){ 0 };
    if (!root)
        return refuse(out, "the body is not JSON: line %d: %s", error.line,
                      error.text);
    bool fine = json_is_object(root)
                    ? read_root(out, seal, root)
                    : refuse(out, "the body is not a JSON object");
    json_decref(root);
    return finish(out, fine);
}

// ------------------------------------------------------------------- others

bool mailbox_acks_of(struct seal *seal, const struct pull_op *op,
                     struct mailbox_acks *out)
{
    struct store_marking marking = {
        .mark = op->kind == PULL_OP_ACK    ? STORE_MARK_ACK
                : op->kind == PULL_OP_NACK ? STORE_MARK_NACK
                                           : STORE_MARK_EXTEND,
        .delay = (int64_t)op->seconds * 1000,
    };
    *out = (struct mailbox_acks){ 0 };
    bool fine = make_room(out, op->id_count);
    for (size_t i = 0; fine && i < op->id_count; i++)
        fine = add(out, seal, op->ids[i], &marking, "ids");
    if (fine && op->cursor) {
        fine = strlen(op->cursor) < sizeof out->cursor
               || refuse(out, "cursor is not a cursor of this hub");
        if (fine)
            memcpy(out->cursor, op->cursor, strlen(op->cursor) + 1);
    }
    return finish(out, fine);
}

bool mailbox_acks_one(struct seal *seal, const char *id,
                      struct mailbox_acks *out)
{
    const struct store_marking marking = { .mark = STORE_MARK_ACK };
    *out = (struct mailbox_acks){ 0 };
    return finish(out,
                  make_room(out, 1) && add(out, seal, id, &marking, "ack"));
}

void mailbox_acks_clear(struct mailbox_acks *acks)
{
    (void)finish(acks, false);
}

json_t *mailbox_acks_results(const struct mailbox_acks *acks)
{
    json_t *list = json_array();
    for (size_t i = 0; i < acks->count; i++) {
        bool good = acks->items[i].result == STORE_OK;
        json_t *item = json_pack("{s:s, s:s}", "id", acks->ids[i], "result",
                                 good ? "ok" : "stale");
        if (json_array_append_new(list, item) == 0)
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}
