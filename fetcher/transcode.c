// SPDX-License-Identifier: MIT

#include "transcode.h"

#include "document.h"
#include "entity.h"
#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

struct work {
    const unsigned char *bytes;
    size_t len, at;
    char *out;
    size_t out_len, out_max;
    struct charset_fault *faults;
    size_t fault_count, faults_max;
    size_t all_faults;
    bool no_memory;
};

static void put(struct work *work, uint32_t character)
{
    work->out_len += entity_write(character, work->out + work->out_len);
}

static void fault(struct work *work, size_t bytes)
{
    work->all_faults++;
    if (work->fault_count == work->faults_max
        && work->fault_count < TRANSCODE_FAULTS_MAX) {
        size_t max = work->faults_max * 2 + 16;
        struct charset_fault *grown =
            realloc(work->faults, max * sizeof *grown);
        if (grown == NULL) {
            work->no_memory = true;
            return;
        }
        work->faults = grown;
        work->faults_max = max;
    }
    if (work->fault_count < TRANSCODE_FAULTS_MAX)
        work->faults[work->fault_count++] =
            (struct charset_fault){ work->out_len, bytes };
    put(work, 0xfffd);
    work->at += bytes;
}

static void from_utf8(struct work *work)
{
    const char *text = (const char *)work->bytes;
    while (work->at < work->len && !work->no_memory) {
        size_t broken;
        size_t n = utf8_ascii(text + work->at, work->len - work->at);
        if (n == 0)
            n = utf8_length(text + work->at, work->len - work->at, &broken);
        if (n == 0) {
            fault(work, broken);
            continue;
        }
        memcpy(work->out + work->out_len, text + work->at, n);
        work->out_len += n;
        work->at += n;
    }
}

static uint32_t unit16(const struct work *work, size_t at, bool big)
{
    const unsigned char *bytes = work->bytes + at;
    return big ? (uint32_t)bytes[0] << 8 | bytes[1]
               : (uint32_t)bytes[1] << 8 | bytes[0];
}

static void from_utf16(struct work *work, bool big)
{
    while (work->len - work->at >= 2 && !work->no_memory) {
        uint32_t c = unit16(work, work->at, big);
        if (c < 0xd800 || c > 0xdfff) {
            put(work, c);
            work->at += 2;
            continue;
        }
        uint32_t low = c < 0xdc00 && work->len - work->at >= 4
                           ? unit16(work, work->at + 2, big)
                           : 0;
        if (low < 0xdc00 || low > 0xdfff) {
            fault(work, 2);
            continue;
        }
        put(work, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
        work->at += 4;
    }
    if (work->at < work->len)
        fault(work, work->len - work->at);
}

static void from_utf32(struct work *work, bool big)
{
    for (; work->len - work->at >= 4 && !work->no_memory;) {
        uint32_t first = unit16(work, work->at, big);
        uint32_t second = unit16(work, work->at + 2, big);
        uint32_t c = big ? first << 16 | second : second << 16 | first;
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            fault(work, 4);
            continue;
        }
        put(work, c);
        work->at += 4;
    }
    if (work->at < work->len)
        fault(work, work->len - work->at);
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
        if (done == (size_t)-1 || len == 0 || len > 4)
            len = entity_write(i, out);
        memcpy(table->text[i], out, len);
        table->len[i] = (uint8_t)len;
    }
}

// One character a byte, whatever the converter thinks of combining them.
static void from_single(struct work *work, iconv_t converter)
{
    struct table table;
    fill(&table, converter);
    for (; work->at < work->len; work->at++) {
        unsigned char c = work->bytes[work->at];
        memcpy(work->out + work->out_len, table.text[c], 4);
        work->out_len += table.len[c];
    }
}

static void from_many(struct work *work, iconv_t converter)
{
    // iconv() takes its input without const, and does not write to it.
    union {
        const unsigned char *given;
        char *taken;
    } from = { .given = work->bytes };
    while (work->at < work->len && !work->no_memory
           && work->all_faults <= TRANSCODE_GIVE_UP) {
        from.given = work->bytes + work->at;
        char *to = work->out + work->out_len;
        size_t in_left = work->len - work->at;
        size_t out_left = work->out_max - work->out_len;
        size_t done = iconv(converter, &from.taken, &in_left, &to, &out_left);
        bool broken = done == (size_t)-1;
        bool cut = broken && errno == EINVAL;
        (void)iconv(converter, NULL, NULL, &to, &out_left);
        work->out_len = work->out_max - out_left;
        work->at = work->len - in_left;
        if (broken && work->at < work->len)
            fault(work, cut ? work->len - work->at : 1);
    }
}

