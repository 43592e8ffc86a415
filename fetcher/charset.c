// SPDX-License-Identifier: MIT

#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LABEL_MAX = 40, DECLARATION_MAX = 1024 };

enum kind { UTF8, ASCII, SINGLE, UTF16, UTF32, MULTI };

struct charset {
    const char *label; // lower case
    const char *name;  // iconv's
    enum kind kind;
};

// clang-format off
static const struct charset charsets[] = {
    { "utf-8", "UTF-8", UTF8 },         { "utf8", "UTF-8", UTF8 },
    { "us-ascii", "CP1252", ASCII },    { "ascii", "CP1252", ASCII },
    { "utf-16", "UTF-16LE", UTF16 },    { "utf-16le", "UTF-16LE", UTF16 },
    { "utf-16be", "UTF-16BE", UTF16 },  { "utf-32", "UTF-32LE", UTF32 },
    { "utf-32le", "UTF-32LE", UTF32 },  { "utf-32be", "UTF-32BE", UTF32 },
    { "iso-8859-1", "CP1252", SINGLE }, { "iso8859-1", "CP1252", SINGLE },
    { "latin1", "CP1252", SINGLE },     { "iso_8859-1", "CP1252", SINGLE },
    { "windows-1252", "CP1252", SINGLE }, { "cp1252", "CP1252", SINGLE },
    { "iso-8859-2", "ISO-8859-2", SINGLE },
    { "latin2", "ISO-8859-2", SINGLE },
    { "iso-8859-3", "ISO-8859-3", SINGLE },
    { "iso-8859-4", "ISO-8859-4", SINGLE },
    { "iso-8859-5", "ISO-8859-5", SINGLE },
    { "iso-8859-6", "ISO-8859-6", SINGLE },
    { "iso-8859-7", "ISO-8859-7", SINGLE },
    { "iso-8859-8", "ISO-8859-8", SINGLE },
    { "iso-8859-9", "CP1254", SINGLE },
    { "iso-8859-10", "ISO-8859-10", SINGLE },
    { "iso-8859-11", "CP874", SINGLE }, { "tis-620", "CP874", SINGLE },
    { "windows-874", "CP874", SINGLE },
    { "iso-8859-13", "ISO-8859-13", SINGLE },
    { "iso-8859-14", "ISO-8859-14", SINGLE },
    { "iso-8859-15", "ISO-8859-15", SINGLE },
    { "latin9", "ISO-8859-15", SINGLE },
    { "iso-8859-16", "ISO-8859-16", SINGLE },
    { "windows-1250", "CP1250", SINGLE }, { "cp1250", "CP1250", SINGLE },
    { "windows-1251", "CP1251", SINGLE }, { "cp1251", "CP1251", SINGLE },
    { "windows-1253", "CP1253", SINGLE },
    { "windows-1254", "CP1254", SINGLE },
    { "windows-1255", "CP1255", SINGLE },
    { "windows-1256", "CP1256", SINGLE },
    { "windows-1257", "CP1257", SINGLE },
    { "windows-1258", "CP1258", SINGLE },
    { "koi8-r", "KOI8-R", SINGLE },     { "koi8-u", "KOI8-U", SINGLE },
    { "ibm866", "CP866", SINGLE },      { "cp866", "CP866", SINGLE },
    { "macintosh", "MACINTOSH", SINGLE },
    { "shift_jis", "CP932", MULTI },    { "shift-jis", "CP932", MULTI },
    { "sjis", "CP932", MULTI },         { "x-sjis", "CP932", MULTI },
    { "windows-31j", "CP932", MULTI },  { "euc-jp", "EUC-JP", MULTI },
    { "gb2312", "GBK", MULTI },         { "gbk", "GBK", MULTI },
    { "gb18030", "GB18030", MULTI },    { "big5", "BIG5", MULTI },
    { "euc-kr", "CP949", MULTI },       { "ks_c_5601-1987", "CP949", MULTI },
};
// clang-format on

