// SPDX-License-Identifier: MIT

#include "dump_json.h"

#include "base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_NAME = 60 };

struct reading {
    struct dump_json *holder;
    struct problem *problem;
    const char *kind;
};

static bool refuse(const struct reading *reading, const char *name,
                   const char *why)
{
    snprintf(reading->problem->text, sizeof reading->problem->text,
             "%.*s of a %s %s", MESSAGE_NAME, name, reading->kind, why);
    return false;
}

static void *hold(struct dump_json *holder, size_t size)
{
    void *at = holder->held_count < DUMP_JSON_HELD_MAX ? malloc(size) : NULL;
    if (at)
        holder->held[holder->held_count++] = at;
    return at;
}

void dump_json_release(struct dump_json *holder)
{
    while (holder->held_count > 0)
        free(holder->held[--holder->held_count]);
}

static int digit_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_hex(const json_t *value, unsigned char *to, size_t size)
{
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool read_random(const json_t *value, unsigned char *to)
{
    unsigned char bytes[8];
    uint64_t number = 0;
    if (!read_hex(value, bytes, sizeof bytes))
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        number = number << 8 | bytes[i];
    memcpy(to, &number, sizeof number);
    return true;
}

static bool read_number(const json_t *value, enum field_kind kind,
                        unsigned char *to)
{
    if (!json_is_integer(value))
        return false;
    int64_t number = json_integer_value(value);
    uint64_t u64 = (uint64_t)number;
    uint32_t u32 = (uint32_t)number;
    int32_t i32 = (int32_t)number;
    switch (kind) {
    case FIELD_U64:
        memcpy(to, &u64, sizeof u64);
        return number >= 0;
    case FIELD_U32:
        memcpy(to, &u32, sizeof u32);
        return number >= 0 && number <= UINT32_MAX;
    case FIELD_I32:
        memcpy(to, &i32, sizeof i32);
        return number >= INT32_MIN && number <= INT32_MAX;
    default:
        memcpy(to, &number, sizeof number);
        return number >= -1;
    }
}

// Below zero: it is none of them.
static int number_of_word(const char *words, const char *wanted)
{
    size_t len = strlen(wanted);
    for (int number = 0; words; number++) {
        const char *bar = strchr(words, '|');
        if (strcspn(words, "|") == len && strncmp(words, wanted, len) == 0)
            return number;
        words = bar ? bar + 1 : NULL;
    }
    return -1;
}

static bool read_word(const json_t *value, const char *words, unsigned char *to)
{
    const char *text = json_string_value(value);
    int number = text ? number_of_word(words, text) : -1;
    unsigned choice = (unsigned)number;
    memcpy(to, &choice, sizeof choice);
    return number >= 0;
}

static bool read_rights(const json_t *value, const char *words,
                        unsigned char *to)
{
    unsigned rights = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        int number = text ? number_of_word(words, text) : -1;
        if (number < 0)
            return false;
        rights |= 1U << (unsigned)number;
    }
    memcpy(to, &rights, sizeof rights);
    return json_is_array(value);
}

static bool read_data(struct reading *reading, const json_t *value,
                      uint64_t max, struct bytes *out)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (!text || len > base64_size((size_t)max))
        return false;
    char *at = hold(reading->holder, len + 1);
    size_t size;
    if (!at || !base64_read(text, len, at, &size) || size > max)
        return false;
    at[size] = '\0';
    *out = (struct bytes){ at, size };
    return true;
}

static bool read_text(struct reading *reading, const json_t *value,
                      uint64_t max, struct bytes *out)
{
    if (json_is_object(value) && json_object_size(value) == 1)
        return read_data(reading, json_object_get(value, "base64"), max, out);
    *out =
        (struct bytes){ json_string_value(value), json_string_length(value) };
    return out->at && out->len <= max;
}

static bool read_bytes(struct reading *reading, const json_t *value,
                       const struct field *field, unsigned char *to)
{
    struct bytes bytes;
    bool good = field->kind == FIELD_TEXT
                    ? read_text(reading, value, field->max, &bytes)
                    : read_data(reading, value, field->max, &bytes);
    if (good)
        memcpy(to, &bytes, sizeof bytes);
    return good;
}

