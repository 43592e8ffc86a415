// SPDX-License-Identifier: MIT

#include "form.h"

#include "utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    BOUNDARY_MAX = 70, // RFC 2046, 5.1.1
    PART_HEAD_MAX = 4096,
    VALUE_MAX = 256, // of a parameter of a header, its NUL included
};

// One `; name=value` of a header's value.
struct parameter {
    const char *name;
    size_t name_len;
    char value[VALUE_MAX];
    bool fits;
};

// What is left of the copied body, and "\r\n--BOUNDARY", which ends each
// part's content.
struct parts {
    char *at, *end;
    char delimiter[BOUNDARY_MAX + 5];
    size_t delimiter_len;
};

static bool fails(char *problem, const char *sentence)
{
    snprintf(problem, FORM_PROBLEM_MAX, "%s", sentence);
    return false;
}

static void keep(struct parameter *parameter, size_t *len, char c)
{
    parameter->fits = *len + 1 < sizeof parameter->value;
    if (parameter->fits)
        parameter->value[(*len)++] = c;
}

static const char *read_quoted(const char *at, struct parameter *out)
{
    size_t len = 0;
    while (*at && *at != '"' && out->fits) {
        // Only a quote is escaped by a backslash: browsers send the paths of
        // files with plain ones.
        if (at[0] == '\\' && at[1] == '"')
            at++;
        keep(out, &len, *at++);
    }
    out->value[len] = '\0';
    out->fits = out->fits && *at == '"';
    return at;
}

static const char *read_token(const char *at, struct parameter *out)
{
    size_t len = 0;
    while (*at && !strchr("; \t", *at) && out->fits)
        keep(out, &len, *at++);
    out->value[len] = '\0';
    return at;
}

// From the next ';' on; NULL: there is no further parameter.
static const char *next_parameter(const char *at, struct parameter *out)
{
    at += strcspn(at, ";");
    if (!*at)
        return NULL;
    at += 1 + strspn(at + 1, " \t");
    out->name = at;
    out->name_len = strcspn(at, "=;");
    out->value[0] = '\0';
    out->fits = true;
    at += out->name_len;
    if (*at != '=')
        return at;
    at++;
    return *at == '"' ? read_quoted(at + 1, out) : read_token(at, out);
}

// False: there is none of that name, or it is broken.
static bool find_parameter(const char *header, const char *name,
                           struct parameter *out)
{
    size_t len = strlen(name);
    const char *at = header;
    while ((at = next_parameter(at, out)) != NULL)
        if (out->name_len == len && strncasecmp(out->name, name, len) == 0)
            return out->fits;
    return false;
}

// The value of one header of a part, NUL-terminated in place; NULL: it has no
// such header. `head` ends in CRLF.
static char *find_header(char *head, const char *end, const char *name)
{
    size_t len = strlen(name);
    while (head < end) {
        char *stop = memchr(head, '\r', (size_t)(end - head));
        if (!stop)
            return NULL;
        if ((size_t)(stop - head) > len && head[len] == ':'
            && strncasecmp(head, name, len) == 0) {
            *stop = '\0';
            return head + len + 1;
        }
        head = stop + 2;
    }
    return NULL;
}

// The name goes where the part's head was: it is never longer.
static bool read_name(char *head, const char *end, struct form_field *field,
                      char *problem)
{
    char *value = find_header(head, end, "content-disposition");
    struct parameter name;
    if (!value || !find_parameter(value, "name", &name))
        return fails(problem, "a part has no name");

    size_t len = strlen(name.value);
    if (!utf8_valid(name.value, len))
        return fails(problem, "a part's name is not UTF-8");
    memcpy(head, name.value, len + 1);
    field->name = head;
    return true;
}

static bool read_part(struct parts *parts, struct form_field *field,
                      char *problem)
{
    size_t left = (size_t)(parts->end - parts->at);
    char *blank = memmem(parts->at, left < PART_HEAD_MAX ? left : PART_HEAD_MAX,
                         "\r\n\r\n", 4);
    if (!blank)
        return fails(problem, "a part has no end of its head");

    char *value = blank + 4;
    char *stop = memmem(value, (size_t)(parts->end - value), parts->delimiter,
                        parts->delimiter_len);
    if (!stop)
        return fails(problem, "the last part has no end");
    field->value = value;
    field->value_len = (size_t)(stop - value);
    if (!read_name(parts->at, blank + 2, field, problem))
        return false;
    bool any_bytes = form_holds_document(field);
    if (!any_bytes && memchr(value, '\0', field->value_len))
        return fails(problem, "a part has a NUL byte");
    if (!any_bytes && !utf8_valid(value, field->value_len))
        return fails(problem, "a part is not UTF-8");
    *stop = '\0';
    parts->at = stop + parts->delimiter_len;
    return true;
}

static bool read_parts(struct parts *parts, struct form *form, char *problem)
{
    for (;;) {
        if (parts->end - parts->at < 2)
            return fails(problem, "the last part has no end");
        if (memcmp(parts->at, "--", 2) == 0)
            return true;
        while (*parts->at == ' ' || *parts->at == '\t')
            parts->at++;
        if (parts->end - parts->at < 2 || memcmp(parts->at, "\r\n", 2) != 0)
            return fails(problem, "a boundary is followed by other text");
        if (form->count == FORM_FIELDS_MAX)
            return fails(problem, "too many parameters");
        parts->at += 2;
        if (!read_part(parts, &form->fields[form->count], problem))
            return false;
        form->count++;
    }
}

static bool set_delimiter(struct parts *parts, const char *content_type)
{
    struct parameter boundary;
    if (!find_parameter(content_type, "boundary", &boundary))
        return false;
    size_t len = strlen(boundary.value);
    if (len == 0 || len > BOUNDARY_MAX)
        return false;
    parts->delimiter_len = (size_t)snprintf(
        parts->delimiter, sizeof parts->delimiter, "\r\n--%s", boundary.value);
    return true;
}

bool form_read_multipart(const char *body, size_t len, const char *content_type,
                         struct form *out, char problem[FORM_PROBLEM_MAX])
{
    struct parts parts;
    struct form form;

    if (len > FORM_BYTES_MAX)
        return fails(problem, "the form is too long");
    if (!set_delimiter(&parts, content_type))
        return fails(problem, "the multipart boundary is missing or too long");
    if (!form_reserve(&form, len + 3, FORM_FIELDS_MAX))
        return fails(problem, "out of memory");

    // A CRLF in front makes the first boundary look like the others.
    memcpy(form.memory, "\r\n", 2);
    memcpy(form.memory + 2, body, len);
    parts.at = form.memory;
    parts.end = form.memory + 2 + len;
    *parts.end = '\0';
    char *first =
        memmem(parts.at, len + 2, parts.delimiter, parts.delimiter_len);
    if (!first) {
        form_clear(&form);
        return fails(problem, "the multipart boundary is nowhere in the body");
    }
    parts.at = first + parts.delimiter_len;
    if (!read_parts(&parts, &form, problem)) {
        form_clear(&form);
        return false;
    }
    *out = form;
    return true;
}