static const struct charset *find(const char *label, size_t len)
{
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++)
        if (strlen(charsets[i].label) == len
            && strncasecmp(charsets[i].label, label, len) == 0)
            return &charsets[i];
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The label in `name="label"` after the given name, within `text`.
static const struct charset *find_after(const char *text, size_t len,
                                        const char *name)
{
    size_t name_len = strlen(name);
    for (size_t i = 0; i + name_len < len; i++) {
        if (strncasecmp(text + i, name, name_len) != 0)
            continue;
        size_t at = i + name_len;
        while (at < len && is_blank(text[at]))
            at++;
        if (at == len || text[at] != '=')
            continue;
        at++;
        while (at < len && (is_blank(text[at]) || strchr("\"'", text[at])))
            at++;
        size_t n = 0;
        while (at + n < len && n < LABEL_MAX && !is_blank(text[at + n])
               && strchr("\"';?>", text[at + n]) == NULL)
            n++;
        return find(text + at, n);
    }
    return NULL;
}

static const struct charset *by_mark(const char *bytes, size_t len,
                                     size_t *mark)
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
        if (len >= marks[i].len
            && memcmp(bytes, marks[i].bytes, marks[i].len) == 0) {
            *mark = marks[i].len;
            return find(marks[i].label, strlen(marks[i].label));
        }
    }
    return NULL;
}

// Appendix F of XML 1.0: "<?" or "<r" without a byte order mark. UTF-16 by
// label alone says nothing of its byte order, the bytes do.
static const struct charset *by_zeros(const char *bytes, size_t len)
{
    if (len < 4 || memchr(bytes, '<', 4) == NULL)
        return NULL;
    if (memcmp(bytes, "<\0\0\0", 4) == 0)
        return find("utf-32le", 8);
    if (memcmp(bytes, "\0\0\0<", 4) == 0)
        return find("utf-32be", 8);
    if (bytes[0] == '<' && bytes[1] == '\0')
        return find("utf-16le", 8);
    if (bytes[0] == '\0' && bytes[1] == '<')
        return find("utf-16be", 8);
    return NULL;
}

static const struct charset *by_declaration(const char *bytes, size_t len)
{
    size_t at = 0;
    while (at < len && is_blank(bytes[at]))
        at++;
    if (len - at < 5 || memcmp(bytes + at, "<?xml", 5) != 0)
        return NULL;

    size_t max = len - at < DECLARATION_MAX ? len - at : DECLARATION_MAX;
    const char *end = memchr(bytes + at, '>', max);
    const struct charset *found =
        end == NULL
            ? NULL
            : find_after(bytes + at, (size_t)(end - bytes) - at, "encoding");
    // Read as ASCII, it cannot be one of these.
    if (found != NULL && (found->kind == UTF16 || found->kind == UTF32))
        return NULL;
    return found;
}

static bool is_wide(const struct charset *charset)
{
    return charset->kind == UTF16 || charset->kind == UTF32;
}

static const struct charset *decide(const char *bytes, size_t len,
                                    const char *content_type, size_t *mark)
{
    *mark = 0;
    const struct charset *found = by_mark(bytes, len, mark);
    if (found != NULL)
        return found;

    const struct charset *zeros = by_zeros(bytes, len);
    if (content_type != NULL)
        found = find_after(content_type, strlen(content_type), "charset");
    if (found != NULL && !(is_wide(found) && zeros != NULL))
        return found;
    if (zeros != NULL)
        return zeros;
    found = by_declaration(bytes, len);
    return found != NULL ? found : &charsets[0];
}

