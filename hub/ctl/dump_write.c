// SPDX-License-Identifier: MIT

#include "dump_json.h"

#include "base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *hex_of(const unsigned char *at, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char text[128];
    size_t len = 0;
    for (size_t i = 0; i < size && len + 2 < sizeof text; i++) {
        text[len++] = digits[at[i] >> 4];
        text[len++] = digits[at[i] & 15];
    }
    return json_stringn(text, len);
}

static json_t *number_of(const unsigned char *at, enum field_kind kind)
{
    uint64_t u64;
    uint32_t u32;
    int32_t i32;
    int64_t i64;
    switch (kind) {
    case FIELD_U64:
        memcpy(&u64, at, sizeof u64);
        return json_integer((json_int_t)u64);
    case FIELD_U32:
        memcpy(&u32, at, sizeof u32);
        return json_integer((json_int_t)u32);
    case FIELD_I32:
        memcpy(&i32, at, sizeof i32);
        return json_integer((json_int_t)i32);
    default:
        memcpy(&i64, at, sizeof i64);
        return json_integer((json_int_t)i64);
    }
}

static json_t *random_of(const unsigned char *at)
{
    char text[24];
    uint64_t number;
    memcpy(&number, at, sizeof number);
    snprintf(text, sizeof text, "%016llx", (unsigned long long)number);
    return json_string(text);
}

static unsigned choice_of(const unsigned char *at)
{
    unsigned choice;
    memcpy(&choice, at, sizeof choice);
    return choice;
}

// The word with that number. Its length; 0: there is none.
static size_t find_word(const char **words, unsigned number)
{
    for (; number > 0 && *words; number--) {
        const char *bar = strchr(*words, '|');
        *words = bar ? bar + 1 : NULL;
    }
    return *words ? strcspn(*words, "|") : 0;
}

static json_t *word_of(const unsigned char *at, const char *words)
{
    size_t len = find_word(&words, choice_of(at));
    return len > 0 ? json_stringn(words, len) : NULL;
}

static json_t *rights_of(const unsigned char *at, const char *words)
{
    unsigned rights = choice_of(at);
    json_t *list = json_array();
    for (unsigned i = 0; rights >> i != 0; i++) {
        const char *word = words;
        size_t len = find_word(&word, i);
        if (rights >> i & 1 && len > 0)
            json_array_append_new(list, json_stringn(word, len));
    }
    return list;
}

static json_t *data_of(struct bytes bytes)
{
    size_t size = base64_size(bytes.len);
    char *text = malloc(size);
    if (!text)
        return NULL;
    size_t len = base64_write(bytes, text);
    json_t *data = json_stringn(text, len);
    free(text);
    return data;
}

static json_t *text_of(struct bytes bytes)
{
    json_t *text = json_stringn(bytes.at, bytes.len);
    // It has control bytes that JSON could say, or is no UTF-8.
    return text ? text : json_pack("{s:o}", "base64", data_of(bytes));
}

static struct bytes bytes_of(const unsigned char *at)
{
    struct bytes bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static bool is_blank(const unsigned char *from, const struct field *field)
{
    static const unsigned char zeros[64];
    size_t size = field->size;
    switch (field->kind) {
    case FIELD_U64:
    case FIELD_HEX:
    case FIELD_TIME:
        size = sizeof(uint64_t);
        break;
    case FIELD_BOOL:
        size = sizeof(bool);
        break;
    case FIELD_TEXT:
    case FIELD_DATA:
        return bytes_of(from + field->at).len == 0;
    case FIELD_LIST:
        return memcmp(from + field->count_at, zeros, sizeof(size_t)) == 0;
    case FIELD_BYTES:
        break;
    default:
        size = sizeof(uint32_t);
        break;
    }
    return size <= sizeof zeros && memcmp(from + field->at, zeros, size) == 0;
}

// Of anything but a list.
static json_t *plain_of(const unsigned char *from, const struct field *field)
{
    const unsigned char *at = from + field->at;
    switch (field->kind) {
    case FIELD_HEX:
        return random_of(at);
    case FIELD_BOOL:
        return json_true(); // else it is left out
    case FIELD_WORD:
        return word_of(at, field->words);
    case FIELD_RIGHTS:
        return rights_of(at, field->words);
    case FIELD_BYTES:
        return hex_of(at, field->size);
    case FIELD_TEXT:
        return text_of(bytes_of(at));
    case FIELD_DATA:
        return data_of(bytes_of(at));
    default:
        return number_of(at, field->kind);
    }
}

typedef json_t *value_maker(const unsigned char *from,
                            const struct field *field);

// NULL: no memory.
static json_t *fields_of(json_t *object, const unsigned char *from,
                         const struct field *fields, size_t count,
                         value_maker *value_of)
{
    for (size_t i = 0; object && i < count; i++)
        if (!is_blank(from, &fields[i])
            && json_object_set_new_nocheck(object, fields[i].name,
                                           value_of(from, &fields[i]))
                   != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

// Its items have no lists themselves.
static json_t *list_of(const unsigned char *from, const struct field *field)
{
    const unsigned char *items = from + field->at;
    json_t *list = json_array();
    size_t count;
    memcpy(&count, from + field->count_at, sizeof count);
    if (field->pointed)
        memcpy(&items, from + field->at, sizeof items);
    bool bare = field->item_count == 1 && field->items[0].name[0] == '\0';
    for (size_t i = 0; list && i < count; i++) {
        const unsigned char *item = items + i * field->size;
        json_t *one = bare ? hex_of(item, field->items[0].size)
                           : fields_of(json_object(), item, field->items,
                                       field->item_count, plain_of);
        if (json_array_append_new(list, one) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *any_of(const unsigned char *from, const struct field *field)
{
    return field->kind == FIELD_LIST ? list_of(from, field)
                                     : plain_of(from, field);
}

json_t *dump_json_write(const struct dump_record *record)
{
    const struct record_kind *kind = dump_fields(record->kind);
    const unsigned char *from = (const unsigned char *)&record->store;
    return fields_of(json_pack("{s:s}", "kind", kind->name), from, kind->fields,
                     kind->count, any_of);
}