// HZ (RFC 1843) is GB 2312 in seven bits between "~{" and "~}".
static char *unfold(const char *bytes, size_t len, size_t *out_len)
{
    char *out = malloc(len + 1);
    bool high = false;
    *out_len = 0;
    for (size_t i = 0; i < len && out != NULL; i++) {
        char next = i + 1 < len ? bytes[i + 1] : '\0';
        if (bytes[i] == '~' && next != '\0' && strchr("{}~\n", next) != NULL) {
            i++;
            if (next == '~')
                out[(*out_len)++] = '~';
            high = next == '{' || (high && next != '}');
        } else {
            bool text = high && bytes[i] > 0x20;
            out[(*out_len)++] = (char)(bytes[i] | (text ? 0x80 : 0));
        }
    }
    return out;
}

static enum transcode_result convert(const struct label *label,
                                     struct work *work)
{
    iconv_t converter = iconv_open("UTF-8", label->iconv);
    if (converter == (iconv_t)-1)
        return errno == ENOMEM ? TRANSCODE_NO_MEMORY : TRANSCODE_NOT_THAT;
    char *unfolded = NULL;
    if (label->kind == LABEL_HZ) {
        unfolded = unfold((const char *)work->bytes, work->len, &work->len);
        work->bytes = (const unsigned char *)unfolded;
        work->no_memory = unfolded == NULL;
    }
    if (label->kind == LABEL_SINGLE)
        from_single(work, converter);
    else if (!work->no_memory)
        from_many(work, converter);
    free(unfolded);
    (void)iconv_close(converter);
    return work->all_faults <= TRANSCODE_GIVE_UP ? TRANSCODE_DONE
                                                 : TRANSCODE_NOT_THAT;
}

static enum transcode_result run(const struct label *label, struct work *work)
{
    switch (label->kind) {
    case LABEL_UTF8:
        from_utf8(work);
        return TRANSCODE_DONE;
    case LABEL_UTF16LE:
    case LABEL_UTF16BE:
        from_utf16(work, label->kind == LABEL_UTF16BE);
        return TRANSCODE_DONE;
    case LABEL_UTF32LE:
    case LABEL_UTF32BE:
        from_utf32(work, label->kind == LABEL_UTF32BE);
        return TRANSCODE_DONE;
    case LABEL_SINGLE:
    case LABEL_DOUBLE:
    case LABEL_SHIFT_JIS:
    case LABEL_EUC_JP:
    case LABEL_GB18030:
    case LABEL_STATEFUL:
    case LABEL_HZ:
        break;
    }
    return convert(label, work);
}

static void set_widths(struct charset_text *text, enum label_kind kind)
{
    static const uint8_t widths[][5] = {
        [LABEL_UTF8] = { 0, 1, 2, 3, 4 },
        // How many bytes those of several take, the first of them tells.
        [LABEL_DOUBLE] = { 0, 1, 0, 0, 0 },
        [LABEL_SHIFT_JIS] = { 0, 1, 0, 0, 0 },
        [LABEL_EUC_JP] = { 0, 1, 0, 0, 0 },
        [LABEL_GB18030] = { 0, 1, 0, 0, 0 },
        [LABEL_STATEFUL] = { 0 },
        [LABEL_HZ] = { 0 },
        [LABEL_SINGLE] = { 0, 1, 1, 1, 1 },
        [LABEL_UTF16LE] = { 0, 2, 2, 2, 4 },
        [LABEL_UTF16BE] = { 0, 2, 2, 2, 4 },
        [LABEL_UTF32LE] = { 0, 4, 4, 4, 4 },
        [LABEL_UTF32BE] = { 0, 4, 4, 4, 4 },
    };
    memcpy(text->width, widths[kind], sizeof text->width);
}

// Is the end of the text the end of the bytes? A converter that makes two
// characters of one (BIG5-HKSCS does) shows here.
static bool is_in_step(const struct charset_text *text)
{
    size_t text_at = 0, byte_at = 0;
    charset_seek(text, text->len, &text_at, &byte_at);
    return byte_at == text->byte_count;
}

enum transcode_result transcode(const struct label *label, const char *bytes,
                                size_t len, struct charset_text *out)
{
    // No character here is longer than three times its bytes; four for what
    // from_single() writes beyond.
    size_t max = 3 * len + 8;
    struct work work = {
        .bytes = (const unsigned char *)bytes,
        .len = len,
        .out = malloc(max),
        .out_max = max,
    };
    enum transcode_result result = TRANSCODE_NO_MEMORY;
    if (work.out != NULL)
        result = run(label, &work);
    if (work.no_memory)
        result = TRANSCODE_NO_MEMORY;
    if (result != TRANSCODE_DONE) {
        free(work.out);
        free(work.faults);
        return result;
    }
    out->text = out->owned = work.out;
    out->len = work.out_len;
    out->kind = label->kind;
    out->bytes = bytes;
    out->byte_count = len;
    out->faults = work.faults;
    out->fault_count = work.fault_count;
    if (work.all_faults > 0)
        out->repairs |= DOCUMENT_REPAIR_BYTES;
    set_widths(out, label->kind);
    if (out->width[1] > 0
        && (work.all_faults > work.fault_count || !is_in_step(out)))
        out->width[1] = 0;
    return result;
}