static bool is_utf8(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        unsigned char c = (unsigned char)bytes[i++];
        if (c < 0x80)
            continue;
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || len - i < more)
            return false;
        for (; more > 0; more--)
            if (((unsigned char)bytes[i++] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

// UTF-8 of each of the 256 bytes. What a charset leaves undefined stands for
// the control character of that number, as browsers have it.
struct table {
    char text[256][4];
    uint8_t len[256];
};

static void fill(struct table *table, iconv_t converter)
{
    for (unsigned i = 0; i < 256; i++) {
        char in = (char)i, out[16];
        char *from = &in, *to = out;
        size_t in_left = 1, out_left = sizeof out;
        (void)iconv(converter, NULL, NULL, NULL, NULL);
        size_t done = iconv(converter, &from, &in_left, &to, &out_left);
        // Some keep a letter back, to join it with an accent after it.
        (void)iconv(converter, NULL, NULL, &to, &out_left);
        size_t len = sizeof out - out_left;
        if (done == (size_t)-1 || len == 0 || len > 4) {
            out[0] = (char)(0xc0 | i >> 6);
            out[1] = (char)(0x80 | (i & 0x3f));
            len = 2;
        }
        memcpy(table->text[i], out, len);
        table->len[i] = (uint8_t)len;
    }
}

// One character a byte, whatever the converter thinks of combining them.
static size_t convert_single(iconv_t converter, const char *bytes, size_t len,
                             char *out)
{
    struct table table;
    size_t n = 0;
    fill(&table, converter);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        memcpy(out + n, table.text[c], table.len[c]);
        n += table.len[c];
    }
    return n;
}

// SIZE_MAX: the bytes are not in this charset.
static size_t convert(iconv_t converter, const char *bytes, size_t len,
                      char *out, size_t out_max)
{
    // iconv() takes its input without const, and does not write to it.
    union {
        const char *given;
        char *taken;
    } from = { .given = bytes };
    char *to = out;
    size_t in_left = len, out_left = out_max;
    if (iconv(converter, &from.taken, &in_left, &to, &out_left) == (size_t)-1
        || in_left > 0)
        return SIZE_MAX;
    return out_max - out_left;
}

static void set_widths(struct charset_text *text, enum kind kind)
{
    static const uint8_t widths[][5] = {
        [UTF8] = { 0, 1, 2, 3, 4 },   [ASCII] = { 0, 1, 1, 1, 1 },
        [SINGLE] = { 0, 1, 1, 1, 1 }, [UTF16] = { 0, 2, 2, 2, 4 },
        [UTF32] = { 0, 4, 4, 4, 4 },  [MULTI] = { 0 },
    };
    memcpy(text->width, widths[kind], sizeof text->width);
}

static bool transcode(const struct charset *charset, const char *bytes,
                      size_t len, struct charset_text *out)
{
    // No character here is longer than three times its bytes.
    size_t max = 3 * len + 4;
    char *text = malloc(max);
    if (text == NULL)
        return false;
    iconv_t converter = iconv_open("UTF-8", charset->name);
    if (converter == (iconv_t)-1) {
        bool no_memory = errno == ENOMEM;
        free(text);
        out->readable = false;
        return !no_memory;
    }

    bool single = charset->kind == SINGLE || charset->kind == ASCII;
    size_t n = single ? convert_single(converter, bytes, len, text)
                      : convert(converter, bytes, len, text, max);
    (void)iconv_close(converter);
    out->readable = n != SIZE_MAX;
    out->owned = text;
    out->text = out->readable ? text : "";
    out->len = out->readable ? n : 0;
    return true;
}

bool charset_read(const char *bytes, size_t len, const char *content_type,
                  struct charset_text *out)
{
    *out = (struct charset_text){ .text = "", .readable = true };
    size_t mark;
    const struct charset *charset = decide(bytes, len, content_type, &mark);
    if (charset->kind == ASCII && is_utf8(bytes, len))
        charset = &charsets[0];

    set_widths(out, charset->kind);
    out->before = mark;
    if (charset->kind != UTF8)
        return transcode(charset, bytes + mark, len - mark, out);
    out->text = bytes + mark;
    out->len = len - mark;
    return true;
}

void charset_clear(struct charset_text *text)
{
    free(text->owned);
    *text = (struct charset_text){ .text = "" };
}

void charset_seek(const struct charset_text *text, size_t to, size_t *text_at,
                  size_t *byte_at)
{
    if (text->owned == NULL) {
        *byte_at += to - *text_at;
        *text_at = to;
        return;
    }
    while (*text_at < to) {
        unsigned char c = (unsigned char)text->text[*text_at];
        size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        *text_at += len;
        *byte_at += text->width[len];
    }
}

void charset_media_type(const char *content_type, char *out, size_t out_max)
{
    size_t n = 0;
    const char *at = content_type != NULL ? content_type : "";
    while (is_blank(*at))
        at++;
    for (; *at != '\0' && *at != ';' && !is_blank(*at) && n + 1 < out_max; at++)
        out[n++] = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    out[n] = '\0';
}
