// SPDX-License-Identifier: MIT

#include "url.h"

#include "guard.h"
#include "hex.h"
#include "host.h"
#include "sha256.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char NOT_HTTP[] = "is not an http or https URL";
static const char TOO_LONG[] = "is too long";
static const char BAD_PORT[] = "has a port that is not allowed";

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
           || c == '~';
}

// Bytes that no URL holds as they are (RFC 3986 section 2), and that would
// end or break the <...> of a Link header.
static bool is_unsafe(unsigned char c)
{
    return c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c) != NULL;
}

// The byte that "%XX" at `at` stands for; -1: there is no escape.
static int escape_at(const char *text, size_t len, size_t at)
{
    if (text[at] != '%' || len - at < 3)
        return -1;
    int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct writer {
    char *out;
    size_t len, max; // of max, one is for the NUL
    bool full;
};

static void put(struct writer *writer, char c)
{
    if (writer->len + 1 >= writer->max) {
        writer->full = true;
        return;
    }
    writer->out[writer->len++] = c;
}

static void put_text(struct writer *writer, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        put(writer, text[i]);
}

static void put_escaped(struct writer *writer, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    put(writer, '%');
    put(writer, digits[c >> 4]);
    put(writer, digits[c & 15]);
}

static bool put_end(struct writer *writer)
{
    writer->out[writer->len] = '\0';
    return !writer->full;
}

// `text` is what follows the colon; nothing at all means the default.
static const char *read_port(const char *text, size_t len, struct url *out)
{
    unsigned port = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return BAD_PORT;
        port = port * 10 + (unsigned)(text[i] - '0');
        if (port > UINT16_MAX)
            return BAD_PORT;
    }
    if (len > 0) {
        if (!guard_allows_port(port))
            return BAD_PORT;
        out->port = (uint16_t)port;
    }
    return NULL;
}

static const char *check_bytes(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f || c == '\\')
            return "has a blank, control or backslash character";
        if (c == '#')
            return "has a fragment";
        // S4: who decodes once too often must not get a header line of it.
        int escape = escape_at(text, len, i);
        if (escape == '\0' || escape == '\r' || escape == '\n')
            return "has an escaped line break or NUL";
    }
    return NULL;
}

static size_t authority_length(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] != '/' && text[n] != '?' && text[n] != '#')
        n++;
    return n;
}

static const char *read_authority(const char *text, size_t len, struct url *out,
                                  struct writer *normal)
{
    if (memchr(text, '@', len) != NULL)
        return "has user information";

    size_t host_len = len;
    const char *colon = memrchr(text, ':', len);
    const char *bracket = memrchr(text, ']', len);
    if (colon != NULL && (bracket == NULL || colon > bracket))
        host_len = (size_t)(colon - text);

    struct host host;
    if (host_len == 0)
        return "has no host";
    if (!host_read(text, host_len, &host))
        return "has a host that is not valid";
    memcpy(out->host, host.text, sizeof out->host);
    out->numeric = host.numeric;

    uint16_t usual = out->https ? 443 : 80;
    out->port = usual;
    if (host_len < len) {
        const char *problem = read_port(colon + 1, len - host_len - 1, out);
        if (problem != NULL)
            return problem;
    }

    char port[8] = "";
    if (out->port != usual)
        (void)snprintf(port, sizeof port, ":%u", (unsigned)out->port);
    put_text(normal, host.v6 ? "[" : "", host.v6 ? 1 : 0);
    put_text(normal, host.text, strlen(host.text));
    put_text(normal, host.v6 ? "]" : "", host.v6 ? 1 : 0);
    put_text(normal, port, strlen(port));
    out->origin_len = normal->len;
    return NULL;
}

// A '%' that starts no escape stays one. What follows must then not be decoded
// into one either, or a second look would see another URL.
static unsigned after_stray(unsigned stray, char c)
{
    if (c == '%')
        return 2;
    return stray > 0 && hex_digit(c) >= 0 ? stray - 1 : 0;
}

static void normalise_rest(const char *text, size_t len, struct writer *normal)
{
    unsigned stray = 0;
    if (len == 0 || text[0] == '?')
        put(normal, '/');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        int escape = escape_at(text, len, i);
        if (escape >= 0) {
            c = (unsigned char)escape;
            i += 2;
        }
        bool hidden = escape >= 0 && stray > 0 && hex_digit((char)c) >= 0;
        if (is_unsafe(c) || hidden || (escape >= 0 && !is_unreserved(c))) {
            put_escaped(normal, c);
            stray = 0;
        } else {
            put(normal, (char)c);
            stray = after_stray(stray, (char)c);
        }
    }
}

const char *url_read(const char *text, size_t len, struct url *out)
{
    memset(out, 0, sizeof *out);
    out->text = text;
    out->len = len;
    if (len > URL_MAX)
        return TOO_LONG;
    const char *problem = check_bytes(text, len);
    if (problem != NULL)
        return problem;

    out->https = len > 8 && strncasecmp(text, "https://", 8) == 0;
    if (!out->https && (len <= 7 || strncasecmp(text, "http://", 7) != 0))
        return NOT_HTTP;
    size_t scheme_len = out->https ? 8 : 7;
    struct writer normal = { .out = out->normal, .max = sizeof out->normal };
    put_text(&normal, out->https ? "https://" : "http://", scheme_len);

    const char *authority = text + scheme_len;
    size_t authority_len = authority_length(authority, len - scheme_len);
    problem = read_authority(authority, authority_len, out, &normal);
    if (problem != NULL)
        return problem;

    normalise_rest(authority + authority_len, len - scheme_len - authority_len,
                   &normal);
    if (!put_end(&normal))
        return TOO_LONG;
    out->normal_len = normal.len;
    return NULL;
}

