// SPDX-License-Identifier: MIT

#include "opml.h"

#include "fetcher/ahead.h"
#include "fetcher/charset.h"
#include "fetcher/pool.h"
#include "fetcher/reference.h"
#include "fetcher/tag.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reading {
    const char *text;
    size_t len;
    struct ahead ahead;
    struct tag tag;
    const struct opml_taker *taker;
    size_t counted; // bytes whose lines are counted
    unsigned line;
    bool opml; // its root was seen
    bool stopped;
    const char *wrong;
};

static bool is_word(const struct reading *reading, size_t at, size_t len,
                    const char *word)
{
    return len == strlen(word)
           && strncasecmp(reading->text + at, word, len) == 0;
}

static unsigned line_at(struct reading *reading, size_t at)
{
    for (; reading->counted < at; reading->counted++)
        reading->line += reading->text[reading->counted] == '\n';
    return reading->line;
}

static size_t skip_blanks(const char *text, size_t len)
{
    size_t from = 0;
    while (from < len && strchr(" \t\r\n", text[from]))
        from++;
    return from;
}

// What a broken reference is in it, it stands for itself.
static void tell(struct reading *reading, size_t at, size_t len)
{
    struct pool url = { .len = 0 };
    const char *text = reading->text + at;
    size_t blank = skip_blanks(text, len);
    text += blank;
    len -= blank;
    while (len > 0 && strchr(" \t\r\n", text[len - 1]))
        len--;
    if (!reference_undo(&url, text, len) && !url.failed) {
        url.len = 0;
        pool_add(&url, text, len);
    }
    pool_add(&url, "", 1);
    const struct opml_feed feed = { url.bytes, line_at(reading, at) };
    if (url.failed)
        reading->wrong = "there is no memory for it";
    else
        reading->stopped =
            !reading->taker->take(reading->taker->context, &feed);
    pool_clear(&url);
}

static void take_tag(struct reading *reading)
{
    const struct tag *tag = &reading->tag;
    if (is_word(reading, tag->name, tag->name_len, "opml"))
        reading->opml = true;
    if (tag->closing || !is_word(reading, tag->name, tag->name_len, "outline"))
        return;
    for (size_t i = 0; i < tag->count; i++) {
        const struct tag_attribute *one = &tag->attributes[i];
        if (!is_word(reading, one->name, one->name_len, "xmlUrl"))
            continue;
        if (one->value_len > 0)
            tell(reading, one->value, one->value_len);
        return;
    }
}

static bool begins(const struct reading *reading, size_t at, const char *what)
{
    size_t len = strlen(what);
    return reading->len - at >= len
           && memcmp(reading->text + at, what, len) == 0;
}

// What starts with the '<' at `at`; the place behind it.
static size_t read_markup(struct reading *reading, size_t at)
{
    if (begins(reading, at, "<!--"))
        return ahead_past(&reading->ahead, AHEAD_COMMENT_END, at + 4);
    if (begins(reading, at, "<![CDATA["))
        return ahead_past(&reading->ahead, AHEAD_CDATA_END, at);
    if (begins(reading, at, "<?"))
        return ahead_past(&reading->ahead, AHEAD_INSTRUCTION_END, at);
    switch (tag_read(&reading->ahead, at, &reading->tag)) {
    case TAG_FOUND:
        take_tag(reading);
        return reading->tag.end;
    case TAG_CUT:
        return reading->len;
    case TAG_NONE:
        break;
    }
    return at + 1;
}

static void read_text(struct reading *reading)
{
    size_t at = ahead_find(&reading->ahead, AHEAD_LESS, 0);
    while (at < reading->len && !reading->stopped && !reading->wrong) {
        size_t next = read_markup(reading, at);
        at = ahead_find(&reading->ahead, AHEAD_LESS, next);
    }
    if (!reading->opml && !reading->wrong)
        reading->wrong = "it is no OPML";
}

const char *opml_read(const char *bytes, size_t len,
                      const struct opml_taker *taker)
{
    struct charset_text text;
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading || !charset_read(bytes, len, "", &text)) {
        free(reading);
        return "there is no memory for it";
    }
    reading->text = text.text;
    reading->len = text.len;
    reading->taker = taker;
    reading->line = 1;
    ahead_open(&reading->ahead, text.text, text.len);
    read_text(reading);
    const char *wrong = reading->wrong;
    charset_clear(&text);
    free(reading);
    return wrong;
}
