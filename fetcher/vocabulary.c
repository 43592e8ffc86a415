// SPDX-License-Identifier: MIT

#include "vocabulary.h"

#include <string.h>
#include <strings.h>

#define SY      "http://purl.org/rss/1.0/modules/syndication/"
#define DC      "http://purl.org/dc/elements/1.1/"
#define DCTERMS "http://purl.org/dc/terms/"
#define MEDIA   "http://search.yahoo.com/mrss/"
#define CONTENT "http://purl.org/rss/1.0/modules/content/"
#define SEARCH  "http://a9.com/-/spec/opensearch/1.1/"
#define SEARCH0 "http://a9.com/-/spec/opensearchrss/1.0/"

static bool is_among(const char *const *list, size_t count, const char *uri)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], uri) == 0)
            return true;
    return false;
}

bool vocabulary_is_rss(const char *uri)
{
    // Asked of every child of an entry: compared only where lengths agree.
#define KNOWN(text)                                                            \
    {                                                                          \
        (text), sizeof(text) - 1                                               \
    }
    static const struct {
        const char *uri;
        size_t len;
    } known[] = {
        KNOWN(""),
        KNOWN("http://purl.org/rss/1.0/"),
        KNOWN("http://my.netscape.com/rdf/simple/0.9/"),
        KNOWN("http://channel.netscape.com/rdf/simple/0.9/"),
        KNOWN("http://backend.userland.com/rss2"),
        KNOWN("http://backend.userland.com/RSS2"),
        KNOWN("http://backend.userland.com/rss"),
        KNOWN("http://blogs.law.harvard.edu/tech/rss"),
        KNOWN("http://cyber.law.harvard.edu/rss/rss.html"),
        KNOWN("http://purl.org/net/rss1.1#"),
        KNOWN("http://my.netscape.com/publish/formats/rss-0.91.dtd"),
    };
#undef KNOWN
    size_t len = strlen(uri);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].len == len && memcmp(known[i].uri, uri, len) == 0)
            return true;
    return false;
}

static bool has_version_zero(const struct element *root)
{
    const struct attribute *version = element_attribute(root, "", "version");
    return version != NULL && version->value_len >= 2
           && memcmp(version->value, "0.", 2) == 0;
}

static struct vocabulary_root atom_root(const struct element *root)
{
    // Atom's names before it was called so.
    static const char *const early[] = {
        VOCABULARY_ATOM03,          "http://purl.org/atom/ns",
        "http://purl.org/pie/",     "http://purl.org/echo/",
        "http://purl.org/echo/ns#", "http://www.intertwingly.net/wiki/pie/",
    };
    struct vocabulary_root out = { .format = DOCUMENT_ATOM10 };
    if (strcasecmp(root->uri, VOCABULARY_ATOM10) == 0)
        return out;
    out.doubtful = !is_among(early, sizeof early / sizeof early[0], root->uri);
    if (!out.doubtful || has_version_zero(root))
        out.format = DOCUMENT_ATOM03;
    return out;
}

struct vocabulary_root vocabulary_root(const struct element *root)
{
    struct vocabulary_root out = { .format = DOCUMENT_OTHER };
    if (strcasecmp(root->name, "feed") == 0)
        return atom_root(root);
    if (strcmp(root->name, "entry") == 0) {
        out = atom_root(root);
        out.shape = VOCABULARY_ENTRY;
        if (out.doubtful)
            out.format = DOCUMENT_OTHER;
    } else if (strcmp(root->name, "RDF") == 0) {
        out.format = DOCUMENT_RSS10;
        out.shape = VOCABULARY_RSS;
        out.doubtful = true;
    } else if (strcasecmp(root->name, "rss") == 0) {
        out.format = has_version_zero(root) ? DOCUMENT_RSS09X : DOCUMENT_RSS20;
        out.shape = VOCABULARY_RSS;
        out.doubtful = !vocabulary_is_rss(root->uri);
    } else if (strcasecmp(root->name, "channel") == 0) {
        out.format = DOCUMENT_RSS20;
        out.shape = VOCABULARY_CHANNEL;
        out.doubtful = true;
    }
    return out;
}

bool vocabulary_is_atom(enum document_format format)
{
    return format == DOCUMENT_ATOM10 || format == DOCUMENT_ATOM03;
}

