// SPDX-License-Identifier: MIT

#include "jsonmend.h"

#include "document.h"
#include "jsonscalar.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256 };

enum expected { NAME, COLON, VALUE, NEXT };

struct mender {
    struct jsonscalar in;
    char closing[DEPTH_MAX + 1]; // '}' or ']' of each open level, from 1
    bool filled[DEPTH_MAX + 1];  // does it hold something already?
    unsigned depth;
    enum expected expected;
    bool names_items; // the last name of the outermost object
    bool in_items;
    // Up to where everything is whole, and how many levels are open there.
    size_t whole;
    unsigned whole_depth;
    bool too_deep;
};

static void add(struct mender *mender, const char *text)
{
    pool_add(&mender->in.out, text, strlen(text));
}

static void skip_line(struct jsonscalar *in)
{
    const char *end = memchr(in->text + in->at, '\n', in->len - in->at);
    in->at = end == NULL ? in->len : (size_t)(end - in->text) + 1;
}

static void skip_comment(struct jsonscalar *in)
{
    const char *end =
        memmem(in->text + in->at + 2, in->len - in->at - 2, "*/", 2);
    in->at = end == NULL ? in->len : (size_t)(end - in->text) + 2;
}

// Blanks, comments, and what is no character of JSON at all.
static void skip(struct jsonscalar *in)
{
    while (in->at < in->len) {
        const char *text = in->text + in->at;
        char after = in->len - in->at > 1 ? text[1] : '\0';
        if ((unsigned char)text[0] <= 0x20) {
            in->mended = in->mended || memchr(" \t\r\n", text[0], 4) == NULL;
            in->at++;
        } else if (text[0] == '/' && (after == '/' || after == '*')) {
            in->mended = true;
            if (after == '/')
                skip_line(in);
            else
                skip_comment(in);
        } else {
            return;
        }
    }
}

static bool is_object(const struct mender *mender)
{
    return mender->closing[mender->depth] == '}';
}

// All before here is whole, if the outermost levels are.
static void settle(struct mender *mender)
{
    if (mender->depth != 1 && !(mender->depth == 2 && mender->in_items))
        return;
    mender->whole = mender->in.out.len;
    mender->whole_depth = mender->depth;
}

static void finish_value(struct mender *mender)
{
    mender->filled[mender->depth] = true;
    mender->expected = NEXT;
    settle(mender);
}

static void open_level(struct mender *mender, char bracket)
{
    if (mender->depth == DEPTH_MAX) {
        mender->too_deep = true;
        return;
    }
    bool array = bracket == '[';
    mender->in_items =
        mender->depth == 1 ? array && mender->names_items : mender->in_items;
    mender->depth++;
    mender->closing[mender->depth] = array ? ']' : '}';
    mender->filled[mender->depth] = false;
    mender->expected = array ? VALUE : NAME;
    add(mender, array ? "[" : "{");
    settle(mender);
}

// A name without its value gets none.
static void complete_member(struct mender *mender)
{
    if (mender->expected == COLON)
        add(mender, ":null");
    else if (mender->expected == VALUE && is_object(mender))
        add(mender, "null");
    else
        return;
    mender->in.mended = true;
    finish_value(mender);
}

static void close_level(struct mender *mender)
{
    complete_member(mender);
    mender->in.mended =
        mender->in.mended
        || (mender->expected != NEXT && mender->filled[mender->depth]);
    add(mender, is_object(mender) ? "}" : "]");
    mender->depth--;
    finish_value(mender);
}

// One that closes nothing is left out; others close what is within.
static void read_closing(struct mender *mender, char bracket)
{
    unsigned depth = mender->depth;
    while (depth > 0 && mender->closing[depth] != bracket)
        depth--;
    mender->in.mended = mender->in.mended || depth != mender->depth;
    while (depth > 0 && mender->depth >= depth)
        close_level(mender);
}

static void read_comma(struct mender *mender)
{
    complete_member(mender);
    mender->in.mended = mender->in.mended || mender->expected != NEXT;
    mender->expected = is_object(mender) ? NAME : VALUE;
}

