// SPDX-License-Identifier: MIT

#include "framing.h"

#include <string.h>
#include <strings.h>

enum { LENGTH_DIGITS_MAX = 15 };

static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++) {
        char c = *text;
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z');
        if (!word && !strchr("!#$%&'*+-.^_`|~", c))
            return false;
    }
    return true;
}

static bool is_value(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' ? *text != '\t' : *text == 0x7F)
            return false;
    return true;
}

static bool is(const struct request_field *field, const char *name)
{
    return strcasecmp(field->name, name) == 0;
}

// "+3", "3, 3", "0x3" and a number of 16 digits are all somebody's trick.
static bool read_length(const char *text, uint64_t *out)
{
    uint64_t length = 0;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > LENGTH_DIGITS_MAX || text[digits])
        return false;
    for (; *text; text++)
        length = length * 10 + (uint64_t)(*text - '0');
    *out = length;
    return true;
}

// Is `word` one of a comma-separated list?
static bool lists(const char *list, const char *word)
{
    size_t len = strlen(word);
    while (*list) {
        list += strspn(list, ", \t");
        size_t item = strcspn(list, ", \t");
        if (item == len && strncasecmp(list, word, len) == 0)
            return true;
        list += item;
    }
    return false;
}

static bool begins(const char *name, const char *with)
{
    return strncasecmp(name, with, strlen(with)) == 0;
}

// RFC 9112, 3.2: a host and a port. Which one is no matter: the hub's own
// name comes from its options alone (R142). HTTP/1.1 allows none, too.
static bool is_host(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text == 0x7F || strchr("/?#@\\\"<>,;", *text))
            return false;
    return true;
}

struct seen {
    unsigned lengths, codings, hosts, types;
};

static const char *check_field(const struct request_field *field,
                               struct seen *seen, struct framing *out)
{
    if (!is_token(field->name))
        return "a header field's name is malformed";
    if (!is_value(field->value))
        return "a header field has a control character";
    if (is(field, "Host")) {
        seen->hosts++;
        if (!is_host(field->value))
            return "Host is not a host";
    } else if (is(field, "Content-Type")) {
        seen->types++;
    } else if (is(field, "Content-Length")) {
        seen->lengths++;
        if (!read_length(field->value, &out->length))
            return "Content-Length is not a number";
    } else if (is(field, "Transfer-Encoding")) {
        seen->codings++;
        if (strcasecmp(field->value, "chunked") != 0)
            return "Transfer-Encoding is not chunked";
    } else if (begins(field->name, "Content-Length")
               || begins(field->name, "Transfer-Encoding")) {
        // libmicrohttpd 0.9.75 appends a folded line to the *name* of the one
        // before: "Content-Length:\r\n 5" is named Content-Length5 then.
        return "a header field's name is malformed";
    } else if (is(field, "Connection")) {
        if (lists(field->value, "close"))
            out->keep_alive = false;
    } else if (is(field, "Expect")) {
        out->expects_continue = strcasecmp(field->value, "100-continue") == 0;
    }
    return NULL;
}

const char *framing_check(const struct request_field *fields, size_t count,
                          bool http10, struct framing *out)
{
    struct seen seen = { 0 };
    // An answer to HTTP/1.0 is followed by a close: who wants more can speak
    // 1.1, and pullers behind old proxies get what they expect.
    *out = (struct framing){ .keep_alive = !http10 };

    for (size_t i = 0; i < count; i++) {
        const char *problem = check_field(&fields[i], &seen, out);
        if (problem)
            return problem;
    }
    if (seen.hosts > 1)
        return "Host is given twice";
    if (seen.hosts == 0 && !http10)
        return "Host is missing";
    if (seen.lengths > 1)
        return "Content-Length is given twice";
    if (seen.types > 1)
        return "Content-Type is given twice";
    if (seen.codings > 1)
        return "Transfer-Encoding is given twice";
    if (seen.codings > 0 && seen.lengths > 0)
        return "Content-Length and Transfer-Encoding exclude each other";
    if (seen.codings > 0 && http10)
        return "Transfer-Encoding does not exist in HTTP/1.0";
    if (seen.codings > 0)
        out->body = FRAMING_CHUNKED;
    else if (out->length > 0)
        out->body = FRAMING_LENGTH;
    out->expects_continue &= !http10 && out->body != FRAMING_NONE;
    return NULL;
}

enum request_method framing_method(const char *method)
{
    static const char *const names[] = {
        [REQUEST_GET] = "GET",         [REQUEST_HEAD] = "HEAD",
        [REQUEST_POST] = "POST",       [REQUEST_PUT] = "PUT",
        [REQUEST_PATCH] = "PATCH",     [REQUEST_DELETE] = "DELETE",
        [REQUEST_OPTIONS] = "OPTIONS",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(method, names[i]) == 0)
            return (enum request_method)i;
    return REQUEST_OTHER;
}

// What follows "http://authority"; NULL: it is not of that form.
static char *skip_authority(char *target)
{
    size_t scheme = 0;
    if (strncasecmp(target, "http://", 7) == 0)
        scheme = 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        scheme = 8;
    if (scheme == 0)
        return NULL;
    return target + scheme + strcspn(target + scheme, "/?");
}

bool framing_target(char *target, const char **path, const char **query)
{
    for (const char *at = target; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7F || *at == '#')
            return false;
    if (strcmp(target, "*") == 0) {
        *path = "/";
        *query = "";
        return true;
    }
    if (*target != '/') {
        target = skip_authority(target);
        if (!target)
            return false;
    }
    char *mark = strchr(target, '?');
    *query = mark ? mark + 1 : "";
    if (mark)
        *mark = '\0';
    *path = *target ? target : "/";
    return true;
}
