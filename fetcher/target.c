// SPDX-License-Identifier: MIT

#include "target.h"

#include "url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *read_scheme(const char *url, struct target *out)
{
    out->https = strncasecmp(url, "https://", 8) == 0;
    if (out->https)
        return url + 8;
    return strncasecmp(url, "http://", 7) == 0 ? url + 7 : NULL;
}

static bool read_port(const char *text, size_t len, struct target *out)
{
    out->port = out->https ? 443 : 80;
    if (len == 0)
        return true;
    while (len > 1 && *text == '0') {
        text++;
        len--;
    }
    if (len > 5 || strspn(text, "0123456789") < len)
        return false;
    unsigned long port = strtoul(text, NULL, 10);
    if (port == 0 || port > UINT16_MAX)
        return false;
    out->port = (uint16_t)port;
    return true;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
           || c == '-' || c == '_';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// Escapes and letters beyond ASCII are rare enough for the long way.
static bool read_odd_host(const char *url, struct target *out)
{
    struct url whole;
    if (url_read(url, strlen(url), &whole))
        return false;
    out->host_len = strlen(whole.host);
    memcpy(out->host, whole.host, out->host_len + 1);
    return out->host_len > 0;
}

static bool read_host(const char *url, const char *text, size_t len,
                      struct target *out)
{
    if (len == 0 || len >= sizeof out->host)
        return false;
    bool plain = true;
    for (size_t i = 0; i < len; i++) {
        out->host[i] = lower(text[i]);
        plain = plain && is_plain(out->host[i]);
    }
    out->host[len] = '\0';
    out->host_len = len;
    return plain || read_odd_host(url, out);
}

static bool read_authority(const char *url, const char *text, size_t len,
                           struct target *out)
{
    if (memchr(text, '@', len))
        return false;
    bool brackets = len > 0 && text[0] == '[';
    const char *end = memchr(text, brackets ? ']' : ':', len);
    if (brackets && !end)
        return false;
    const char *rest = !end ? text + len : brackets ? end + 1 : end;
    size_t left = (size_t)(text + len - rest);
    if (left > 0 && rest[0] != ':')
        return false;
    if (left > 0 && !read_port(rest + 1, left - 1, out))
        return false;
    if (left == 0)
        read_port("", 0, out);

    if (brackets) {
        out->host_len = (size_t)(end - text) - 1;
        if (out->host_len >= sizeof out->host)
            return false;
        memcpy(out->host, text + 1, out->host_len);
        out->host[out->host_len] = '\0';
    } else if (!read_host(url, text, (size_t)(rest - text), out)) {
        return false;
    }
    enum address_kind kind = address_read(out->host, brackets, &out->address);
    out->literal = kind == ADDRESS_LITERAL;
    if (out->literal) {
        address_text(&out->address, out->host);
        out->host_len = strlen(out->host);
    }
    return kind != ADDRESS_NONSENSE;
}

bool target_read(const char *url, struct target *out)
{
    const char *authority = read_scheme(url, out);
    if (!authority)
        return false;
    size_t len = strcspn(authority, "/?#\\");
    if (!read_authority(url, authority, len, out))
        return false;
    out->path = authority + len;
    const char *at = out->path;
    for (; *at && *at != '#'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    out->path_len = (size_t)(at - out->path);
    return out->path_len == 0 || out->path[0] != '\\';
}

static const char *path_of(const char *url)
{
    const char *authority = strchr(url, '/') + 2;
    return authority + strcspn(authority, "/?#");
}

static bool is_beyond_ascii(char c)
{
    return (unsigned char)c >= 0x80;
}

size_t target_request_length(const char *url)
{
    const char *at = path_of(url);
    size_t len = *at == '/' ? 0 : 1;
    for (; *at && *at != '#'; at++)
        len += is_beyond_ascii(*at) ? 3 : 1;
    return len;
}

char *target_request(const char *url, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = path_of(url);
    if (*at != '/')
        *out++ = '/';
    for (; *at && *at != '#'; at++) {
        unsigned char c = (unsigned char)*at;
        if (is_beyond_ascii(*at)) {
            *out++ = '%';
            *out++ = digits[c >> 4];
            *out++ = digits[c & 15];
        } else {
            *out++ = *at;
        }
    }
    return out;
}

uint64_t target_hash(const struct target *target, const struct siphash_key *key)
{
    char name[TARGET_HOST_MAX + 3];
    name[0] = (char)target->https;
    memcpy(name + 1, &target->port, sizeof target->port);
    memcpy(name + 3, target->host, target->host_len);
    return siphash(key, name, target->host_len + 3);
}