// Anything but a list.
static bool read_plain(struct reading *reading, const json_t *value,
                       const struct field *field, unsigned char *to)
{
    unsigned char *at = to + field->at;
    bool truth = json_is_true(value);
    switch (field->kind) {
    case FIELD_HEX:
        return read_random(value, at);
    case FIELD_BOOL:
        memcpy(at, &truth, sizeof truth);
        return json_is_boolean(value);
    case FIELD_WORD:
        return read_word(value, field->words, at);
    case FIELD_RIGHTS:
        return read_rights(value, field->words, at);
    case FIELD_BYTES:
        return read_hex(value, at, field->size);
    case FIELD_TEXT:
    case FIELD_DATA:
        return read_bytes(reading, value, field, at);
    default:
        return read_number(value, field->kind, at);
    }
}

// What is left out is empty, but never no text at all.
static void blank(const struct field *fields, size_t count, unsigned char *to)
{
    static const struct bytes none = { "", 0 };
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == FIELD_TEXT || fields[i].kind == FIELD_DATA)
            memcpy(to + fields[i].at, &none, sizeof none);
}

static const struct field *find_field(const struct field *fields, size_t count,
                                      const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

typedef bool value_reader(struct reading *reading, const json_t *value,
                          const struct field *field, unsigned char *to);

static bool read_fields(struct reading *reading, const json_t *object,
                        const struct field *fields, size_t count,
                        unsigned char *to, value_reader *read_value)
{
    // jansson iterates over what it could also change.
    union {
        const json_t *in;
        json_t *out;
    } whole = { .in = object };
    const char *name;
    json_t *value;
    blank(fields, count, to);
    if (!json_is_object(object))
        return refuse(reading, "a part", "is no object");
    json_object_foreach(whole.out, name, value)
    {
        const struct field *field = find_field(fields, count, name);
        if (!field && strcmp(name, "kind") == 0)
            continue;
        if (!field)
            return refuse(reading, name, "is not known");
        if (read_value(reading, value, field, to))
            continue;
        return reading->problem->text[0] == '\0'
                   ? refuse(reading, name, "is not what it should be")
                   : false;
    }
    return true;
}

// They have no lists themselves.
static bool read_items(struct reading *reading, const json_t *list,
                       const struct field *field, unsigned char *items)
{
    bool bare = field->item_count == 1 && field->items[0].name[0] == '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        unsigned char *item = items + i * field->size;
        if (bare ? !read_hex(one, item, field->items[0].size)
                 : !read_fields(reading, one, field->items, field->item_count,
                                item, read_plain))
            return false;
    }
    return true;
}

static bool read_list(struct reading *reading, const json_t *list,
                      const struct field *field, unsigned char *to)
{
    size_t count = json_array_size(list);
    unsigned char *items = to + field->at;
    if (!json_is_array(list) || count > field->max)
        return false;
    if (field->pointed) {
        items = hold(reading->holder, (count + 1) * field->size);
        if (!items)
            return false;
        memset(items, 0, (count + 1) * field->size);
        memcpy(to + field->at, &items, sizeof items);
    }
    memcpy(to + field->count_at, &count, sizeof count);
    return read_items(reading, list, field, items);
}

static bool read_any(struct reading *reading, const json_t *value,
                     const struct field *field, unsigned char *to)
{
    return field->kind == FIELD_LIST ? read_list(reading, value, field, to)
                                     : read_plain(reading, value, field, to);
}

bool dump_json_read(struct dump_json *holder, const json_t *root,
                    struct dump_record *out, struct problem *problem)
{
    const char *name = json_string_value(json_object_get(root, "kind"));
    struct reading reading = { holder, problem, name };
    memset(out, 0, sizeof *out);
    problem->text[0] = '\0';
    out->kind = name ? dump_kind_named(name) : (enum dump_kind)0;
    const struct record_kind *kind = dump_fields(out->kind);
    if (!kind) {
        snprintf(problem->text, sizeof problem->text,
                 "it has no kind, or one that is not known");
        return false;
    }
    return read_fields(&reading, root, kind->fields, kind->count,
                       (unsigned char *)&out->store, read_any);
}
