// SPDX-License-Identifier: MIT
//
// vocabulary -- what the elements of the feed formats are called.
//
// Names of RSS are taken in any case, and in any of the namespaces that it was
// given over the years, for many feeds are made by hand.

#pragma once

#include "canon.h"
#include "document.h"

#include <stdbool.h>

#define VOCABULARY_ATOM10    "http://www.w3.org/2005/Atom"
#define VOCABULARY_ATOM03    "http://purl.org/atom/ns#"
#define VOCABULARY_RDF       "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define VOCABULARY_TOMBSTONE "http://purl.org/atompub/tombstones/1.0"
#define VOCABULARY_XML       "http://www.w3.org/XML/1998/namespace"

// What a root element begins.
struct vocabulary_root {
    enum document_format format; // DOCUMENT_OTHER: nothing that we know
    enum {
        VOCABULARY_FEED,    // holds the entries
        VOCABULARY_ENTRY,   // is the only one (RFC 4287 section 2)
        VOCABULARY_RSS,     // holds a channel, or the items
        VOCABULARY_CHANNEL, // an RSS that has lost its <rss>
    } shape;
    // Its namespace is none that the format has: it is a feed if it holds what
    // a feed does.
    bool doubtful;
};
struct vocabulary_root vocabulary_root(const struct element *root);

bool vocabulary_is_atom(enum document_format format);

// Is it a namespace that RSS has been seen in? "" is one.
bool vocabulary_is_rss(const char *uri);

// What the children of an entry say. Of several the highest rank counts.
enum vocabulary_field {
    VOCABULARY_ID,
    VOCABULARY_LINK,
    VOCABULARY_TITLE,
    VOCABULARY_UPDATED,
    VOCABULARY_BODY,
    VOCABULARY_FIELDS
};
// `own`: it is in the namespace of the format's own elements. 0: none of these.
unsigned vocabulary_rank(enum document_format format, bool own,
                         const struct element *element,
                         enum vocabulary_field *field);

// Is it this one of the format's own names?
bool vocabulary_is(enum document_format format, const struct element *element,
                   const char *name);

// Is this element of the feed left out of what counts as a change?
bool vocabulary_is_volatile(enum document_format format, bool own,
                            const struct element *element);

// A word of RSS, or of the module syndication, about when to look again.
enum vocabulary_hint {
    VOCABULARY_NO_HINT,
    VOCABULARY_TTL,
    VOCABULARY_PERIOD,
    VOCABULARY_FREQUENCY,
    VOCABULARY_HOUR,
    VOCABULARY_DAY
};
enum vocabulary_hint vocabulary_hint(bool own, const struct element *element);

// The prefix that a namespace usually has. NULL: it is not that well known.
const char *vocabulary_prefix(const char *uri);
