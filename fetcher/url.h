// SPDX-License-Identifier: MIT
//
// url -- what may be a topic or a callback, and which spellings are one.
//
// A URL is kept in two forms: exactly as given, which is what is called and
// echoed (WebSub 5.1.1, 8.3), and normalised, which is what is compared. This
// module checks the first and makes the second; it never resolves, never
// connects, and knows nothing of who may be called (see guard.h).

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { URL_MAX = 2048 };

// A checked URL. `text` is borrowed from the caller.
struct url {
    const char *text; // as given
    size_t len;
    // Normalised (R16, R17): scheme and host in lower case, default port
    // dropped, empty path "/", unreserved characters decoded, escapes in
    // upper case, IDNA host as A-labels, other bytes percent-encoded UTF-8.
    // Neither the query's order nor dots, slashes or case of the path change.
    // As long as `text` may be: that is what travels.
    char normal[URL_MAX + 1];
    size_t normal_len;
    size_t origin_len; // of `normal`: scheme://host[:port]
    char host[256];    // for logs: lower case, A-labels, no brackets
    uint16_t port;     // 1..65535
    bool https;
    bool numeric; // host is an IPv4 or IPv6 literal in any notation
};

// NULL: it is fine, and *out is filled. Else the reason in a few words that
// fit after "hub.topic ", borrowed for ever: "is not an http or https URL",
// "has a fragment", "has user information", "has a port that is not
// allowed", "is too long", "has a blank, control or backslash character", ...
// (R14, R15, R18, R19a, S3, S4).
const char *url_read(const char *text, size_t len, struct url *out);

// SHA-256 of the normalised URL, and of its origin.
void url_key(const struct url *url, uint8_t out[32]);
void url_origin_key(const struct url *url, uint8_t out[32]);

// The absolute form of `reference` as found in a document at `base`, in a
// buffer of the caller's. False: there is none, or it does not fit.
bool url_resolve(const char *base, const char *reference, char *out,
                 size_t out_max);

// Append `value` percent-encoded as a form or query value: everything but
// ALPHA DIGIT - . _ ~ is escaped, a blank becomes %20 (R52). Returns the new
// length of out, or SIZE_MAX when it does not fit.
size_t url_append_encoded(char *out, size_t out_len, size_t out_max,
                          const char *value, size_t value_len);
