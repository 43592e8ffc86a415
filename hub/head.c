// SPDX-License-Identifier: MIT

#include "head.h"

#include <string.h>

size_t head_length(const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = text;

    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        at++;
        if (at < end && *at == '\n')
            return (size_t)(at + 1 - text);
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n')
            return (size_t)(at + 2 - text);
    }
    return 0;
}

size_t head_blank(const char *text, size_t len)
{
    size_t blank = 0;
    while (len - blank >= 2 && memcmp(text + blank, "\r\n", 2) == 0)
        blank += 2;
    return blank;
}

static unsigned bad(const char **problem, const char *sentence)
{
    *problem = sentence;
    return 400;
}

static unsigned read_version(const char *version, struct head *out,
                             const char **problem)
{
    if (strncmp(version, "HTTP/", 5) != 0)
        return bad(problem, "the request line is malformed");
    version += 5;
    if (version[0] < '0' || version[0] > '9' || version[1] != '.'
        || version[2] < '0' || version[2] > '9' || version[3])
        return bad(problem, "the HTTP version is malformed");
    if (version[0] != '1') {
        *problem = "only HTTP/1.1 and HTTP/1.0 are spoken here";
        return 505;
    }
    out->http10 = version[2] == '0';
    return 0;
}

static unsigned read_first_line(char *line, struct head *out,
                                const char **problem)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;
    if (!version || target == line)
        return bad(problem, "the request line is malformed");
    *target++ = '\0';
    *version++ = '\0';

    unsigned status = read_version(version, out, problem);
    if (status != 0)
        return status;
    if (strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != strlen(line))
        return bad(problem, "the request's method is malformed");
    out->method = framing_method(line);
    if (!framing_target(target, &out->path, &out->query))
        return bad(problem, "the request's target is malformed");
    return 0;
}

// The name may still be nonsense: framing_check() looks at it.
static bool read_field(char *line, struct request_field *field)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return false;
    *colon = '\0';
    char *value = colon + 1 + strspn(colon + 1, " \t");
    size_t len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--;
    value[len] = '\0';
    *field = (struct request_field){ line, value };
    return true;
}

// The next line, NUL-terminated in place; NULL: it does not end in CRLF.
static char *take_line(char **at, const char *end)
{
    char *line = *at;
    char *stop = memchr(line, '\n', (size_t)(end - line));
    if (!stop || stop == line || stop[-1] != '\r')
        return NULL;
    stop[-1] = '\0';
    *at = stop + 1;
    return line;
}

static unsigned read_fields(char *at, const char *end, struct head *out,
                            const char **problem)
{
    for (;;) {
        char *line = take_line(&at, end);
        if (!line)
            return bad(problem, "a line of the head does not end in CRLF");
        if (!*line)
            return 0;
        // Also a line that would continue the one before (obs-fold).
        if (*line == ' ' || *line == '\t')
            return bad(problem, "a line of the head begins with a blank");
        if (out->field_count == REQUEST_FIELDS_MAX) {
            *problem = "the request has too many header fields";
            return 431;
        }
        if (!read_field(line, &out->fields[out->field_count]))
            return bad(problem, "a line of the head has no colon");
        out->field_count++;
    }
}

unsigned head_read(char *text, size_t len, struct head *out,
                   const char **problem)
{
    const char *end = text + len;
    char *at = text;

    out->field_count = 0;
    if (memchr(text, '\0', len))
        return bad(problem, "the head has a NUL byte");
    char *line = take_line(&at, end);
    if (!line)
        return bad(problem, "a line of the head does not end in CRLF");
    unsigned status = read_first_line(line, out, problem);
    if (status == 0)
        status = read_fields(at, end, out, problem);
    if (status != 0)
        return status;
    const char *doubt = framing_check(out->fields, out->field_count,
                                      out->http10, &out->framing);
    return doubt ? bad(problem, doubt) : 0;
}
