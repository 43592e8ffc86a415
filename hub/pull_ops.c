// SPDX-License-Identifier: MIT

#include "pull_ops.h"

#include "utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum member {
    TOPIC = 1,
    MATCH = 2,
    SINCE = 4,
    LABEL = 8,
    CURSOR = 16,
    SID = 32,
    ID = 64,
    IDS = 128,
    DELAY = 256,
    SECONDS = 512,
};

static const struct {
    const char *name;
    enum member member;
} members[] = {
    { "topic", TOPIC },     { "match", MATCH },   { "since", SINCE },
    { "label", LABEL },     { "cursor", CURSOR }, { "sid", SID },
    { "id", ID },           { "ids", IDS },       { "delay", DELAY },
    { "seconds", SECONDS },
};
enum { MEMBERS = sizeof members / sizeof *members };

// `one_of`: exactly one of these.
static const struct form {
    const char *name;
    enum pull_op_kind kind;
    unsigned places, may_have, one_of;
} forms[] = {
    { "subscribe", PULL_OP_SUBSCRIBE, PULL_OP_EVENTS, SINCE, TOPIC | MATCH },
    { "subscribe", PULL_OP_SUBSCRIBE, PULL_OP_MAILBOX, SINCE | LABEL,
      TOPIC | MATCH },
    { "unsubscribe", PULL_OP_UNSUBSCRIBE, PULL_OP_EVENTS, 0, TOPIC | MATCH },
    { "unsubscribe", PULL_OP_UNSUBSCRIBE, PULL_OP_MAILBOX, 0,
      TOPIC | MATCH | SID },
    { "more", PULL_OP_MORE, PULL_OP_EVENTS | PULL_OP_MAILBOX, 0, 0 },
    { "ping", PULL_OP_PING, PULL_OP_EVENTS | PULL_OP_MAILBOX, 0, 0 },
    { "ack", PULL_OP_ACK, PULL_OP_MAILBOX, 0, ID | IDS | CURSOR },
    { "nack", PULL_OP_NACK, PULL_OP_MAILBOX, DELAY, ID | IDS },
    { "extend", PULL_OP_EXTEND, PULL_OP_MAILBOX, SECONDS, ID | IDS },
    { "touch", PULL_OP_TOUCH, PULL_OP_MAILBOX, 0, 0 },
};
enum { FORMS = sizeof forms / sizeof *forms };

enum {
    TOLD_MAX = 40,
    // Of the log: a URL and a position, both escaped. Reading 64 KiB of JSON
    // takes milliseconds, in which nobody else is served.
    EVENTS_OP_MAX = 16 * 1024,
};

// What is told of a text that may be of any length: whole characters.
static int some_of(const char *text)
{
    size_t len = strnlen(text, TOLD_MAX);
    while (len > 0 && !utf8_valid(text, len))
        len--;
    return (int)len;
}

static bool refuse(char reason[PULL_OP_REASON], const char *sentence)
{
    snprintf(reason, PULL_OP_REASON, "%s", sentence);
    return false;
}

// `name` may be of any length and hold anything but NUL: it is told to who
// sent it.
static bool refuse_member(char reason[PULL_OP_REASON], const char *op,
                          const char *name, const char *sentence)
{
    snprintf(reason, PULL_OP_REASON, "%s: \"%.*s\" %s", op, some_of(name), name,
             sentence);
    return false;
}

static const struct form *find_form(enum pull_op_place place, const char *name)
{
    for (size_t i = 0; i < FORMS; i++)
        if ((forms[i].places & (unsigned)place) != 0
            && strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

static unsigned find_member(const char *name)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].member;
    return 0;
}

static bool read_ids(struct pull_op *op, json_t *from,
                     char reason[PULL_OP_REASON])
{
    size_t count = json_is_array(from) ? json_array_size(from) : 1;
    if (count == 0 || count > PULL_OP_IDS_MAX)
        return refuse(reason, "\"ids\" must be 1 to 1000 strings");
    op->ids = calloc(count, sizeof *op->ids);
    if (!op->ids)
        return refuse(reason, "the hub is out of memory");
    for (size_t i = 0; i < count; i++) {
        json_t *id = json_is_array(from) ? json_array_get(from, i) : from;
        if (!json_is_string(id))
            return refuse(reason, "each id must be a string");
        op->ids[i] = json_string_value(id);
    }
    op->id_count = count;
    return true;
}