static bool is_same(bool atom, const char *name, const char *wanted)
{
    if (((name[0] ^ wanted[0]) & ~0x20) != 0
        || ((name[1] ^ wanted[1]) & ~0x20) != 0)
        return false;
    return (atom ? strcmp(name, wanted) : strcasecmp(name, wanted)) == 0;
}

bool vocabulary_is(enum document_format format, const struct element *element,
                   const char *name)
{
    return is_same(vocabulary_is_atom(format), element->name, name);
}

struct word {
    const char *uri; // NULL: the format's own
    const char *name;
    unsigned rank, what;
};

// NULL: it is none of them.
static const struct word *find(const struct word *words, size_t count,
                               bool atom, bool own,
                               const struct element *element)
{
    for (size_t i = 0; i < count; i++) {
        const struct word *word = &words[i];
        if (is_same(atom || word->uri != NULL, element->name, word->name)
            && (word->uri == NULL ? own : strcmp(element->uri, word->uri) == 0))
            return word;
    }
    return NULL;
}

unsigned vocabulary_rank(enum document_format format, bool own,
                         const struct element *element,
                         enum vocabulary_field *field)
{
    static const struct word atom[] = {
        { NULL, "id", 3, VOCABULARY_ID },
        { NULL, "link", 3, VOCABULARY_LINK },
        { NULL, "title", 3, VOCABULARY_TITLE },
        { NULL, "updated", 6, VOCABULARY_UPDATED },
        { NULL, "modified", 5, VOCABULARY_UPDATED },
        { NULL, "published", 4, VOCABULARY_UPDATED },
        { NULL, "issued", 3, VOCABULARY_UPDATED },
        { NULL, "created", 2, VOCABULARY_UPDATED },
        { NULL, "content", 3, VOCABULARY_BODY },
        { NULL, "summary", 2, VOCABULARY_BODY },
        { DC, "title", 2, VOCABULARY_TITLE },
        { MEDIA, "title", 1, VOCABULARY_TITLE },
        { DC, "date", 1, VOCABULARY_UPDATED },
    };
    static const struct word rss[] = {
        { NULL, "guid", 3, VOCABULARY_ID },
        { VOCABULARY_ATOM10, "id", 2, VOCABULARY_ID },
        { NULL, "link", 3, VOCABULARY_LINK },
        { VOCABULARY_ATOM10, "link", 2, VOCABULARY_LINK },
        { NULL, "title", 3, VOCABULARY_TITLE },
        { DC, "title", 2, VOCABULARY_TITLE },
        { VOCABULARY_ATOM10, "title", 2, VOCABULARY_TITLE },
        { MEDIA, "title", 1, VOCABULARY_TITLE },
        { VOCABULARY_ATOM10, "updated", 6, VOCABULARY_UPDATED },
        { DCTERMS, "modified", 5, VOCABULARY_UPDATED },
        { NULL, "pubDate", 4, VOCABULARY_UPDATED },
        { VOCABULARY_ATOM10, "published", 3, VOCABULARY_UPDATED },
        { DC, "date", 2, VOCABULARY_UPDATED },
        { DCTERMS, "issued", 2, VOCABULARY_UPDATED },
        { DCTERMS, "created", 1, VOCABULARY_UPDATED },
        { DCTERMS, "date", 1, VOCABULARY_UPDATED },
        { NULL, "description", 3, VOCABULARY_BODY },
        { CONTENT, "encoded", 2, VOCABULARY_BODY },
    };
    bool is_atom = vocabulary_is_atom(format);
    const struct word *word =
        is_atom ? find(atom, sizeof atom / sizeof atom[0], true, own, element)
                : find(rss, sizeof rss / sizeof rss[0], false, own, element);
    if (word == NULL)
        return 0;
    *field = (enum vocabulary_field)word->what;
    return word->rank;
}

// A link to another page of the same feed moves on with every entry (RFC 5005).
static bool is_paging(const struct element *element)
{
    static const char *const pages[] = {
        "next", "prev",         "previous",     "first",
        "last", "prev-archive", "next-archive",
    };
    const struct attribute *rel = element_attribute(element, "", "rel");
    if (rel == NULL || strcmp(element->name, "link") != 0)
        return false;
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strlen(pages[i]) == rel->value_len
            && strncasecmp(pages[i], rel->value, rel->value_len) == 0)
            return true;
    return false;
}

