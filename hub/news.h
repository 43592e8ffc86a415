// SPDX-License-Identifier: MIT
//
// news -- of one topic, what somebody at some cursor has missed (M13).
//
// Bytes of two documents are never mixed. The newest document is cut to the
// entries that were missed and are still in it: one content. An entry that is
// not in it any more was withdrawn, and is dropped, or has rolled off: then the
// version that brought it last comes first, cut to what was missed up to it,
// and the content's `upto` says so. When that would take more than eight
// contents, or the log does not reach back, it is the newest whole, with a
// gap.
//
// What cannot be cut is whole; so are RDF and JSON Feed, unless they are to be
// cut on request (M3). Changes around the entries and removals are nothing,
// unless the links to hubs or self are others (M14).

#pragma once

#include <stdbool.h>

struct loading;

// Make what is between its key's `from` and `asked_to`, from the topic's
// record on.
void news_begin(struct loading *loading, bool on_request);

struct news;
void news_free(struct news *news);
