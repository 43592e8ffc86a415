// SPDX-License-Identifier: MIT
//
// Forms of both kinds. A multipart body is preceded by a line with its type.

#include "fuzz.h"
#include "hub/form.h"
#include "hub/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(struct form *form)
{
    assert(form->count <= FORM_FIELDS_MAX);
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        assert(field->value[field->value_len] == '\0');
        if (!form_holds_document(field)) {
            assert(strlen(field->value) == field->value_len);
            assert(utf8_valid(field->value, field->value_len));
        }
        assert(utf8_valid(field->name, strlen(field->name)));
        assert(form_find(form, field->name) <= field);
    }
    form_clear(form);
}

static void try_multipart(const char *text, size_t len)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    char type[128];
    const char *line = memchr(text, '\n', len);
    size_t type_len = line ? (size_t)(line - text) : len;
    if (!line || type_len >= sizeof type)
        return;
    memcpy(type, text, type_len);
    type[type_len] = '\0';
    if (form_read_multipart(line + 1, len - type_len - 1, type, &form, problem))
        check(&form);
    else
        assert(strlen(problem) < FORM_PROBLEM_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    // A copy of just that size, so that the sanitizer sees its end.
    char *text = calloc(len ? len : 1, 1);
    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, bytes, len);
    if (form_read(text, len, &form, problem))
        check(&form);
    else
        assert(strlen(problem) < FORM_PROBLEM_MAX);
    try_multipart(text, len);
    free(text);
    return 0;
}
