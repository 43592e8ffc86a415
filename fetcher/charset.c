// SPDX-License-Identifier: MIT

#include "charset.h"

#include "claim.h"
#include "document.h"
#include "guess.h"
#include "transcode.h"
#include "utf8.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// How many characters of several bytes there are in what is UTF-8, for each
// piece that is none. In text of a single-byte charset it is the other way
// round: few of its letters happen to look like UTF-8.
enum { SELDOM = 4 };

static const struct label *known(const char *name)
{
    const struct label *found = label_find(name, strlen(name));
    assert(found != NULL);
    return found;
}

static bool is_utf8(const struct label *label)
{
    return label != NULL && label->kind == LABEL_UTF8;
}

// May the bytes be heard against the label? Not against a mark.
static const struct label *hear_bytes(const struct claim *claim,
                                      const struct label *decided,
                                      const struct utf8_census *census,
                                      const char *bytes, size_t len)
{
    bool speaks_utf8 = census->many > 0 && census->many >= census->broken;
    if (claim->mark != NULL || label_is_wide(decided))
        return decided;
    if (decided->kind == LABEL_UTF8) {
        if (census->broken == 0 || speaks_utf8)
            return decided;
        bool other = claim->document != NULL && !is_utf8(claim->document)
                     && !label_is_wide(claim->document);
        return other ? claim->document : known(guess_charset(bytes, len));
    }
    if (decided->kind != LABEL_SINGLE)
        return decided;
    bool doubtful =
        claim->ascii || (decided == claim->http && is_utf8(claim->document));
    bool plain = census->many > SELDOM * census->broken;
    return speaks_utf8 && (doubtful || plain) ? known("utf-8") : decided;
}

// Was what somebody said wrong?
static bool is_wrong(const struct claim *claim, const struct label *used)
{
    const struct label *first = claim->mark;
    if (first == NULL)
        first = claim->http != NULL ? claim->http : claim->document;
    if (first == NULL)
        return claim->unknown || (!is_utf8(used) && claim->zeros == NULL);
    // UTF-16 by name says nothing of its byte order.
    bool order = label_is_wide(first) && label_is_wide(used)
                 && strncmp(first->name, used->name, strlen("utf-16")) == 0;
    return first != used && !order;
}

static void pass_on(const struct label *label, const char *bytes, size_t len,
                    struct charset_text *out)
{
    out->text = out->bytes = bytes;
    out->len = out->byte_count = len;
    out->kind = label->kind;
    memcpy(out->width, (uint8_t[]){ 0, 1, 2, 3, 4 }, sizeof out->width);
}

// Bytes that are the text already need no copy.
static bool is_text(const struct label *label, const char *bytes, size_t len,
                    const struct utf8_census *census)
{
    if (label->kind == LABEL_UTF8)
        return census->broken == 0;
    return label->kind == LABEL_SINGLE && utf8_ascii(bytes, len) == len;
}

static enum transcode_result read_as(const struct label *label,
                                     const char *bytes, size_t len,
                                     const struct utf8_census *census,
                                     struct charset_text *out)
{
    out->name = label->name;
    if (!is_text(label, bytes, len, census))
        return transcode(label, bytes, len, out);
    pass_on(label, bytes, len, out);
    return TRANSCODE_DONE;
}

// As if it had no label.
static enum transcode_result read_unlabelled(const char *bytes, size_t len,
                                             const struct utf8_census *census,
                                             struct charset_text *out)
{
    static const struct claim nothing;
    const struct label *label =
        hear_bytes(&nothing, known("utf-8"), census, bytes, len);
    out->repairs |= DOCUMENT_REPAIR_CHARSET;
    return read_as(label, bytes, len, census, out);
}

bool charset_read(const char *bytes, size_t len, const char *content_type,
                  struct charset_text *out)
{
    *out = (struct charset_text){ .text = "", .readable = true };
    struct claim claim;
    claim_read(bytes, len, content_type, &claim);
    out->before = claim.mark_len;
    bytes += claim.mark_len;
    len -= claim.mark_len;

