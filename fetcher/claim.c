// SPDX-License-Identifier: MIT

#include "claim.h"

#include <string.h>
#include <strings.h>

enum { NAME_MAX_LEN = 40, HEAD_MAX = 1024 };

struct name {
    const char *text;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

// "x-charset" is another word.
static bool is_name_part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static const char *find_word(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++)
        if (strncasecmp(text + i, word, n) == 0)
            return text + i;
    return NULL;
}

// The label in `key="label"`. Its length is 0: there is none.
static struct name name_after(const char *text, size_t len, const char *key)
{
    size_t key_len = strlen(key);
    const char *begin = text, *end = text + len;
    for (;;) {
        const char *at = find_word(text, (size_t)(end - text), key);
        if (at == NULL)
            return (struct name){ text, 0 };
        bool whole = at == begin || !is_name_part(at[-1]);
        text = at += key_len;
        while (at < end && is_blank(*at))
            at++;
        if (!whole || at == end || *at != '=')
            continue;
        at++;
        while (at < end && (is_blank(*at) || *at == '"' || *at == '\''))
            at++;
        size_t n = 0;
        while (at + n < end && n < NAME_MAX_LEN && !is_blank(at[n])
               && strchr("\"';,?/>", at[n]) == NULL)
            n++;
        return (struct name){ at, n };
    }
}

static const struct label *find(struct claim *claim, struct name name)
{
    const struct label *found = label_find(name.text, name.len);
    claim->unknown = claim->unknown || (found == NULL && name.len > 0);
    return found;
}

static bool is_ascii_name(struct name name)
{
    return (name.len == 5 && strncasecmp(name.text, "ascii", 5) == 0)
           || (name.len == 8 && strncasecmp(name.text, "us-ascii", 8) == 0);
}

static void read_mark(const char *bytes, size_t len, struct claim *out)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *label;
    } marks[] = {
        { "\xef\xbb\xbf", 3, "utf-8" },    { "\xff\xfe\0\0", 4, "utf-32le" },
        { "\0\0\xfe\xff", 4, "utf-32be" }, { "\xff\xfe", 2, "utf-16le" },
        { "\xfe\xff", 2, "utf-16be" },
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (len < marks[i].len
            || memcmp(bytes, marks[i].bytes, marks[i].len) != 0)
            continue;
        out->mark = label_find(marks[i].label, strlen(marks[i].label));
        out->mark_len = marks[i].len;
        return;
    }
}

// Appendix F of XML 1.0, for whatever ASCII begins the document.
static const struct label *by_zeros(const char *bytes, size_t len)
{
    static const struct {
        const char *pattern, *label;
    } rows[] = {
        { "x000", "utf-32le" },
        { "000x", "utf-32be" },
        { "x0x0", "utf-16le" },
        { "0x0x", "utf-16be" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && len >= 4; i++) {
        bool fits = true;
        for (size_t j = 0; j < 4; j++) {
            unsigned char c = (unsigned char)bytes[j];
            fits = fits
                   && (rows[i].pattern[j] == '0' ? c == 0 : c > 0 && c < 0x80);
        }
        if (fits)
            return label_find(rows[i].label, strlen(rows[i].label));
    }
    return NULL;
}

// What stands in the first bytes as ASCII.
static struct name name_in_head(const char *bytes, size_t len)
{
    size_t max = len < HEAD_MAX ? len : HEAD_MAX;
    struct name none = { bytes, 0 };
    const char *at = find_word(bytes, max, "<?xml");
    const char *html = find_word(bytes, max, "<html");
    if (at != NULL && (html == NULL || at < html)) {
        const char *end = memchr(at, '>', max - (size_t)(at - bytes));
        struct name name =
            end == NULL ? none : name_after(at, (size_t)(end - at), "encoding");
        if (name.len > 0 || html == NULL)
            return name;
    }
    if (html == NULL && find_word(bytes, max, "<!doctype html") == NULL)
        return none;
    for (at = bytes;;) {
        at = find_word(at, max - (size_t)(at - bytes), "<meta");
        if (at == NULL)
            return none;
        const char *end = memchr(at, '>', max - (size_t)(at - bytes));
        struct name name =
            end == NULL ? none : name_after(at, (size_t)(end - at), "charset");
        if (name.len > 0)
            return name;
        at++;
    }
}

void claim_read(const char *bytes, size_t len, const char *content_type,
                struct claim *out)
{
    *out = (struct claim){ .mark = NULL };
    read_mark(bytes, len, out);
    if (out->mark == NULL)
        out->zeros = by_zeros(bytes, len);
    struct name http = { "", 0 };
    if (content_type != NULL)
        http = name_after(content_type, strlen(content_type), "charset");
    struct name own = name_in_head(bytes, len);
    out->http = find(out, http);
    out->document = find(out, own);
    out->ascii =
        is_ascii_name(http) || (out->http == NULL && is_ascii_name(own));
}

const struct label *claim_decide(const struct claim *claim)
{
    const struct label *order[] = { claim->mark, claim->zeros, claim->http,
                                    claim->document };
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        // Without zero bytes it is none of these, whoever says so.
        bool wide = order[i] != NULL && label_is_wide(order[i]);
        if (order[i] != NULL && !(wide && i >= 2))
            return order[i];
    }
    return NULL;
}
