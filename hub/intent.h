// SPDX-License-Identifier: MIT
//
// intent -- an incoming request as a checked hub.mode request.
//
// Takes the body (or, if there is none, the query), and checks everything
// that can be checked without the network, the store or the clock: types and
// encodings, required and conflicting parameters, URLs, lease, secret. What is
// left is what the requester wants; whether he gets it is decided elsewhere,
// as is whether he may: addresses, limits and policies are not known here.
//
// Pure: the same request always gives the same answer.

#pragma once

#include "form.h"
#include "publisher_key.h"
#include "request.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct url;

enum {
    INTENT_URLS_MAX = 1000,
    INTENT_MIXED_MAX = 900,   // the same beside prefixes
    INTENT_PREFIXES_MAX = 10, // topics with a * at the end
    INTENT_PREFIX_MAX = 480,  // bytes before the *
};

// What stands before the *, normalised.
struct intent_prefix {
    char text[INTENT_PREFIX_MAX + 1];
    size_t len;
};

enum intent_mode {
    INTENT_SUBSCRIBE = 1,
    INTENT_UNSUBSCRIBE = 2,
    INTENT_PUBLISH = 3,
};

// How updates are to come (hub.channel.type, as in FHIRcast).
enum intent_channel {
    INTENT_WEBHOOK = 0, // to hub.callback
    INTENT_MAILBOX,
    INTENT_POLL,
    INTENT_SSE,
    INTENT_WEBSOCKET,
};

// Nothing in here points into the request; all of it lives until
// intent_clear().
struct intent {
    enum intent_mode mode;

    // Subscribe and unsubscribe. When publishing, the last topic and NULL. With
    // a channel there is no callback, and to unsubscribe no topic either:
    // `endpoint` says it all (NULL: not given).
    enum intent_channel channel;
    const char *endpoint;
    struct url *topic, *callback;
    struct store_key topic_key, callback_key;
    struct store_key origin; // the callback's

    // Subscribe and unsubscribe. `method` and `content` are settled: sha256,
    // or sha1 for an old client, unless hub.signature_method says otherwise.
    struct store_profile profile;

    // Subscribe: seconds asked for, saturated, never 0; -1: the default.
    int64_t lease_s;

    // Publish: keys of hub.url and hub.topic in the order given, repeated ones
    // included; and those that stand for all topics that begin so. Never none
    // of both.
    struct store_key *urls;
    size_t url_count;
    struct intent_prefix *prefixes;
    size_t prefix_count;

    // Publish, signed (M19): of one topic, plain or with a *. Whether the
    // signature is good is not known here.
    bool is_signed;
    struct publisher_message message; // what was signed
    struct bytes url;                 // the topic or prefix, normalised
    uint8_t mac[PUBLISHER_MAC];
    int64_t signed_at; // unix seconds
    // And with the document itself: message.content, never empty.
    bool gives;
    const char *content_type; // NULL: not told

    // When intent_read() says false: the status to answer with, a code
    // (refusal.h), and one sentence that names the parameter.
    unsigned status;
    char code[48];
    char reason[192];

    struct form form; // what the strings above are borrowed from
};

// False: it is malformed, see `status` and `reason`; nothing needs clearing,
// but it may be.
bool intent_read(const struct request *request, struct intent *out);
void intent_clear(struct intent *intent);