    const struct label *label = claim_decide(&claim);
    if (label == NULL)
        label = known("utf-8");
    struct utf8_census census = { 0 };
    if (!label_is_wide(label))
        census = utf8_count(bytes, len);
    label = hear_bytes(&claim, label, &census, bytes, len);
    if (is_wrong(&claim, label))
        out->repairs |= DOCUMENT_REPAIR_CHARSET;

    enum transcode_result result = read_as(label, bytes, len, &census, out);
    // An obvious mistake: of a multi-byte charset it has pieces that are not,
    // and of UTF-8 none.
    bool rather_utf8 = (out->repairs & DOCUMENT_REPAIR_BYTES) != 0
                       && census.many > 0 && census.broken == 0;
    if (result == TRANSCODE_NOT_THAT || rather_utf8) {
        size_t before = out->before;
        charset_clear(out);
        *out = (struct charset_text){ .text = "", .readable = true };
        out->before = before;
        result = read_unlabelled(bytes, len, &census, out);
    }
    out->readable = result == TRANSCODE_DONE;
    return result != TRANSCODE_NO_MEMORY;
}

void charset_clear(struct charset_text *text)
{
    free(text->owned);
    free(text->faults);
    *text = (struct charset_text){ .text = "", .name = text->name };
}

// The bytes of the character at `at` of a charset of mixed width.
static size_t stride(const struct charset_text *text, size_t at)
{
    const unsigned char *bytes = (const unsigned char *)text->bytes;
    unsigned char c = bytes[at];
    switch (text->kind) {
    case LABEL_SHIFT_JIS:
        return c <= 0x80 || (c >= 0xa0 && c <= 0xdf) || c >= 0xfd ? 1 : 2;
    case LABEL_EUC_JP:
        return c == 0x8f ? 3 : c == 0x8e || c >= 0xa1 ? 2 : 1;
    case LABEL_GB18030:
        if (c <= 0x80 || c == 0xff || at + 1 >= text->byte_count)
            return 1;
        return bytes[at + 1] >= '0' && bytes[at + 1] <= '9' ? 4 : 2;
    case LABEL_UTF8:
    case LABEL_SINGLE:
    case LABEL_DOUBLE:
    case LABEL_STATEFUL:
    case LABEL_HZ:
    case LABEL_UTF16LE:
    case LABEL_UTF16BE:
    case LABEL_UTF32LE:
    case LABEL_UTF32BE:
        break;
    }
    return c <= 0x80 || c == 0xff ? 1 : 2;
}

// The first fault at or behind this place of the text.
static size_t fault_from(const struct charset_text *text, size_t at)
{
    size_t low = 0, high = text->fault_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text->faults[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t character_length(const char *text)
{
    unsigned char c = (unsigned char)*text;
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

// Up to `to`, with no fault on the way.
static void walk(const struct charset_text *text, size_t to, size_t *text_at,
                 size_t *byte_at)
{
    if (text->kind == LABEL_UTF8 || text->owned == NULL) {
        *byte_at += to - *text_at;
        *text_at = to;
    }
    while (*text_at < to) {
        size_t len = character_length(text->text + *text_at);
        size_t byte = *byte_at - text->before;
        if (text->width[4] > 0)
            *byte_at += text->width[len];
        else
            *byte_at += byte < text->byte_count ? stride(text, byte) : 1;
        *text_at += len;
    }
}

void charset_seek(const struct charset_text *text, size_t to, size_t *text_at,
                  size_t *byte_at)
{
    static const size_t replacement = 3; // bytes of U+FFFD
    size_t next = fault_from(text, *text_at);
    while (next < text->fault_count && text->faults[next].at < to) {
        walk(text, text->faults[next].at, text_at, byte_at);
        *text_at += replacement;
        *byte_at += text->faults[next].bytes;
        next++;
    }
    walk(text, to, text_at, byte_at);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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
