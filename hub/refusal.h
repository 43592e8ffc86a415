// SPDX-License-Identifier: MIT
//
// refusal -- what a sender hears when the hub does not do as asked.
//
// A sentence for people, and in Hub-Error a code for programs: the parameter
// without its "hub.", a dot, and what is wrong with it. Codes never change
// their meaning:
//
//   request.malformed       400 and others: not HTTP as it should be
//   request.slow            408
//   request.long            413
//   head.long               431
//   request.version         505
//   request.path            404
//   request.method          405: also parameters that need a POST
//   request.type            415: Content-Type or charset
//   request.encoding        415: a compressed body
//   request.form            400: an escape, a NUL, not UTF-8
//   mode.unknown            400: not subscribe, unsubscribe or publish
//   PARAMETER.missing       400: mode, topic, callback, url
//   PARAMETER.conflict      400: given twice, and differently
//   PARAMETER.long          400: url, topic, callback, secret, verify_token,
//                           lease_seconds
//   URL.scheme .host .port .userinfo .fragment .character .invalid
//                           400: url, topic, callback
//   URL.own                 400: topic, callback; the hub's own address
//   URL.denied              403: topic, callback; the operator's rules; of a
//                           channel also what the token does not cover
//   url.many                413: too many in one ping, or of one prefix
//   signature.missing       403: a document, or too many topics of a prefix,
//                           and nobody signs for it
//   signature.invalid       400: not sha256= and 64 hex digits
//   signature.wrong         403: not by a key that this hub knows for it
//   signature.seen          409: this document was taken before
//   timestamp.missing, timestamp.number
//                           400
//   timestamp.range         403: too far from the hub's own time
//   content.missing, content.conflict, content_type.invalid
//                           400: of a document in a ping
//   content.long            413
//   content.refused         422: no feed, where there has been one
//   lease_seconds.number    400: not a positive decimal number
//   signature_method.unknown, content.unknown
//                           400: none of the words it may be
//   channel.type.unknown    400: not webhook, mailbox, poll, sse or websocket
//   channel.endpoint.missing, channel.endpoint.unknown
//                           400, 404: of a channel that is to end
//   channel.token           401, 403: it belongs to the owner of a token
//   channel.full            403: too many mailboxes of this owner
//   topic.unknown           404: of a channel: nobody follows it
//   secret.query            400: a secret in the URL
//   client.rate             429: too much asked from this address
//   callback.crowded        429: too much for this callback's host
//   subscription.pending    429: too much waits for this very subscription
//   hub.full, hub.busy      503: not the sender's fault

#pragma once

#include "request.h"
#include "storage/store.h"

struct metrics;

// 429 where there are too many already, else 503; both with Retry-After
// (R32). Counts it. Never called with STORE_OK.
void refusal_say(struct metrics *metrics, struct request *request,
                 enum store_status status);

// What the sender could have known: 4xx. Counts it.
void refusal_blame(struct metrics *metrics, struct request *request,
                   unsigned status, const char *code, const char *reason);

// 429: this much is not taken from one client, or for one host.
void refusal_limit(struct metrics *metrics, struct request *request,
                   const char *code, const char *reason, unsigned retry_s);
