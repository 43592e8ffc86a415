// SPDX-License-Identifier: MIT
//
// What operators have made: tokens, rules; graves; and what the store knows of
// itself.

#include "graves.h"
#include "leases.h"
#include "look.h"
#include "meta.h"
#include "rules.h"
#include "tokens.h"

#include <inttypes.h>
#include <string.h>

enum { ID = 8, NUMBER_KEY = 8, HASH_KEY = 32, GRAVE_KEY = 16 };

// ------------------------------------------------------------------ tokens

static bool get_token(struct look *look, uint64_t id, struct store_token *out)
{
    struct key key;
    struct bytes record;
    memset(out, 0, sizeof *out);
    out->id = id;
    key_one(&key, id);
    return look_get(look, TABLE_TOKENS, &key, &record)
           && token_decode(record, out);
}

static void token_row(struct look *look, struct bytes key, struct bytes value)
{
    struct store_token token;
    struct store_key hash;
    struct key at;
    uint64_t id = key_part(key, 0);
    (void)value;
    if (!get_token(look, id, &token)) {
        look_say(look, TABLE_TOKENS, "token %" PRIu64 " cannot be read", id);
        return;
    }
    memcpy(hash.bytes, token.hash, sizeof hash.bytes);
    key_start(&at);
    key_hash(&at, &hash);
    look_want(look, TABLE_TOKEN_HASHES, &at, TABLE_TOKENS, "token", id);
    key_start(&at);
    key_text(&at, token.name);
    look_want(look, TABLE_TOKEN_NAMES, &at, TABLE_TOKENS, "token", id);
    if (id > look->counters.token)
        look_say(look, TABLE_TOKENS,
                 "token %" PRIu64 " has a number that was not given yet", id);
}

static void hash_row(struct look *look, struct bytes key, struct bytes value)
{
    struct store_token token;
    uint64_t id = key_part(value, 0);
    if (!get_token(look, id, &token)
        || memcmp(token.hash, key.at, sizeof token.hash) != 0)
        look_say(look, TABLE_TOKEN_HASHES,
                 "a hash leads to token %" PRIu64
                 ", which is another one or does not exist",
                 id);
}

static void token_name_row(struct look *look, struct bytes key,
                           struct bytes value)
{
    struct store_token token;
    uint64_t id = key_part(value, 0);
    if (!get_token(look, id, &token) || token.name.len != key.len
        || memcmp(token.name.at, key.at, key.len) != 0)
        look_say(look, TABLE_TOKEN_NAMES,
                 "a name leads to token %" PRIu64
                 ", which has another one or does not exist",
                 id);
}

// -------------------------------------------------------- rules and graves

static void rule_row(struct look *look, struct bytes key, struct bytes value)
{
    struct store_rule rule;
    struct key wanted;
    memset(&rule, 0, sizeof rule);
    if (!rule_decode(value, &rule))
        look_say(look, TABLE_RULES, "a rule cannot be read");
    else if (rule_key(&wanted, &rule)
             && (wanted.len != key.len
                 || memcmp(wanted.at, key.at, key.len) != 0))
        look_say(look, TABLE_RULES, "a rule of kind %d is not in its place",
                 (int)rule.kind);
}

static void grave_row(struct look *look, struct bytes key, struct bytes value)
{
    struct lease lease = {
        .kind = LEASE_GRAVE,
        .topic = key_part(key, 0),
        .id = key_part(key, ID),
    };
    struct key at;
    uint64_t number;
    if (!grave_decode(value, &number, &lease.end)) {
        look_say(look, TABLE_GRAVES, "a grave cannot be read");
        return;
    }
    lease_key(&at, lease, lease.end);
    look_want(look, TABLE_LEASES, &at, TABLE_GRAVES,
              "the grave that begins "
              "with",
              lease.topic);
}

void look_at_steering(struct look *look)
{
    look_each(look, TABLE_TOKENS, NUMBER_KEY, token_row);
    look_each(look, TABLE_TOKEN_HASHES, HASH_KEY, hash_row);
    look_each(look, TABLE_TOKEN_NAMES, 0, token_name_row);
    look_each(look, TABLE_RULES, 0, rule_row);
    look_each(look, TABLE_GRAVES, GRAVE_KEY, grave_row);
}

// -------------------------------------------------------------------- meta

static bool begins(struct bytes key, const char *name)
{
    size_t len = strlen(name);
    return key.len >= len && memcmp(key.at, name, len) == 0;
}

static void meta_row(struct look *look, struct bytes key, struct bytes value)
{
    static const char *const known[] = {
        "format", "epoch",   "secret-key", "counters",
        "paused", "pieces-", "migrating",
    };
    (void)value;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (begins(key, known[i]))
            return;
    look_say(look, TABLE_META, "it has something that has no meaning");
}

void look_at_meta(struct look *look)
{
    look_each(look, TABLE_META, 0, meta_row);
}
