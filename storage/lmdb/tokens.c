// SPDX-License-Identifier: MIT

#include "tokens.h"

#include <string.h>

enum {
    TOKEN_VERSION = 1,
    TOKEN_SIZE = STORE_NAME_MAX + STORE_OWNER_MAX + STORE_SCOPE_MAX + 128,
    RIGHTS_ALL = STORE_RIGHT_PULL | STORE_RIGHT_MATCH | STORE_RIGHT_MAILBOX
                 | STORE_RIGHT_CREATE | STORE_RIGHT_TICKET
                 | STORE_RIGHT_PRESENCE | STORE_RIGHT_VIEW | STORE_RIGHT_ADMIN,
};

static void encode(struct writer *writer, const struct store_token *token)
{
    write_u8(writer, TOKEN_VERSION);
    write_raw(writer, token->hash, sizeof token->hash);
    write_u32(writer, token->rights);
    write_i64(writer, token->made);
    write_i64(writer, token->expires);
    write_text(writer, token->name);
    write_text(writer, token->owner);
    write_text(writer, token->scope);
}

bool token_decode(struct bytes record, struct store_token *token)
{
    struct reader reader;
    reader_init(&reader, record);
    bool known = read_choice(&reader, TOKEN_VERSION) != 0;
    read_raw(&reader, token->hash, sizeof token->hash);
    token->rights = read_u32(&reader);
    token->made = read_time(&reader);
    token->expires = read_time(&reader);
    token->name = read_text(&reader, STORE_NAME_MAX);
    token->owner = read_text(&reader, STORE_OWNER_MAX);
    token->scope = read_text(&reader, STORE_SCOPE_MAX);
    return known && reader_done(&reader);
}

static bool load(struct engine_context *context, struct arena *arena,
                 uint64_t id, struct store_token *out)
{
    struct key key;
    struct bytes record;
    key_one(&key, id);
    if (!txn_get(context->txn, TABLE_TOKENS, &key, &record))
        return false;
    record = arena_copy(arena, record);
    if (arena->failed)
        return false;
    out->id = id;
    if (token_decode(record, out))
        return true;
    txn_fail(context->txn, STORE_CORRUPT);
    return false;
}

static void hash_key(struct key *key, const uint8_t hash[32])
{
    struct store_key hashed;
    memcpy(hashed.bytes, hash, sizeof hashed.bytes);
    key_start(key);
    key_hash(key, &hashed);
}

static void name_key(struct key *key, struct bytes name)
{
    key_start(key);
    key_text(key, name);
}

// 0: there is none.
static uint64_t look_up(struct txn *txn, enum table table,
                        const struct key *key)
{
    struct bytes id;
    return txn_get(txn, table, key, &id) ? key_part(id, 0) : 0;
}

static bool sound(const struct store_token *token)
{
    return token->name.at && token->name.len > 0
           && token->name.len <= STORE_NAME_MAX
           && token->owner.len <= STORE_OWNER_MAX
           && token->scope.len <= STORE_SCOPE_MAX && token->expires >= 0
           && (token->rights & ~(unsigned)RIGHTS_ALL) == 0;
}

void token_save(struct txn *txn, const struct store_token *token)
{
    uint8_t buffer[TOKEN_SIZE];
    struct writer writer;
    struct key id, key;
    writer_init(&writer, buffer, sizeof buffer);
    encode(&writer, token);
    key_one(&id, token->id);
    struct bytes number = { (const char *)id.at, id.len };
    txn_put(txn, TABLE_TOKENS, &id, writer_bytes(&writer));
    hash_key(&key, token->hash);
    txn_put(txn, TABLE_TOKEN_HASHES, &key, number);
    name_key(&key, token->name);
    txn_put(txn, TABLE_TOKEN_NAMES, &key, number);
}

enum store_status op_put_token(struct engine_context *context,
                               struct store_put_token *op)
{
    struct store_token *token = &op->token;
    struct key hashed, named;
    token->id = 0;
    if (!sound(token))
        return STORE_INVALID;
    hash_key(&hashed, token->hash);
    name_key(&named, token->name);
    uint64_t same = look_up(context->txn, TABLE_TOKEN_HASHES, &hashed);
    uint64_t taken = look_up(context->txn, TABLE_TOKEN_NAMES, &named);
    if (same != 0 && same == taken) {
        token->id = same;
        return STORE_DUPLICATE;
    }
    if (same != 0 || taken != 0)
        return STORE_CONFLICT;
    if (!engine_admits(context, TOKEN_SIZE))
        return STORE_FULL;
    token->id = ++context->counters.token;
    token->made = context->now;
    token_save(context->txn, token);
    return STORE_OK;
}

enum store_status op_remove_token(struct engine_context *context,
                                  struct store_remove_token *op)
{
    struct store_token token = { 0 };
    struct key key;
    op->id = 0;
    if (!op->name.at || op->name.len == 0 || op->name.len > STORE_NAME_MAX)
        return STORE_INVALID;
    name_key(&key, op->name);
    uint64_t id = look_up(context->txn, TABLE_TOKEN_NAMES, &key);
    if (id == 0)
        return STORE_NOT_FOUND;
    if (!load(context, &context->scratch, id, &token))
        return STORE_CORRUPT;
    txn_remove(context->txn, TABLE_TOKEN_NAMES, &key);
    hash_key(&key, token.hash);
    txn_remove(context->txn, TABLE_TOKEN_HASHES, &key);
    key_one(&key, id);
    txn_remove(context->txn, TABLE_TOKENS, &key);
    op->id = id;
    return STORE_OK;
}

enum store_status op_find_token(struct engine_context *context,
                                struct store_find_token *op)
{
    struct key key;
    uint64_t id = op->id;
    op->token = (struct store_token){ 0 };
    hash_key(&key, op->hash);
    if (id == 0)
        id = look_up(context->txn, TABLE_TOKEN_HASHES, &key);
    return id != 0 && load(context, &context->results, id, &op->token)
               ? STORE_OK
               : STORE_NOT_FOUND;
}

enum store_status op_page_tokens(struct engine_context *context,
                                 struct store_page_tokens *op)
{
    struct key from;
    struct bytes key, record;
    op->count = 0;
    op->items = NULL;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    if (op->after == UINT64_MAX)
        return STORE_OK;
    key_one(&from, op->after + 1);
    bool more = txn_seek(context->txn, TABLE_TOKENS, &from, &key, &record);
    for (; more && op->count < op->max;
         more = txn_next(context->txn, TABLE_TOKENS, &key, &record)) {
        if (!load(context, &context->results, key_part(key, 0),
                  &op->items[op->count]))
            return STORE_CORRUPT;
        op->count++;
    }
    op->end = !more;
    return STORE_OK;
}
