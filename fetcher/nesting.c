// SPDX-License-Identifier: MIT

#include "nesting.h"

#include "document.h"
#include "words.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

static bool is_word(const char *name, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(name, word, len) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t prefix_length(const char *name, size_t len)
{
    const char *colon = memchr(name, ':', len);
    return colon == NULL ? 0 : (size_t)(colon - name) + 1;
}

static const char *name_of(const struct nesting *nesting,
                           const struct nesting_open *open)
{
    return nesting->out->bytes + open->name;
}

// What is left of a name without the prefix of the format's own elements;
// NULL: it has another.
static const char *own_name(const struct nesting *nesting, const char *name,
                            size_t len, size_t *own_len)
{
    size_t skip = prefix_length(name, len);
    *own_len = len - skip;
    if (nesting->depth == 0 || skip == 0)
        return skip == nesting->prefix_len ? name : NULL;
    const char *root = name_of(nesting, &nesting->open[0]);
    bool own = skip == nesting->prefix_len && memcmp(name, root, skip) == 0;
    return own
                   || (nesting->prefix_len == 0 && skip == 4
                       && memcmp(name, "rss:", 4) == 0)
               ? name + skip
               : NULL;
}

static enum nesting_role role_of(const struct nesting *nesting,
                                 const char *name, size_t len)
{
    size_t own_len;
    const char *own = own_name(nesting, name, len, &own_len);
    if (own == NULL)
        return NESTING_PLAIN;
    if (is_word(own, own_len, nesting->atom ? "entry" : "item"))
        return NESTING_ENTRY;
    if (!nesting->atom && is_word(own, own_len, "channel"))
        return NESTING_CHANNEL;
    return is_word(own, own_len, nesting->atom ? "feed" : "rss")
               ? NESTING_ROOT
               : NESTING_PLAIN;
}

// The depth within the innermost open element of this role; 0: none is open.
static unsigned within(const struct nesting *nesting, enum nesting_role role)
{
    for (unsigned i = nesting->depth; i > 0; i--)
        if (nesting->open[i - 1].role == role)
            return i;
    return 0;
}

// Where the children of what is open now begin: of an entry, the channel, the
// root.
static unsigned base_of(const struct nesting *nesting)
{
    unsigned entry = within(nesting, NESTING_ENTRY);
    unsigned channel = within(nesting, NESTING_CHANNEL);
    return entry > 0 ? entry : channel > 0 ? channel : 1;
}

static void close_to(struct nesting *nesting, unsigned depth, size_t end)
{
    while (nesting->depth > depth) {
        struct nesting_open *top = &nesting->open[--nesting->depth];
        // The pool may move while it takes what is in it.
        char name[1100];
        assert(top->name_len < sizeof name);
        if (nesting->out->failed)
            continue;
        memcpy(name, name_of(nesting, top), top->name_len);
        pool_add(nesting->out, "</", 2);
        pool_add(nesting->out, name, top->name_len);
        pool_add(nesting->out, ">", 1);
        if (top->noted)
            places_add(nesting->places, nesting->out->len, end);
        nesting->channel_ended |= top->role == NESTING_CHANNEL;
    }
    nesting->beyond = 0;
}

// The end of what stands before `at`.
static size_t end_before(const struct nesting *nesting, size_t at)
{
    while (at > 0 && is_blank(nesting->text[at - 1]))
        at--;
    return at;
}

static void close_early(struct nesting *nesting, unsigned depth, size_t at)
{
    if (nesting->depth == depth)
        return;
    nesting->repairs |= DOCUMENT_REPAIR_TAGS;
    close_to(nesting, depth, end_before(nesting, at));
}

// What holds entries of its own within an entry: a feed (OData's), versions of
// it that were lost (FeedSync's).
static bool is_inner_feed(const char *name, size_t len)
{
    size_t skip = prefix_length(name, len);
    return is_word(name + skip, len - skip, "feed")
           || is_word(name + skip, len - skip, "conflicts");
}

static bool is_in_inner_feed(const struct nesting *nesting)
{
    unsigned entry = within(nesting, NESTING_ENTRY);
    for (unsigned i = entry; entry > 0 && i < nesting->depth; i++)
        if (is_inner_feed(name_of(nesting, &nesting->open[i]),
                          nesting->open[i].name_len))
            return true;
    return false;
}

// A field that cannot hold this one ends before it.
static void close_field(struct nesting *nesting, const char *name, size_t len,
                        size_t at)
{
    unsigned base = base_of(nesting);
    if (nesting->depth != base + 1 || nesting->beyond > 0)
        return;
    const struct nesting_open *top = &nesting->open[base];
    size_t top_len, own_len;
    const char *own = own_name(nesting, name, len, &own_len);
    const char *field =
        own_name(nesting, name_of(nesting, top), top->name_len, &top_len);
    if (own != NULL && field != NULL
        && words_end_field(field, top_len, own, own_len))
        close_early(nesting, base, at);
}

// The tag at `at`: its name, and how deep it leads into elements of the given
// name (1, 0 or -1).
static int step_of(const struct nesting *nesting, size_t at, const char *name,
                   size_t len)
{
    const char *text = nesting->text;
    bool closing = at + 1 < nesting->len && text[at + 1] == '/';
    size_t from = at + 1 + closing;
    if (nesting->len - from <= len || strncasecmp(text + from, name, len) != 0
        || (!is_blank(text[from + len]) && text[from + len] != '>'
            && text[from + len] != '/'))
        return 0;
    if (closing)
        return -1;
    const char *end = memchr(text + from, '>', nesting->len - from);
    return end == NULL || end[-1] != '/';
}

// The end of a section that starts here; else just past the '<'.
static size_t past_section(const struct nesting *nesting, size_t at)
{
    static const char start[] = "<![CDATA[";
    size_t left = nesting->len - at;
    if (left < sizeof start
        || memcmp(nesting->text + at, start, sizeof start - 1) != 0)
        return at + 1;
    const char *end = memmem(nesting->text + at, left, "]]>", 3);
    return end != NULL ? (size_t)(end - nesting->text) : nesting->len;
}

// Is an entry that starts at `at` within this open element, which has its own
// end behind it? Or has that end been forgotten? How far is looked for it
// altogether is limited; beyond, it is forgotten.
static bool is_within(struct nesting *nesting, unsigned index, size_t at)
{
    const struct nesting_open *open = &nesting->open[index];
    const struct nesting_open *root = &nesting->open[0];
    long deep = 0;
    if (words_is_field(name_of(nesting, open), open->name_len))
        return false;
    while (at < nesting->len) {
        const char *next = memchr(nesting->text + at, '<', nesting->len - at);
        size_t tag =
            next != NULL ? (size_t)(next - nesting->text) : nesting->len;
        size_t past = tag < nesting->len ? past_section(nesting, tag) : tag;
        if (past - at > nesting->sight)
            nesting->sight = 0;
        if (nesting->sight == 0 || tag == nesting->len)
            return false;
        nesting->sight -= past - at;
        deep += step_of(nesting, tag, name_of(nesting, open), open->name_len);
        if (deep < 0)
            return true;
        if (step_of(nesting, tag, name_of(nesting, root), root->name_len) < 0)
            return false;
        at = past;
    }
    return false;
}

static void start_entry(struct nesting *nesting, size_t at)
{
    unsigned channel = within(nesting, NESTING_CHANNEL);
    unsigned entry = within(nesting, NESTING_ENTRY);
    unsigned depth = channel > 0 ? channel : nesting->depth > 0;
    bool direct = nesting->depth == depth || nesting->depth == entry;
    nesting->inner =
        is_in_inner_feed(nesting) || (!direct && is_within(nesting, depth, at));
    if (!nesting->inner)
        close_early(nesting, depth, at);
}

bool nesting_start(struct nesting *nesting, const char *name, size_t len,
                   size_t at)
{
    bool wanted = true;
    nesting->inner = false;
    switch (role_of(nesting, name, len)) {
    case NESTING_ENTRY:
        start_entry(nesting, at);
        break;
    case NESTING_CHANNEL:
        wanted = within(nesting, NESTING_CHANNEL) == 0
                 && within(nesting, NESTING_ENTRY) == 0;
        if (wanted)
            close_early(nesting, nesting->depth > 0, at);
        break;
    case NESTING_ROOT:
        wanted = nesting->depth == 0 || within(nesting, NESTING_ENTRY) > 0;
        break;
    case NESTING_PLAIN:
        close_field(nesting, name, len, at);
        break;
    }
    if (wanted && nesting->depth == NESTING_MAX) {
        nesting->beyond++;
        wanted = false;
    }
    if (!wanted)
        nesting->repairs |= DOCUMENT_REPAIR_TAGS;
    return wanted;
}

const char *nesting_name(const struct nesting *nesting, const char *name,
                         size_t len, size_t *out_len)
{
    *out_len = len;
    // RSS 1.1 spells it so.
    bool rss11 = len == 7 && memcmp(name, "Channel", 7) == 0;
    if (prefix_length(name, len) > 0 || (rss11 && nesting->depth == 0))
        return name;
    bool frame =
        nesting->depth == 0 || role_of(nesting, name, len) != NESTING_PLAIN;
    const char *known = frame || nesting->miscased
                            ? words_canonical(name, len, nesting->miscased)
                            : NULL;
    if (known == NULL)
        return name;
    *out_len = strlen(known);
    return known;
}

// The root tells what the others are called.
static void push_root(struct nesting *nesting, struct nesting_open *root)
{
    const char *name = name_of(nesting, root);
    nesting->prefix_len = prefix_length(name, root->name_len);
    const char *own = name + nesting->prefix_len;
    size_t own_len = root->name_len - nesting->prefix_len;
    const char *given = nesting->text + root->from + 1;
    nesting->miscased = memcmp(given, name, root->name_len) != 0;
    nesting->atom =
        is_word(own, own_len, "feed") || is_word(own, own_len, "entry");
    root->role = is_word(own, own_len, "channel") ? NESTING_CHANNEL
                 : is_word(own, own_len, "entry") ? NESTING_ENTRY
                                                  : NESTING_ROOT;
    // The prefix of <rdf:RDF> is not that of its items.
    if (is_word(own, own_len, "RDF"))
        nesting->prefix_len = 0;
}

// Of an entry, by any prefix, or of rdf:li.
static bool is_place(const struct nesting *nesting, const char *name,
                     size_t len)
{
    size_t skip = prefix_length(name, len);
    name += skip;
    len -= skip;
    return nesting->depth <= 4
           && ((skip > 0 && is_word(name, len, "li"))
               || is_word(name, len, "item") || is_word(name, len, "entry"));
}

void nesting_push(struct nesting *nesting, size_t at, size_t name_len,
                  size_t from, size_t to, bool empty)
{
    if (nesting->out->failed)
        return;
    struct nesting_open *open = &nesting->open[nesting->depth];
    *open = (struct nesting_open){
        .name = at + 1,
        .name_len = name_len,
        .at = at,
        .from = from,
        .place_count = nesting->places->count,
    };
    const char *name = name_of(nesting, open);
    if (nesting->depth == 0)
        push_root(nesting, open);
    else if (!nesting->inner)
        open->role = role_of(nesting, name, name_len);
    // A feed in an entry is not the root.
    if (nesting->depth > 0 && open->role == NESTING_ROOT)
        open->role = NESTING_PLAIN;
    open->noted = is_place(nesting, name, name_len);
    if (open->noted) {
        places_add(nesting->places, at, from);
        if (empty)
            places_add(nesting->places, nesting->out->len, to);
    }
    if (empty)
        nesting->channel_ended |= open->role == NESTING_CHANNEL;
    else
        nesting->depth++;
}

bool nesting_is_void(const struct nesting *nesting, const char *name,
                     size_t len)
{
    return nesting->depth > base_of(nesting) && words_is_void(name, len);
}

static bool is_open(const struct nesting *nesting, unsigned index,
                    const char *name, size_t len)
{
    const struct nesting_open *open = &nesting->open[index];
    return open->name_len == len
           && strncasecmp(name_of(nesting, open), name, len) == 0;
}

// The index of what this end tag closes; `depth`: nothing.
static unsigned closed_by(const struct nesting *nesting, const char *name,
                          size_t len)
{
    bool plain = role_of(nesting, name, len) == NESTING_PLAIN;
    for (unsigned i = nesting->depth; i > 0; i--) {
        if (is_open(nesting, i - 1, name, len))
            return i - 1;
        if (plain && nesting->open[i - 1].role != NESTING_PLAIN)
            break;
    }
    return nesting->depth;
}

// "<language>en</langauge>" with a tag behind it: misspelt, not misplaced.
static bool is_misspelt(const struct nesting *nesting, const char *name,
                        size_t len, size_t end)
{
    if (nesting->depth == 0 || nesting->beyond > 0
        || nesting->open[nesting->depth - 1].role != NESTING_PLAIN
        || words_is_html(name, len))
        return false;
    while (end < nesting->len && is_blank(nesting->text[end]))
        end++;
    return end < nesting->len && nesting->text[end] == '<';
}

void nesting_stop(struct nesting *nesting, const char *name, size_t len,
                  size_t at, size_t end)
{
    if (nesting->depth == 0)
        return;
    if (nesting->beyond > 0 && role_of(nesting, name, len) == NESTING_PLAIN) {
        nesting->beyond--;
        return;
    }
    unsigned index = closed_by(nesting, name, len);
    if (index == nesting->depth) {
        nesting->repairs |= DOCUMENT_REPAIR_TAGS;
        if (!is_misspelt(nesting, name, len, end))
            return;
        index = nesting->depth - 1;
    }
    // Found by a name in other letters.
    const struct nesting_open *open = &nesting->open[index];
    if (open->name_len == len && !nesting->out->failed
        && memcmp(name_of(nesting, open), name, len) != 0)
        nesting->repairs |= DOCUMENT_REPAIR_TAGS;
    close_early(nesting, index + 1, at);
    close_to(nesting, index, end);
}

bool nesting_finish(struct nesting *nesting, size_t *tail, size_t *ends)
{
    *tail = *ends = SIZE_MAX;
    if (nesting->depth == 0)
        return false;
    nesting->repairs |= DOCUMENT_REPAIR_TAIL;
    bool more = nesting->atom || !nesting->channel_ended
                || within(nesting, NESTING_CHANNEL) > 0;
    unsigned entry = 0;
    while (entry < nesting->depth && nesting->open[entry].role != NESTING_ENTRY)
        entry++;
    if (entry < nesting->depth && !nesting->out->failed) {
        const struct nesting_open *cut = &nesting->open[entry];
        *tail = cut->from;
        nesting->out->len = cut->at;
        nesting->places->count = cut->place_count;
        nesting->depth = entry;
        more = true;
    }
    *ends = nesting->out->len;
    close_to(nesting, 0, nesting->len);
    return more;
}

const char *nesting_top(const struct nesting *nesting, size_t *len)
{
    if (nesting->depth == 0 || nesting->out->failed)
        return NULL;
    const struct nesting_open *top = &nesting->open[nesting->depth - 1];
    *len = top->name_len;
    return name_of(nesting, top);
}
