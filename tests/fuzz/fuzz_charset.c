// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/charset.h"
#include "fetcher/utf8.h"

#include <assert.h>
#include <string.h>

static const char *const types[] = {
    NULL,
    "text/xml; charset=iso-8859-1",
    "text/xml; charset=utf-8",
    "text/xml; charset=us-ascii",
    "text/xml; charset=shift_jis",
    "text/xml; charset=gb18030",
    "text/xml; charset=big5",
    "text/xml; charset=euc-jp",
    "text/xml; charset=euc-kr",
    "text/xml; charset=iso-2022-jp",
    "text/xml; charset=hz-gb-2312",
    "text/xml; charset=utf-16be",
    "text/xml; charset=windows-1255",
    "text/xml; charset=no-such",
};

// Places go forward, step by step and all at once, and end where the bytes do.
static void check_places(const struct charset_text *text, size_t size)
{
    size_t text_at = 0, byte_at = text->before, last = 0;
    for (size_t at = 0; at <= text->len; at++) {
        // Not within a character.
        if (at < text->len && ((unsigned char)text->text[at] & 0xc0) == 0x80)
            continue;
        charset_seek(text, at, &text_at, &byte_at);
        assert(text_at == at && byte_at >= last && byte_at <= size);
        last = byte_at;
    }
    assert(byte_at == size);
    text_at = 0;
    byte_at = text->before;
    charset_seek(text, text->len, &text_at, &byte_at);
    assert(byte_at == size);
}

// What the bytes say of themselves by each of these types.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct charset_text text;
        if (!charset_read((const char *)data, size, types[i], &text))
            continue;
        assert(text.name != NULL && text.readable);
        assert(text.len <= 3 * size);
        struct utf8_census census = utf8_count(text.text, text.len);
        assert(census.broken == 0);
        if (text.width[1] > 0)
            check_places(&text, size);
        charset_clear(&text);
    }
    return 0;
}