static void separate(struct mender *mender)
{
    if (mender->filled[mender->depth])
        add(mender, ",");
}

// False: the text ended within.
static bool read_scalar(struct mender *mender, bool is_name)
{
    char c = mender->in.text[mender->in.at];
    if (c == '"' || c == '\'')
        return jsonscalar_string(&mender->in);
    jsonscalar_word(&mender->in, is_name);
    return true;
}

static bool read_name(struct mender *mender)
{
    char c = mender->in.text[mender->in.at];
    if (c == '{' || c == '[') {
        mender->in.mended = true;
        mender->in.at++;
        return true;
    }
    separate(mender);
    size_t from = mender->in.out.len;
    if (!read_scalar(mender, true))
        return false;
    size_t len = mender->in.out.len - from;
    if (mender->depth == 1)
        mender->names_items =
            len == 7
            && memcmp(mender->in.out.bytes + from, "\"items\"", 7) == 0;
    mender->expected = COLON;
    return true;
}

static bool read_value(struct mender *mender)
{
    char c = mender->in.text[mender->in.at];
    if (!is_object(mender))
        separate(mender);
    if (c == '{' || c == '[') {
        mender->in.at++;
        open_level(mender, c);
        return true;
    }
    if (!read_scalar(mender, false))
        return false;
    finish_value(mender);
    return true;
}

// What stands where a separator should puts the separator in its place.
static bool read_content(struct mender *mender)
{
    if (mender->expected == NAME)
        return read_name(mender);
    if (mender->expected == VALUE)
        return read_value(mender);
    mender->in.mended = true;
    if (mender->expected == COLON)
        add(mender, ":");
    mender->expected =
        mender->expected == NEXT && is_object(mender) ? NAME : VALUE;
    return true;
}

// False: the text ended before its object did.
static bool read_object(struct mender *mender)
{
    struct jsonscalar *in = &mender->in;
    in->at++;
    open_level(mender, '{');
    while (mender->depth > 0 && !mender->too_deep && !in->out.failed) {
        skip(in);
        if (in->at == in->len)
            return false;
        char c = in->text[in->at];
        if (c == '}' || c == ']') {
            in->at++;
            read_closing(mender, c);
        } else if (c == ',') {
            in->at++;
            read_comma(mender);
        } else if (c == ':') {
            in->at++;
            in->mended = in->mended || mender->expected != COLON;
            if (mender->expected == COLON) {
                add(mender, ":");
                mender->expected = VALUE;
            }
        } else if (!read_content(mender)) {
            return false;
        }
    }
    return true;
}

static bool is_all_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (memchr(" \t\r\n", text[i], 4) == NULL)
            return false;
    return true;
}

bool jsonmend_make(const char *text, size_t len, struct jsonmend *out)
{
    *out = (struct jsonmend){ 0 };
    const char *begin = len > 0 ? memchr(text, '{', len) : NULL;
    struct mender *mender = calloc(1, sizeof *mender);
    if (begin == NULL || mender == NULL) {
        free(mender);
        return begin == NULL;
    }
    struct jsonscalar *in = &mender->in;
    *in = (struct jsonscalar){ .text = text, .len = len };
    in->at = (size_t)(begin - text);
    if (!is_all_blank(text, in->at))
        out->repairs |= DOCUMENT_REPAIR_LEADING;
    if (!read_object(mender)) {
        out->repairs |= DOCUMENT_REPAIR_TAIL;
        out->incomplete = true;
        in->out.len = mender->whole;
        add(mender, mender->whole_depth == 2 ? "]}" : "}");
    } else if (!is_all_blank(text + in->at, len - in->at)) {
        out->repairs |= DOCUMENT_REPAIR_TRAILING;
    }
    if (in->mended)
        out->repairs |= DOCUMENT_REPAIR_JSON;
    bool failed = in->out.failed;
    if (failed || mender->too_deep)
        pool_clear(&in->out);
    out->text = in->out.bytes;
    out->len = in->out.len;
    free(mender);
    return !failed;
}

void jsonmend_clear(struct jsonmend *mended)
{
    free(mended->text);
    *mended = (struct jsonmend){ 0 };
}
