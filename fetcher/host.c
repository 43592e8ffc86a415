// SPDX-License-Identifier: MIT

#include "host.h"

#include "hex.h"
#include "punycode.h"

#include <arpa/inet.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

enum { NAME_MAX_LEN = 253, LABEL_MAX = 63 };

// Undo percent-escapes, lower-case ASCII. The result may hold any byte.
static bool decode(const char *text, size_t len, char *out, size_t out_max,
                   size_t *out_len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c == '\0' || n == out_max)
            return false;
        out[n++] = c;
    }
    *out_len = n;
    return true;
}

// The next code point, or false where the bytes are not UTF-8.
static bool next_point(const char *text, size_t len, size_t *at,
                       uint32_t *point)
{
    static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
    unsigned char first = (unsigned char)text[(*at)++];
    if (first < 0x80) {
        *point = first;
        return true;
    }

    size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || len - *at < more)
        return false;
    uint32_t value = first & (0x3fU >> more);
    for (size_t i = 0; i < more; i++) {
        unsigned char c = (unsigned char)text[(*at)++];
        if ((c & 0xc0) != 0x80)
            return false;
        value = value << 6 | (c & 0x3fU);
    }
    *point = value;
    return value >= least[more] && value <= 0x10ffff
           && (value < 0xd800 || value > 0xdfff);
}

// Not for names, or folded into other characters by nameprep.
static bool is_refused(uint32_t point)
{
    static const struct {
        uint32_t from, to;
    } refused[] = {
        { 0x80, 0xb6 },        { 0xb8, 0xbf },       { 0xd7, 0xd7 },
        { 0xf7, 0xf7 },        { 0x2000, 0x2bff },   { 0x2e00, 0x2e7f },
        { 0x2ff0, 0x3004 },    { 0x3008, 0x3020 },   { 0x3200, 0x33ff },
        { 0xd800, 0xf8ff },    { 0xfb00, 0xfb4f },   { 0xfe00, 0xfe6f },
        { 0xfeff, 0xffff },    { 0x1d000, 0x1d7ff }, { 0x1f000, 0x1faff },
        { 0xe0000, 0x10ffff },
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (point >= refused[i].from && point <= refused[i].to)
            return true;
    return false;
}

static bool is_name_byte(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
           || c == '_';
}

struct label {
    uint32_t points[LABEL_MAX];
    size_t count;
    bool ascii;
};

static bool append_label(struct host *host, size_t *len,
                         const struct label *label)
{
    char text[LABEL_MAX];
    size_t n = 0;
    if (label->ascii) {
        for (; n < label->count; n++)
            text[n] = (char)label->points[n];
    } else {
        memcpy(text, "xn--", 4);
        if (!punycode_encode(label->points, label->count, text + 4,
                             sizeof text - 4, &n))
            return false;
        n += 4;
    }
    if (*len + n > NAME_MAX_LEN)
        return false;
    memcpy(host->text + *len, text, n);
    *len += n;
    return true;
}

// U+3002 and its like are dots to IDNA.
static bool is_dot(uint32_t point)
{
    return point == '.' || point == 0x3002 || point == 0xff0e
           || point == 0xff61;
}

static bool add_point(struct label *label, uint32_t point, locale_t unicode)
{
    if (point >= 0x80) {
        point = (uint32_t)towlower_l((wint_t)point, unicode);
        label->ascii = false;
    }
    bool fine = point < 0x80 ? is_name_byte(point) : !is_refused(point);
    if (!fine || label->count == LABEL_MAX)
        return false;
    label->points[label->count++] = point;
    return true;
}

// One dot at the very end is kept: it is another name to some.
static bool read_labels(const char *name, size_t len, locale_t unicode,
                        struct host *out)
{
    struct label label = { .ascii = true };
    size_t written = 0;

    for (size_t at = 0; at < len;) {
        uint32_t point;
        if (!next_point(name, len, &at, &point))
            return false;
        if (!is_dot(point)) {
            if (!add_point(&label, point, unicode))
                return false;
            continue;
        }
        if (label.count == 0 || !append_label(out, &written, &label))
            return false;
        out->text[written++] = '.';
        label = (struct label){ .ascii = true };
    }
    if (label.count > 0 && !append_label(out, &written, &label))
        return false;
    out->text[written] = '\0';
    return written > 0;
}

static bool read_name(const char *name, size_t len, struct host *out)
{
    bool ascii = true;
    for (size_t i = 0; i < len; i++)
        ascii = ascii && (unsigned char)name[i] < 0x80;
    if (ascii)
        return read_labels(name, len, (locale_t)0, out);

    // The process may live in the "C" locale, which knows ASCII alone.
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (unicode == (locale_t)0)
        return false;
    bool fine = read_labels(name, len, unicode, out);
    freelocale(unicode);
    return fine;
}

// A number in the notations of inet_aton(): 0x7f, 0177, 127.
static bool read_number(const char *text, size_t len, uint64_t *out)
{
    unsigned base = 10;
    if (len >= 2 && text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
        len -= 2;
    } else if (len >= 2 && text[0] == '0') {
        base = 8;
    }

    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0 || digit >= (int)base)
            return false;
        value = value * base + (unsigned)digit;
        if (value > UINT32_MAX)
            return false;
    }
    *out = value;
    return true;
}

