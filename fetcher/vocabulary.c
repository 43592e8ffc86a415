// SPDX-License-Identifier: MIT

#include "vocabulary.h"

#include <string.h>

static const char *const rss10[] = {
    "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/",
    "http://channel.netscape.com/rdf/simple/0.9/",
};

// RSS 2.0 has no namespace; some gave it one.
static const char *const rss20[] = {
    "",
    "http://backend.userland.com/rss2",
    "http://backend.userland.com/RSS2",
    "http://blogs.law.harvard.edu/tech/rss",
    "http://cyber.law.harvard.edu/rss/rss.html",
};

static const char *among(const char *const *list, size_t count, const char *uri)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], uri) == 0)
            return list[i];
    return NULL;
}

const char *vocabulary_rss10(const char *uri)
{
    return among(rss10, sizeof rss10 / sizeof rss10[0], uri);
}

static enum document_format rss_format(const struct element *root)
{
    const struct attribute *version = element_attribute(root, "", "version");
    if (version != NULL && version->value_len >= 3
        && memcmp(version->value, "0.9", 3) == 0)
        return DOCUMENT_RSS09X;
    return DOCUMENT_RSS20;
}

enum document_format vocabulary_format(const struct element *root,
                                       const char **uri)
{
    *uri = NULL;
    if (strcmp(root->name, "feed") == 0) {
        *uri = VOCABULARY_ATOM10;
        if (strcmp(root->uri, VOCABULARY_ATOM10) == 0)
            return DOCUMENT_ATOM10;
        *uri = VOCABULARY_ATOM03;
        if (strcmp(root->uri, VOCABULARY_ATOM03) == 0)
            return DOCUMENT_ATOM03;
        return DOCUMENT_OTHER;
    }
    if (strcmp(root->name, "RDF") == 0)
        return strcmp(root->uri, VOCABULARY_RDF) == 0 ? DOCUMENT_RSS10
                                                      : DOCUMENT_OTHER;
    *uri = among(rss20, sizeof rss20 / sizeof rss20[0], root->uri);
    if (strcmp(root->name, "rss") == 0 && *uri != NULL)
        return rss_format(root);
    return DOCUMENT_OTHER;
}

bool vocabulary_is_atom(enum document_format format)
{
    return format == DOCUMENT_ATOM10 || format == DOCUMENT_ATOM03;
}

struct word {
    const char *uri; // NULL: the format's own
    const char *name;
    unsigned rank;
};

static unsigned rank_among(const struct word *words, size_t count,
                           const char *own_uri, const struct element *element)
{
    for (size_t i = 0; i < count; i++) {
        const char *uri = words[i].uri != NULL ? words[i].uri : own_uri;
        if (strcmp(element->name, words[i].name) == 0
            && strcmp(element->uri, uri) == 0)
            return words[i].rank;
    }
    return 0;
}

bool vocabulary_is_volatile(enum document_format format, const char *own_uri,
                            const struct element *element)
{
    static const char sy[] = "http://purl.org/rss/1.0/modules/syndication/";
    static const char open_search[] = "http://a9.com/-/spec/opensearch/1.1/";
    static const struct word words[] = {
        { VOCABULARY_ATOM10, "updated", 1 },
        { VOCABULARY_ATOM10, "generator", 1 },
        { VOCABULARY_ATOM03, "modified", 1 },
        { VOCABULARY_ATOM03, "generator", 1 },
        { VOCABULARY_DC, "date", 1 },
        { sy, "updatePeriod", 1 },
        { sy, "updateFrequency", 1 },
        { sy, "updateBase", 1 },
        { open_search, "totalResults", 1 },
        { open_search, "startIndex", 1 },
        { open_search, "itemsPerPage", 1 },
    };
    static const struct word rss[] = {
        { NULL, "lastBuildDate", 1 }, { NULL, "pubDate", 1 },
        { NULL, "ttl", 1 },           { NULL, "generator", 1 },
        { NULL, "skipHours", 1 },     { NULL, "skipDays", 1 },
        { NULL, "items", 1 },
    };
    return rank_among(words, sizeof words / sizeof words[0], own_uri, element)
           || (!vocabulary_is_atom(format)
               && rank_among(rss, sizeof rss / sizeof rss[0], own_uri,
                             element));
}

unsigned vocabulary_date_rank(enum document_format format, const char *own_uri,
                              const struct element *element)
{
    static const struct word atom[] = {
        { NULL, "updated", 3 },   { NULL, "modified", 3 },
        { NULL, "published", 2 }, { NULL, "issued", 2 },
        { NULL, "created", 1 },
    };
    static const struct word rss[] = {
        { NULL, "pubDate", 2 },
        { VOCABULARY_ATOM10, "updated", 3 },
        { VOCABULARY_DC, "date", 1 },
    };
    if (vocabulary_is_atom(format))
        return rank_among(atom, sizeof atom / sizeof atom[0], own_uri, element);
    return rank_among(rss, sizeof rss / sizeof rss[0], own_uri, element);
}