bool vocabulary_is_volatile(enum document_format format, bool own,
                            const struct element *element)
{
    static const struct word words[] = {
        { VOCABULARY_ATOM10, "updated", 1, 0 },
        { VOCABULARY_ATOM10, "generator", 1, 0 },
        { VOCABULARY_TOMBSTONE, "deleted-entry", 1, 0 },
        { DC, "date", 1, 0 },
        { DCTERMS, "modified", 1, 0 },
        { DCTERMS, "date", 1, 0 },
        { SY, "updatePeriod", 1, 0 },
        { SY, "updateFrequency", 1, 0 },
        { SY, "updateBase", 1, 0 },
        { SEARCH, "totalResults", 1, 0 },
        { SEARCH, "startIndex", 1, 0 },
        { SEARCH, "itemsPerPage", 1, 0 },
        { SEARCH0, "totalResults", 1, 0 },
        { SEARCH0, "startIndex", 1, 0 },
        { SEARCH0, "itemsPerPage", 1, 0 },
    };
    static const struct word atom[] = {
        { NULL, "updated", 1, 0 },
        { NULL, "modified", 1, 0 },
        { NULL, "generator", 1, 0 },
    };
    static const struct word rss[] = {
        { NULL, "lastBuildDate", 1, 0 }, { NULL, "pubDate", 1, 0 },
        { NULL, "ttl", 1, 0 },           { NULL, "generator", 1, 0 },
        { NULL, "skipHours", 1, 0 },     { NULL, "skipDays", 1, 0 },
        { NULL, "cloud", 1, 0 },         { NULL, "items", 1, 0 },
    };
    bool is_atom = vocabulary_is_atom(format);
    return find(words, sizeof words / sizeof words[0], true, own, element)
               != NULL
           || (is_atom
                   ? find(atom, sizeof atom / sizeof atom[0], true, own,
                          element)
                   : find(rss, sizeof rss / sizeof rss[0], false, own, element))
                  != NULL
           || is_paging(element);
}

enum vocabulary_hint vocabulary_hint(bool own, const struct element *element)
{
    static const struct word words[] = {
        { NULL, "ttl", 1, VOCABULARY_TTL },
        { SY, "updatePeriod", 1, VOCABULARY_PERIOD },
        { SY, "updateFrequency", 1, VOCABULARY_FREQUENCY },
        { NULL, "hour", 1, VOCABULARY_HOUR },
        { NULL, "day", 1, VOCABULARY_DAY },
    };
    const struct word *word =
        find(words, sizeof words / sizeof words[0], false, own, element);
    return word != NULL ? (enum vocabulary_hint)word->what : VOCABULARY_NO_HINT;
}

const char *vocabulary_prefix(const char *uri)
{
    static const struct {
        const char *uri, *prefix;
    } known[] = {
        { DC, "dc" },
        { DCTERMS, "dcterms" },
        { CONTENT, "content" },
        { MEDIA, "media" },
        { SY, "sy" },
        { SEARCH, "opensearch" },
        { VOCABULARY_ATOM10, "atom" },
        { VOCABULARY_ATOM03, "atom03" },
        { VOCABULARY_RDF, "rdf" },
        { VOCABULARY_XML, "xml" },
        { VOCABULARY_TOMBSTONE, "at" },
        { "http://www.w3.org/1999/xhtml", "xhtml" },
        { "http://purl.org/rss/1.0/", "rss" },
        { "http://purl.org/rss/1.0/modules/slash/", "slash" },
        { "http://purl.org/syndication/thread/1.0", "thr" },
        { "http://wellformedweb.org/CommentAPI/", "wfw" },
        { "http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes" },
        { "http://www.google.com/schemas/play-podcasts/1.0", "googleplay" },
        { "https://podcastindex.org/namespace/1.0", "podcast" },
        { "http://www.georss.org/georss", "georss" },
        { "http://www.w3.org/2003/01/geo/wgs84_pos#", "geo" },
        { "http://schemas.google.com/g/2005", "gd" },
        { "http://www.youtube.com/xml/schemas/2015", "yt" },
        { "http://rssnamespace.org/feedburner/ext/1.0", "feedburner" },
        { "http://activitystrea.ms/spec/1.0/", "activity" },
        { "http://portablecontacts.net/spec/1.0", "poco" },
        { "http://ostatus.org/schema/1.0", "ostatus" },
        { "http://www.livejournal.org/rss/lj/1.0/", "lj" },
        { "com-wordpress:feed-additions:1", "wordpress" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].uri, uri) == 0)
            return known[i].prefix;
    return NULL;
}
