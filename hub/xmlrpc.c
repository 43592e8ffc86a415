// SPDX-License-Identifier: MIT

#include "xmlrpc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LEN = 24, MESSAGE_MAX = 400, CHARACTER_MAX = 0x10FFFF };

// What is left to read. All of it ends in a NUL.
struct reader {
    char *at;
    const char *problem; // NULL: none so far
};

static bool fail(struct reader *reader, const char *problem)
{
    if (!reader->problem)
        reader->problem = problem;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool begins(const struct reader *reader, const char *with)
{
    return strncmp(reader->at, with, strlen(with)) == 0;
}

static void skip_blanks(struct reader *reader)
{
    while (is_blank(*reader->at))
        reader->at++;
}

// Comments and processing instructions: whatever ends like that.
static bool skip_to(struct reader *reader, const char *end)
{
    char *found = strstr(reader->at, end);
    if (!found)
        return fail(reader, "the document ends within a comment");
    reader->at = found + strlen(end);
    return true;
}

// What may stand between two elements.
static bool skip_between(struct reader *reader)
{
    for (;;) {
        skip_blanks(reader);
        if (begins(reader, "<!--")) {
            if (!skip_to(reader, "-->"))
                return false;
        } else if (begins(reader, "<?")) {
            if (!skip_to(reader, "?>"))
                return false;
        } else if (begins(reader, "<!")) {
            return fail(reader, "document types are not read");
        } else {
            return true;
        }
    }
}

// ------------------------------------------------------------------- tags

// `what` is "name" or "/name". False, and nothing is taken: another one.
static bool take_tag(struct reader *reader, const char *what)
{
    size_t len = strlen(what);
    const char *at = reader->at;
    if (*at != '<' || strncmp(at + 1, what, len) != 0)
        return false;
    at += 1 + len;
    while (is_blank(*at))
        at++;
    if (*at != '>')
        return false;
    reader->at += at + 1 - reader->at;
    return true;
}

static bool take_empty(struct reader *reader, const char *name)
{
    size_t len = strlen(name);
    const char *at = reader->at;
    if (*at != '<' || strncmp(at + 1, name, len) != 0)
        return false;
    at += 1 + len;
    while (is_blank(*at))
        at++;
    if (at[0] != '/' || at[1] != '>')
        return false;
    reader->at += at + 2 - reader->at;
    return true;
}

static bool need_tag(struct reader *reader, const char *what)
{
    return take_tag(reader, what)
           || fail(reader, "the elements of the call are not in order");
}

// ------------------------------------------------------------------- text

static size_t put_character(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static int digit_of(char c, bool hex)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (hex && c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (hex && c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

// XML 1.0, 2.2.
static bool is_character(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xD800)
           || (c >= 0xE000 && c <= CHARACTER_MAX && c != 0xFFFE && c != 0xFFFF);
}

// Behind "&#". Never writes more than it has read.
static bool take_number(struct reader *reader, char **out)
{
    bool hex = *reader->at == 'x';
    uint32_t c = 0;
    int digit;
    reader->at += hex;
    if (digit_of(*reader->at, hex) < 0)
        return fail(reader, "a character has no number");
    for (; (digit = digit_of(*reader->at, hex)) >= 0; reader->at++) {
        c = c * (hex ? 16 : 10) + (uint32_t)digit;
        if (c > CHARACTER_MAX)
            return fail(reader, "there is no such character");
    }
    if (*reader->at != ';' || !is_character(c))
        return fail(reader, "there is no such character");
    reader->at++;
    *out += put_character(c, *out);
    return true;
}

static bool take_entity(struct reader *reader, char **out)
{
    static const struct {
        const char *name;
        char c;
    } known[] = { { "&lt;", '<' },
                  { "&gt;", '>' },
                  { "&amp;", '&' },
                  { "&quot;", '"' },
                  { "&apos;", '\'' } };
    if (reader->at[1] == '#') {
        reader->at += 2;
        return take_number(reader, out);
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!begins(reader, known[i].name))
            continue;
        reader->at += strlen(known[i].name);
        *(*out)++ = known[i].c;
        return true;
    }
    return fail(reader, "there is an unknown entity");
}

static bool take_cdata(struct reader *reader, char **out)
{
    char *from = reader->at + strlen("<![CDATA[");
    char *end = strstr(from, "]]>");
    if (!end)
        return fail(reader, "the document ends within a text");
    memmove(*out, from, (size_t)(end - from));
    *out += end - from;
    reader->at = end + 3;
    return true;
}

// Decoded in place. *end is where its NUL goes, once the tag behind it has
// been read: it may lie on that.
static bool take_text(struct reader *reader, char **text, char **end)
{
    *text = *end = reader->at;
    for (;;) {
        if (*reader->at == '&') {
            if (!take_entity(reader, end))
                return false;
        } else if (begins(reader, "<![CDATA[")) {
            if (!take_cdata(reader, end))
                return false;
        } else if (*reader->at == '<' || !*reader->at) {
            return true;
        } else {
            *(*end)++ = *reader->at++;
        }
    }
}

static bool take_text_until(struct reader *reader, const char *tag,
                            const char **out)
{
    char *text, *end;
    if (!take_text(reader, &text, &end) || !need_tag(reader, tag))
        return false;
    *end = '\0';
    *out = text;
    return true;
}

// ------------------------------------------------------------------ values

// 1: it was one; 0: it is none of them; -1: it was broken.
static int take_typed(struct reader *reader, const char **out)
{
    static const char *const types[] = {
        "string", "int",    "i4", "boolean",
        "double", "base64", "i8", "dateTime.iso8601",
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char tag[NAME_MAX_LEN];
        snprintf(tag, sizeof tag, "/%s", types[i]);
        if (take_empty(reader, types[i])) {
            *out = "";
            return 1;
        }
        if (take_tag(reader, types[i]))
            return take_text_until(reader, tag, out) ? 1 : -1;
    }
    return 0;
}

static bool take_value(struct reader *reader, const char **out)
{
    if (take_empty(reader, "value")) {
        *out = "";
        return true;
    }
    if (!need_tag(reader, "value"))
        return false;
    char *start = reader->at;
    skip_blanks(reader);
    int typed = take_typed(reader, out);
    if (typed != 0) {
        skip_blanks(reader);
        return typed > 0 && need_tag(reader, "/value");
    }
    // Without a type it is a string, blanks and all (or a struct, which ends
    // here).
    reader->at = start;
    return take_text_until(reader, "/value", out);
}

static bool take_param(struct reader *reader, struct xmlrpc_call *call)
{
    if (call->count == XMLRPC_PARAMS_MAX)
        return fail(reader, "there are too many parameters");
    return skip_between(reader)
           && take_value(reader, &call->params[call->count])
           && skip_between(reader) && need_tag(reader, "/param")
           && ++call->count > 0;
}

static bool take_params(struct reader *reader, struct xmlrpc_call *call)
{
    if (!skip_between(reader))
        return false;
    if (take_empty(reader, "params") || !take_tag(reader, "params"))
        return !reader->problem;
    for (;;) {
        if (!skip_between(reader))
            return false;
        if (take_tag(reader, "/params"))
            return true;
        if (!need_tag(reader, "param") || !take_param(reader, call))
            return false;
    }
}

static bool take_call(struct reader *reader, struct xmlrpc_call *call)
{
    if (begins(reader, "\xEF\xBB\xBF"))
        reader->at += 3;
    if (!skip_between(reader) || !need_tag(reader, "methodCall")
        || !skip_between(reader) || !need_tag(reader, "methodName"))
        return false;
    skip_blanks(reader);
    if (!take_text_until(reader, "/methodName", &call->method)
        || !take_params(reader, call) || !skip_between(reader)
        || !need_tag(reader, "/methodCall") || !skip_between(reader))
        return false;
    return !*reader->at || fail(reader, "something follows the call");
}

bool xmlrpc_read(const char *text, size_t len, struct xmlrpc_call *out,
                 enum xmlrpc_fault *fault, const char **problem)
{
    *out = (struct xmlrpc_call){ .count = 0 };
    *fault = XMLRPC_MALFORMED;
    *problem = "the call is too long";
    if (len > XMLRPC_BYTES_MAX)
        return false;
    *problem = "there is a zero byte; the encoding must be a superset of ASCII";
    if (memchr(text, '\0', len))
        return false;
    *fault = XMLRPC_NO_MEMORY;
    *problem = "the hub has no memory left";
    out->memory = malloc(len + 1);
    if (!out->memory)
        return false;
    memcpy(out->memory, text, len);
    out->memory[len] = '\0';
    struct reader reader = { .at = out->memory };
    if (take_call(&reader, out))
        return true;
    xmlrpc_clear(out);
    *fault = XMLRPC_MALFORMED;
    *problem = reader.problem;
    return false;
}

void xmlrpc_clear(struct xmlrpc_call *call)
{
    free(call->memory);
    *call = (struct xmlrpc_call){ .count = 0 };
}

// ----------------------------------------------------------------- answers

// Escaped, and cut where it would not fit.
static const char *escape(const char *text, char out[MESSAGE_MAX])
{
    size_t len = 0;
    for (; *text && len + sizeof "&amp;" < MESSAGE_MAX; text++) {
        const char *written = *text == '<'   ? "&lt;"
                              : *text == '>' ? "&gt;"
                              : *text == '&' ? "&amp;"
                                             : NULL;
        if (written)
            len +=
                (size_t)snprintf(out + len, MESSAGE_MAX - len, "%s", written);
        else
            out[len++] = *text;
    }
    out[len] = '\0';
    return out;
}

static size_t member(const char *name, const char *type, const char *value,
                     char *out, size_t max)
{
    return (size_t)snprintf(
        out, max, "<member><name>%s</name><value><%s>%s</%s></value></member>",
        name, type, value, type);
}

static size_t text_of(const char *line, char *out, size_t max)
{
    return (size_t)snprintf(out, max, "%s", line);
}

#define BEGIN "<?xml version=\"1.0\"?>\n<methodResponse>"

size_t xmlrpc_write_result(bool error, const char *message,
                           char out[XMLRPC_ANSWER_MAX])
{
    char escaped[MESSAGE_MAX];
    size_t max = XMLRPC_ANSWER_MAX;
    size_t len = text_of(BEGIN "<params><param><value><struct>", out, max);
    len +=
        member("flerror", "boolean", error ? "1" : "0", out + len, max - len);
    len += member("message", "string", escape(message, escaped), out + len,
                  max - len);
    return len
           + text_of("</struct></value></param></params></methodResponse>\n",
                     out + len, max - len);
}

size_t xmlrpc_write_fault(enum xmlrpc_fault fault, const char *problem,
                          char out[XMLRPC_ANSWER_MAX])
{
    char escaped[MESSAGE_MAX], number[16];
    size_t max = XMLRPC_ANSWER_MAX;
    size_t len = text_of(BEGIN "<fault><value><struct>", out, max);
    snprintf(number, sizeof number, "%d", (int)fault);
    len += member("faultCode", "int", number, out + len, max - len);
    len += member("faultString", "string", escape(problem, escaped), out + len,
                  max - len);
    return len
           + text_of("</struct></value></fault></methodResponse>\n", out + len,
                     max - len);
}
