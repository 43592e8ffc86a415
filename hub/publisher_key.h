// SPDX-License-Identifier: MIT
//
// publisher_key -- who may send a document with a ping, or ping many topics
// at once (M19).
//
// A key is a prefix of URLs and a secret; of those whose prefixes a topic
// begins with, the ones with the longest count (several of the same prefix
// allow a change of secrets). What is signed is
//
//     TOPIC LF TIMESTAMP LF CONTENT
//
// with HMAC-SHA256: the topic exactly as it stands in the request, the
// timestamp as decimal unix seconds, and the content, which is empty for
// topics that are named with a '*' at the end. Neither of the first two can
// hold a line break, so that no two messages are signed alike.
//
// Never changes once it is made, and may be asked on any thread. Prefixes are
// compared as normalised; a prefix stands for everything that begins so,
// therefore it should end in a slash.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PUBLISHER_SECRET_MIN = 16,
    PUBLISHER_SECRET_MAX = 199,
    PUBLISHER_MAC = 32,
};

struct publisher_keys;
struct url;

struct publisher_message {
    struct bytes topic, timestamp, content;
};

// NULL: it is "PREFIX SECRET". Else what was expected, in words that fit after
// "must be".
const char *publisher_key_check(const char *text);

// The two parts by themselves. False: it is not good.
bool publisher_key_prefix(const char *text, struct url *out);
bool publisher_key_secret(const char *text);

// Of texts that were found good, which are copied. NULL: out of memory.
struct publisher_keys *publisher_keys_new(const char *const *texts,
                                          size_t count);
// One more who has them; each frees them once.
struct publisher_keys *publisher_keys_hold(struct publisher_keys *keys);
void publisher_keys_free(struct publisher_keys *keys);

// Did somebody with a key for `url`, which is normalised, sign this message?
// Takes as long where there is no key at all.
bool publisher_keys_vouch(const struct publisher_keys *keys, struct bytes url,
                          const struct publisher_message *message,
                          const uint8_t mac[PUBLISHER_MAC]);

// "sha256=" and 64 hex digits, as hub.signature has it. False: it is not that.
bool publisher_mac_read(const char *text, uint8_t mac[PUBLISHER_MAC]);
