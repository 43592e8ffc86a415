// SPDX-License-Identifier: MIT

#include "jsoncanon.h"

#include "strip.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member {
    const char *name;
    const json_t *value;
};

bool jsoncanon_open(struct jsoncanon *canon, const struct noise *noise)
{
    *canon = (struct jsoncanon){ .noise = noise };
    return digest_open(&canon->digest);
}

void jsoncanon_close(struct jsoncanon *canon)
{
    digest_close(&canon->digest);
    pool_clear(&canon->out);
}

bool jsoncanon_failed(const struct jsoncanon *canon)
{
    return canon->no_memory || canon->digest.failed || canon->out.failed;
}

// With its length, for any character can be in it.
static void write_text(struct jsoncanon *canon, char kind, const char *text,
                       size_t len, const struct noise *noise)
{
    struct pool *out = &canon->out;
    uint64_t left = len;
    size_t at = out->len;
    pool_add(out, &kind, 1);
    pool_add(out, &left, sizeof left);
    pool_add(out, text, len);
    if (noise == NULL || out->failed)
        return;
    char *copy = out->bytes + at + 1 + sizeof left;
    left = strip_text(noise, copy, len);
    memcpy(out->bytes + at + 1, &left, sizeof left);
    out->len = at + 1 + sizeof left + (size_t)left;
}

static void write_real(struct jsoncanon *canon, double value)
{
    char text[40];
    // 1.0 and 1 are one number.
    bool whole =
        value > -9e15 && value < 9e15 && (double)(long long)value == value;
    int len = whole ? snprintf(text, sizeof text, "%lld", (long long)value)
                    : snprintf(text, sizeof text, "%.17g", value);
    write_text(canon, 'n', text, (size_t)len, NULL);
}

static void write_integer(struct jsoncanon *canon, json_int_t value)
{
    char text[40];
    int len = snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, value);
    write_text(canon, 'n', text, (size_t)len, NULL);
}

static int compare(const void *left, const void *right)
{
    const struct member *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static void write_value(struct jsoncanon *canon, const json_t *value,
                        const struct noise *noise);

// NOLINTNEXTLINE(misc-no-recursion): no deeper than jansson reads, 2048 levels
static void write_object(struct jsoncanon *canon, const json_t *object,
                         const struct noise *noise)
{
    // The iterators of jansson want what they do not change to be changeable.
    union {
        const json_t *given;
        json_t *wanted;
    } same = { object };
    size_t count = 0;
    struct member *members =
        calloc(json_object_size(object) + 1, sizeof *members);
    if (members == NULL) {
        canon->no_memory = true;
        return;
    }
    const char *name;
    json_t *value;
    json_object_foreach(same.wanted, name, value) if (!json_is_null(value))
        members[count++] = (struct member){ name, value };
    qsort(members, count, sizeof *members, compare);
    pool_add(&canon->out, "{", 1);
    for (size_t i = 0; i < count; i++) {
        write_text(canon, 'm', members[i].name, strlen(members[i].name), NULL);
        write_value(canon, members[i].value, noise);
    }
    pool_add(&canon->out, "}", 1);
    free(members);
}

// NOLINTNEXTLINE(misc-no-recursion): no deeper than jansson reads, 2048 levels
static void write_value(struct jsoncanon *canon, const json_t *value,
                        const struct noise *noise)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(canon, value, noise);
        break;
    case JSON_ARRAY:
        pool_add(&canon->out, "[", 1);
        for (size_t i = 0; i < json_array_size(value); i++)
            write_value(canon, json_array_get(value, i), noise);
        pool_add(&canon->out, "]", 1);
        break;
    case JSON_STRING:
        write_text(canon, 's', json_string_value(value),
                   json_string_length(value), noise);
        break;
    case JSON_INTEGER:
        write_integer(canon, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(canon, json_real_value(value));
        break;
    case JSON_TRUE:
        pool_add(&canon->out, "t", 1);
        break;
    case JSON_FALSE:
        pool_add(&canon->out, "f", 1);
        break;
    case JSON_NULL:
        pool_add(&canon->out, "0", 1);
        break;
    }
}

void jsoncanon_digest(struct jsoncanon *canon, const json_t *value,
                      bool without_noise, uint8_t out[DIGEST_SIZE])
{
    canon->out.len = 0;
    write_value(canon, value, without_noise ? canon->noise : NULL);
    digest_of(&canon->digest, 'j', canon->out.bytes, canon->out.len, out);
}