void url_key(const struct url *url, uint8_t out[32])
{
    sha256(url->normal, url->normal_len, out);
}

void url_origin_key(const struct url *url, uint8_t out[32])
{
    sha256(url->normal, url->origin_len, out);
}

// The parts of a base URL, as lengths from its start (RFC 3986 section 5.2.2).
struct base {
    size_t scheme, origin, path, query;
};

static bool read_base(const char *base, struct base *out)
{
    const char *colon = strstr(base, "://");
    if (colon == NULL)
        return false;
    out->scheme = (size_t)(colon - base) + 1;
    size_t from = out->scheme + 2;
    out->origin = from + authority_length(base + from, strlen(base + from));
    out->path = out->origin + strcspn(base + out->origin, "?#");
    out->query = out->path + strcspn(base + out->path, "#");
    return true;
}

static bool has_scheme(const char *reference, size_t len)
{
    size_t n = 0;
    while (
        n < len
        && (is_unreserved((unsigned char)reference[n]) || reference[n] == '+'))
        n++;
    return n > 0 && n < len && reference[n] == ':';
}

// RFC 3986 section 5.2.4, in place, on a path that starts with a slash.
static size_t remove_dots(char *path, size_t len)
{
    size_t out = 0;
    for (size_t at = 0; at < len;) {
        size_t end = at + 1;
        while (end < len && path[end] != '/')
            end++;
        size_t segment = end - at - 1;
        bool one = segment == 1 && path[at + 1] == '.';
        bool two = segment == 2 && memcmp(path + at + 1, "..", 2) == 0;
        if (two) {
            while (out > 0 && path[--out] != '/')
                ;
        }
        if (one || two) {
            if (end == len)
                path[out++] = '/';
        } else {
            memmove(path + out, path + at, end - at);
            out += end - at;
        }
        at = end;
    }
    return out;
}

// A byte that would be dropped or turned by some and not by others (R96).
static bool is_forbidden(unsigned char c)
{
    return c < ' ' || c == 0x7f || strchr("<>\\", c) != NULL;
}

static bool put_reference(struct writer *to, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_forbidden(c))
            return false;
        if (is_unsafe(c))
            put_escaped(to, c);
        else
            put(to, (char)c);
    }
    return true;
}

static bool put_path(struct writer *to, const char *base, const struct base *at,
                     const char *reference, size_t len)
{
    size_t start = to->len;
    size_t path_len = 0;
    while (path_len < len && reference[path_len] != '?')
        path_len++;
    if (reference[0] != '/') {
        const char *slash =
            memrchr(base + at->origin, '/', at->path - at->origin);
        if (slash == NULL)
            put(to, '/');
        else if (!put_reference(to, base + at->origin,
                                (size_t)(slash - base) + 1 - at->origin))
            return false;
    }
    if (!put_reference(to, reference, path_len))
        return false;
    to->len = start + remove_dots(to->out + start, to->len - start);
    return put_reference(to, reference + path_len, len - path_len);
}

static bool put_resolved(struct writer *to, const char *base,
                         const char *reference, size_t len)
{
    struct base at;
    if (has_scheme(reference, len))
        return put_reference(to, reference, len);
    if (!read_base(base, &at))
        return false;
    bool whole = len == 0, query = len > 0 && reference[0] == '?';
    bool authority = len >= 2 && memcmp(reference, "//", 2) == 0;
    size_t taken = whole       ? at.query
                   : query     ? at.path
                   : authority ? at.scheme
                               : at.origin;
    if (!put_reference(to, base, taken))
        return false;
    if (whole || query || authority)
        return put_reference(to, reference, len);
    return put_path(to, base, &at, reference, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

// An international host in the form that every client can call.
static bool copy_resolved(const struct url *url, char *out, size_t out_max)
{
    struct writer to = { .out = out, .max = out_max };
    size_t scheme_len = url->https ? 8 : 7;
    const char *authority = url->text + scheme_len;
    size_t len = authority_length(authority, url->len - scheme_len);
    size_t skip = 0;
    if (memchr(authority, '%', len) != NULL) {
        put_text(&to, url->normal, url->origin_len);
        skip = scheme_len + len;
    }
    put_text(&to, url->text + skip, url->len - skip);
    return put_end(&to);
}

bool url_resolve(const char *base, const char *reference, char *out,
                 size_t out_max)
{
    while (is_blank(*reference))
        reference++;
    size_t len = strcspn(reference, "#");
    while (len > 0 && is_blank(reference[len - 1]))
        len--;
    if (len > URL_MAX || out_max == 0)
        return false;

    char text[2 * URL_MAX];
    struct writer to = { .out = text, .max = sizeof text };
    struct url url;
    if (!put_resolved(&to, base, reference, len) || !put_end(&to))
        return false;
    if (url_read(text, to.len, &url) != NULL)
        return false;
    return copy_resolved(&url, out, out_max);
}

size_t url_append_encoded(char *out, size_t out_len, size_t out_max,
                          const char *value, size_t value_len)
{
    if (out_len >= out_max)
        return SIZE_MAX;
    struct writer to = { .out = out, .len = out_len, .max = out_max };
    for (size_t i = 0; i < value_len; i++) {
        unsigned char c = (unsigned char)value[i];
        if (is_unreserved(c))
            put(&to, (char)c);
        else
            put_escaped(&to, c);
    }
    return put_end(&to) ? to.len : SIZE_MAX;
}
