// SPDX-License-Identifier: MIT

#include "form.h"

#include "fetcher/hex.h"
#include "utf8.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_NAME_MAX = 40 };

// NULL, or what is wrong with text[len]. Decoded to *to, which moves on past
// a NUL. Never longer than the text, plus that NUL.
static const char *decode(const char *text, size_t len, bool any_bytes,
                          char **to)
{
    char *start = *to;
    char *out = start;

    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '+')
            c = ' ';
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return "has a broken %-escape";
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' && !any_bytes)
            return "has a NUL byte";
        *out++ = c;
    }
    if (!any_bytes && !utf8_valid(start, (size_t)(out - start)))
        return "is not UTF-8";
    *out++ = '\0';
    *to = out;
    return NULL;
}

// A name as it may be shown to its sender: reflected input is cut and kept
// to plain characters (R26).
static bool showable(const char *name)
{
    size_t len = strnlen(name, SHOWN_NAME_MAX + 1);
    if (len == 0 || len > SHOWN_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~' || strchr("<>&\"'", name[i]))
            return false;
    return true;
}

static bool read_pair(const char *pair, size_t len, char **to,
                      struct form_field *field, char *problem)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;
    const char *value = equals ? equals + 1 : pair + len;
    size_t value_len = equals ? len - name_len - 1 : 0;

    field->name = *to;
    const char *wrong = decode(pair, name_len, false, to);
    if (wrong) {
        snprintf(problem, FORM_PROBLEM_MAX, "a parameter's name %s", wrong);
        return false;
    }
    field->value = *to;
    wrong = decode(value, value_len, form_holds_document(field), to);
    if (wrong) {
        snprintf(problem, FORM_PROBLEM_MAX, "%s %s",
                 showable(field->name) ? field->name : "a parameter", wrong);
        return false;
    }
    field->value_len = (size_t)(*to - field->value) - 1;
    return true;
}

static size_t count_pairs(const char *text, size_t len)
{
    size_t count = 1;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '&';
    return count;
}

static bool read_pairs(const char *text, size_t len, size_t room,
                       struct form *form, char *problem)
{
    char *to = form->memory;
    const char *end = text + len;

    for (const char *at = text; at < end;) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        size_t pair_len = (size_t)((stop ? stop : end) - at);
        if (pair_len > 0) {
            if (form->count == room) {
                snprintf(problem, FORM_PROBLEM_MAX, "too many parameters");
                return false;
            }
            if (!read_pair(at, pair_len, &to, &form->fields[form->count],
                           problem))
                return false;
            form->count++;
        }
        at += pair_len + 1;
    }
    return true;
}

bool form_read(const char *text, size_t len, struct form *out,
               char problem[FORM_PROBLEM_MAX])
{
    if (len > FORM_BYTES_MAX) {
        snprintf(problem, FORM_PROBLEM_MAX, "the form is too long");
        return false;
    }
    size_t pairs = count_pairs(text, len);
    size_t room = pairs < FORM_FIELDS_MAX ? pairs : FORM_FIELDS_MAX;
    struct form form = { 0 };
    // Two NULs for each pair, since its '=' may be missing.
    if (!form_reserve(&form, len + 2 * room + 2, room)) {
        snprintf(problem, FORM_PROBLEM_MAX, "out of memory");
        return false;
    }
    if (!read_pairs(text, len, room, &form, problem)) {
        form_clear(&form);
        return false;
    }
    *out = form;
    return true;
}

bool form_reserve(struct form *form, size_t bytes, size_t fields)
{
    *form = (struct form){
        .memory = malloc(bytes),
        .memory_len = bytes,
        .fields = malloc(fields * sizeof *form->fields),
    };
    if (form->memory && form->fields)
        return true;
    form->memory_len = 0;
    form_clear(form);
    return false;
}

void form_clear(struct form *form)
{
    // Secrets pass through here; they do not stay in freed memory.
    if (form->memory)
        explicit_bzero(form->memory, form->memory_len);
    free(form->memory);
    free(form->fields);
    *form = (struct form){ 0 };
}

const struct form_field *form_find(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return &form->fields[i];
    return NULL;
}

const struct form_field *form_next(const struct form *form,
                                   const struct form_field *field)
{
    const struct form_field *end = form->fields + form->count;
    for (const struct form_field *next = field + 1; next < end; next++)
        if (strcmp(next->name, field->name) == 0)
            return next;
    return NULL;
}

bool form_holds_document(const struct form_field *field)
{
    return strcmp(field->name, FORM_DOCUMENT) == 0;
}

const char *form_value(const struct form *form, const char *name)
{
    const struct form_field *field = form_find(form, name);
    return field ? field->value : NULL;
}