static bool read_number(json_t *from, json_int_t max, json_int_t *out)
{
    *out = json_integer_value(from);
    return json_is_integer(from) && *out >= 0 && *out <= max;
}

static const char **string_of(struct pull_op *op, enum member member)
{
    switch (member) {
    case TOPIC:
        return &op->topic;
    case MATCH:
        return &op->match;
    case SINCE:
        return &op->since;
    case LABEL:
        return &op->label;
    case CURSOR:
        return &op->cursor;
    default:
        return NULL;
    }
}

static bool read_member(struct pull_op *op, const struct form *form,
                        const char *name, json_t *from,
                        char reason[PULL_OP_REASON])
{
    unsigned member = find_member(name);
    json_int_t number;
    if ((member & (form->may_have | form->one_of)) == 0)
        return refuse_member(reason, form->name, name, "is not known here");
    if (member == ID && !json_is_string(from))
        return refuse_member(reason, form->name, name, "must be a string");
    if (member == ID || member == IDS)
        return op->ids ? true : read_ids(op, from, reason);
    if (member == SID) {
        if (!read_number(from, INT64_MAX, &number) || number == 0)
            return refuse_member(reason, form->name, name,
                                 "must be a positive number");
        op->sid = (uint64_t)number;
        return true;
    }
    if (member == DELAY || member == SECONDS) {
        if (!read_number(from, PULL_OP_SECONDS_MAX, &number))
            return refuse_member(reason, form->name, name,
                                 "must be a number of 0 to 43200 seconds");
        op->seconds = (unsigned)number;
        return true;
    }
    // A place that is not given may be null, as in POST /events.
    if (member == SINCE && json_is_null(from))
        return true;
    if (!json_is_string(from))
        return refuse_member(reason, form->name, name, "must be a string");
    *string_of(op, (enum member)member) = json_string_value(from);
    return true;
}

static bool read_members(struct pull_op *op, const struct form *form,
                         json_t *root, char reason[PULL_OP_REASON])
{
    const char *name;
    json_t *value;
    unsigned seen = 0;
    json_object_foreach(root, name, value)
    {
        if (strcmp(name, "op") == 0)
            continue;
        if (!read_member(op, form, name, value, reason))
            return false;
        seen |= find_member(name);
    }
    unsigned chosen = seen & form->one_of;
    if (form->one_of == 0 || (chosen != 0 && (chosen & (chosen - 1)) == 0))
        return true;
    size_t len = (size_t)snprintf(reason, PULL_OP_REASON,
                                  "%s: give exactly one of", form->name);
    for (size_t i = 0; i < MEMBERS; i++)
        if (form->one_of & members[i].member)
            len += (size_t)snprintf(reason + len, PULL_OP_REASON - len,
                                    " \"%s\"", members[i].name);
    return false;
}

static json_t *load(const char *text, size_t len, char reason[PULL_OP_REASON])
{
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        snprintf(reason, PULL_OP_REASON, "not a JSON object: %.100s",
                 error.text);
    return root;
}

static bool read_root(enum pull_op_place place, json_t *root,
                      struct pull_op *out, char reason[PULL_OP_REASON])
{
    const char *name = json_string_value(json_object_get(root, "op"));
    if (!json_is_object(root) || !name)
        return refuse(reason, "a message is an object with a text \"op\"");
    const struct form *form = find_form(place, name);
    if (!form) {
        snprintf(reason, PULL_OP_REASON, "unknown op \"%.*s\"", some_of(name),
                 name);
        return false;
    }
    out->kind = form->kind;
    return read_members(out, form, root, reason);
}

bool pull_op_read(enum pull_op_place place, const char *text, size_t len,
                  struct pull_op *out, char reason[PULL_OP_REASON])
{
    struct pull_op op = { 0 };
    if (place == PULL_OP_EVENTS && len > EVENTS_OP_MAX)
        return refuse(reason, "an op of more than 16 KiB");
    json_t *root = load(text, len, reason);
    if (!root)
        return false;
    op.memory = root;
    if (read_root(place, root, &op, reason)) {
        *out = op;
        return true;
    }
    pull_op_clear(&op);
    return false;
}

void pull_op_clear(struct pull_op *op)
{
    free(op->ids);
    json_decref(op->memory);
    *op = (struct pull_op){ 0 };
}
