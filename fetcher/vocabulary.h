// SPDX-License-Identifier: MIT
//
// vocabulary -- what the elements of the feed formats are called.

#pragma once

#include "canon.h"
#include "document.h"

#include <stdbool.h>

#define VOCABULARY_ATOM10 "http://www.w3.org/2005/Atom"
#define VOCABULARY_ATOM03 "http://purl.org/atom/ns#"
#define VOCABULARY_RDF    "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define VOCABULARY_DC     "http://purl.org/dc/elements/1.1/"
#define VOCABULARY_XML    "http://www.w3.org/XML/1998/namespace"

// The format that a root element begins, and the namespace of that format's
// own elements (NULL: it is told by the first child, see vocabulary_is_rss10).
enum document_format vocabulary_format(const struct element *root,
                                       const char **uri);

bool vocabulary_is_atom(enum document_format format);

// The namespaces of RSS 1.0 and 0.90. NULL: it is none; else for ever.
const char *vocabulary_rss10(const char *uri);

// Is this element of the feed left out of what counts as a change?
bool vocabulary_is_volatile(enum document_format format, const char *own_uri,
                            const struct element *element);

// A date of an entry: the more it says about the last change, the higher. 0:
// it is none.
unsigned vocabulary_date_rank(enum document_format format, const char *own_uri,
                              const struct element *element);