// As browsers have it: a name whose last label is a number, of any size, is
// an address or nothing.
static bool ends_in_number(const char *name, size_t len)
{
    if (len > 0 && name[len - 1] == '.')
        len--;
    size_t start = len;
    while (start > 0 && name[start - 1] != '.')
        start--;
    bool hex = len - start >= 2 && memcmp(name + start, "0x", 2) == 0;
    for (size_t i = hex ? start + 2 : start; i < len; i++) {
        int digit = hex_digit(name[i]);
        if (digit < 0 || (!hex && digit > 9))
            return false;
    }
    return len > start;
}

static bool read_v4(const char *name, size_t len, struct host *out)
{
    uint64_t parts[4], address = 0;
    size_t count = 0;
    if (name[len - 1] == '.')
        len--;
    for (size_t at = 0; at <= len && count < 4; count++) {
        const char *dot = memchr(name + at, '.', len - at);
        size_t end = dot != NULL ? (size_t)(dot - name) : len;
        if (end == at || !read_number(name + at, end - at, &parts[count]))
            return false;
        at = end + 1;
        if (count == 3 && end != len)
            return false;
    }

    // All but the last are bytes; the last fills what is left.
    for (size_t i = 0; i + 1 < count; i++) {
        if (parts[i] > 255)
            return false;
        address |= parts[i] << (8 * (3 - i));
    }
    if (parts[count - 1] >= UINT64_C(1) << (8 * (5 - count)))
        return false;
    address |= parts[count - 1];

    struct in_addr in = { .s_addr = htonl((uint32_t)address) };
    out->numeric = true;
    return inet_ntop(AF_INET, &in, out->text, sizeof out->text) != NULL;
}

static bool read_v6(const char *text, size_t len, struct host *out)
{
    char literal[INET6_ADDRSTRLEN];
    struct in6_addr in6;
    if (len >= sizeof literal)
        return false;
    memcpy(literal, text, len);
    literal[len] = '\0';
    if (inet_pton(AF_INET6, literal, &in6) != 1)
        return false;
    out->numeric = true;
    out->v6 = true;
    return inet_ntop(AF_INET6, &in6, out->text, sizeof out->text) != NULL;
}

bool host_read(const char *text, size_t len, struct host *out)
{
    *out = (struct host){ .text = "" };
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']')
        return read_v6(text + 1, len - 2, out);

    // An international name may be longer in UTF-8 than in A-labels.
    char name[4 * NAME_MAX_LEN];
    size_t name_len;
    if (!decode(text, len, name, sizeof name, &name_len) || name_len == 0)
        return false;
    if (!read_name(name, name_len, out))
        return false;

    // Judged after mapping, so that no spelling of a dot hides a number.
    size_t mapped = strlen(out->text);
    if (!ends_in_number(out->text, mapped))
        return true;
    memcpy(name, out->text, mapped + 1);
    return read_v4(name, mapped, out);
}
