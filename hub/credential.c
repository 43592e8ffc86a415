// SPDX-License-Identifier: MIT

#include "credential.h"

#include "fetcher/hex.h"
#include "request.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 16 };

// Decodes to at most `max` bytes and a NUL, and returns how many; more than
// `max`: it is longer. What cannot be decoded stays as it is: whoever reads the
// query for good will refuse it.
static size_t decode(const char *text, size_t len, char *out, size_t max)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++, used++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%' && len - i > 2) {
            int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high * 16 + low);
                i += 2;
            }
        }
        if (used == max)
            return max + 1;
        out[used] = c;
    }
    out[used] = '\0';
    return used;
}

static void see_ticket(const char *value, size_t len, struct credential *out)
{
    if (out->kind != CREDENTIAL_NONE) {
        out->kind = CREDENTIAL_TWICE;
        return;
    }
    out->ticket_len = decode(value, len, out->ticket, sizeof out->ticket - 1);
    out->kind = out->ticket_len < sizeof out->ticket ? CREDENTIAL_TICKET
                                                     : CREDENTIAL_FOREIGN;
}

static void see_pair(const char *pair, size_t len, struct credential *out)
{
    char name[NAME_MAX_LEN + 1];
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals ? (size_t)(equals - pair) : len;
    if (decode(pair, name_len, name, NAME_MAX_LEN) > NAME_MAX_LEN)
        return;
    if (strcmp(name, "token") == 0 || strcmp(name, "access_token") == 0)
        out->kind = CREDENTIAL_EXPOSED;
    else if (strcmp(name, "ticket") == 0 && out->kind != CREDENTIAL_EXPOSED)
        see_ticket(equals ? equals + 1 : pair + len,
                   len - name_len - (equals != NULL), out);
}

static void see_pairs(const char *text, size_t len, struct credential *out)
{
    for (size_t i = 0; i < len;) {
        const char *end = memchr(text + i, '&', len - i);
        size_t pair = end ? (size_t)(end - text) - i : len - i;
        see_pair(text + i, pair, out);
        i += pair + 1;
    }
}

static bool is_form(const struct request *request)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = request_field(request, "Content-Type");
    return type && strncasecmp(type, form, sizeof form - 1) == 0;
}

// RFC 6750, 2.1; the scheme in any case (RFC 9110, 11.1).
static void see_field(const char *value, struct credential *out)
{
    static const char scheme[] = "Bearer ";
    size_t skip = sizeof scheme - 1;
    if (out->kind != CREDENTIAL_NONE) {
        out->kind = CREDENTIAL_TWICE;
        return;
    }
    out->kind = CREDENTIAL_FOREIGN;
    if (strncasecmp(value, scheme, skip) != 0)
        return;
    skip += strspn(value + skip, " ");
    if (token_text_hash(value + skip, strlen(value + skip), out->hash))
        out->kind = CREDENTIAL_TOKEN;
}

void credential_read(const struct request *request, struct credential *out)
{
    out->kind = CREDENTIAL_NONE;
    out->ticket_len = 0;
    for (size_t i = 0; i < request->field_count; i++)
        if (strcasecmp(request->fields[i].name, "Authorization") == 0)
            see_field(request->fields[i].value, out);
    if (out->kind == CREDENTIAL_TWICE)
        return;
    see_pairs(request->query, strlen(request->query), out);
    if (is_form(request))
        see_pairs(request->body, request->body_len, out);
}
