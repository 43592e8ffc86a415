// SPDX-License-Identifier: MIT

#include "rules.h"

#include "storage/steering.h"

#include <openssl/evp.h>
#include <string.h>

// What of a subject is in its key; of longer ones the hash tells them apart.
enum { SUBJECT_IN_KEY = 440, RULE_VERSION = 1, RULE_BYTES = 512 };

void rule_encode(struct writer *writer, const struct store_rule *rule)
{
    write_u8(writer, RULE_VERSION);
    write_u8(writer, (uint8_t)rule->kind);
    write_i64(writer, rule->made);
    write_text(writer, rule->subject);
    write_text(writer, rule->value);
    write_text(writer, rule->by);
}

bool rule_decode(struct bytes record, struct store_rule *rule)
{
    struct reader reader;
    reader_init(&reader, record);
    bool known = read_choice(&reader, RULE_VERSION) != 0;
    rule->kind = read_choice(&reader, STORE_RULE_QUOTA);
    rule->made = read_time(&reader);
    rule->subject = read_text(&reader, STORE_RULE_SUBJECT_MAX);
    rule->value = read_text(&reader, STORE_RULE_VALUE_MAX);
    rule->by = read_text(&reader, STORE_RULE_BY_MAX);
    return known && reader_done(&reader) && rule->kind != 0
           && rule->subject.len > 0;
}

// All of one kind and subject, and of those that begin as alike, begin so.
static void subject_key(struct key *key, const struct store_rule *rule)
{
    struct bytes begins = rule->subject;
    if (begins.len > SUBJECT_IN_KEY)
        begins.len = SUBJECT_IN_KEY;
    key_start(key);
    key_u8(key, (uint8_t)rule->kind);
    key_text(key, begins);
    key_u8(key, 0);
}

bool rule_key(struct key *key, const struct store_rule *rule)
{
    struct store_key hash;
    unsigned size = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool made =
        digest && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1
        && EVP_DigestUpdate(digest, rule->subject.at, rule->subject.len) == 1
        && EVP_DigestUpdate(digest, "", 1) == 1
        && EVP_DigestUpdate(digest, rule->value.at, rule->value.len) == 1
        && EVP_DigestFinal_ex(digest, hash.bytes, &size) == 1;
    EVP_MD_CTX_free(digest);
    subject_key(key, rule);
    key_hash(key, &hash);
    return made;
}

static bool fits(struct bytes text, size_t max)
{
    return text.len <= max && (text.len == 0 || text.at);
}

static bool known(enum store_rule_kind kind)
{
    return kind >= STORE_RULE_DENY_TOPIC && kind <= STORE_RULE_QUOTA;
}

// Domains are all there is to say of the first four kinds.
static bool sound(const struct store_rule *rule)
{
    bool valued = rule->kind >= STORE_RULE_PUBLISHER_KEY;
    return known(rule->kind) && rule->subject.len > 0
           && fits(rule->subject, STORE_RULE_SUBJECT_MAX)
           && fits(rule->value, STORE_RULE_VALUE_MAX)
           && (rule->value.len > 0) == valued
           && fits(rule->by, STORE_RULE_BY_MAX);
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

// Those of one kind and subject; with a value that one alone.
static size_t remove_all(struct txn *txn, const struct store_rule *wanted)
{
    struct key prefix, at;
    struct bytes key, record;
    size_t removed = 0;
    subject_key(&prefix, wanted);
    at = prefix;
    while (txn_seek(txn, TABLE_RULES, &at, &key, &record)
           && key.len > prefix.len
           && memcmp(key.at, prefix.at, prefix.len) == 0) {
        struct store_rule rule;
        memcpy(at.at, key.at, key.len);
        at.len = key.len;
        if (!rule_decode(record, &rule)) {
            txn_fail(txn, STORE_CORRUPT);
            break;
        }
        if (equal(rule.subject, wanted->subject)
            && (wanted->value.len == 0 || equal(rule.value, wanted->value)))
            removed += txn_remove(txn, TABLE_RULES, &at);
        else
            key_u8(&at, 0);
    }
    return removed;
}

void rule_save(struct txn *txn, const struct key *key,
               const struct store_rule *rule)
{
    uint8_t buffer[RECORD_MAX];
    struct writer writer;
    writer_init(&writer, buffer, sizeof buffer);
    rule_encode(&writer, rule);
    txn_put(txn, TABLE_RULES, key, writer_bytes(&writer));
}

enum store_status op_put_rule(struct engine_context *context,
                              struct store_put_rule *op)
{
    struct txn *txn = context->txn;
    struct store_rule *rule = &op->rule, there;
    struct bytes record;
    struct key key;
    if (!sound(rule))
        return STORE_INVALID;
    if (!rule_key(&key, rule))
        return STORE_AGAIN;
    if (txn_get(txn, TABLE_RULES, &key, &record)) {
        if (!rule_decode(record, &there)) {
            txn_fail(txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
        rule->made = there.made;
        return STORE_DUPLICATE;
    }
    if (txn_count(txn, TABLE_RULES) >= STORE_RULES_MAX)
        return STORE_CONFLICT;
    if (!engine_admits(context,
                       RULE_BYTES + rule->subject.len + rule->value.len))
        return STORE_FULL;
    struct store_rule others = *rule;
    others.value = (struct bytes){ "", 0 };
    if (rule->kind == STORE_RULE_QUOTA)
        remove_all(txn, &others);
    rule->made = context->now;
    rule_save(txn, &key, rule);
    return STORE_OK;
}

enum store_status op_remove_rule(struct engine_context *context,
                                 struct store_remove_rule *op)
{
    const struct store_rule wanted = {
        .kind = op->kind,
        .subject = op->subject,
        .value = op->value,
    };
    op->count = 0;
    if (!known(op->kind) || op->subject.len == 0
        || !fits(op->subject, STORE_RULE_SUBJECT_MAX)
        || !fits(op->value, STORE_RULE_VALUE_MAX))
        return STORE_INVALID;
    op->count = remove_all(context->txn, &wanted);
    return op->count > 0 ? STORE_OK : STORE_NOT_FOUND;
}

// The first key after this rule's.
static bool after_key(struct key *key, const struct store_rule *after)
{
    key_start(key);
    if (after->kind == 0)
        return true;
    if (!known(after->kind) || !fits(after->subject, STORE_RULE_SUBJECT_MAX)
        || !fits(after->value, STORE_RULE_VALUE_MAX))
        return false;
    if (after->subject.len == 0)
        subject_key(key, after);
    else if (rule_key(key, after))
        key_u8(key, 0);
    return true;
}

enum store_status op_page_rules(struct engine_context *context,
                                struct store_page_rules *op)
{
    struct txn *txn = context->txn;
    struct key from;
    struct bytes key, record;
    op->count = 0;
    op->items = NULL;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX
        || !after_key(&from, &op->after))
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    bool more = txn_seek(txn, TABLE_RULES, &from, &key, &record);
    for (; more && op->count < op->max;
         more = txn_next(txn, TABLE_RULES, &key, &record)) {
        record = arena_copy(&context->results, record);
        if (context->results.failed)
            return STORE_AGAIN;
        if (!rule_decode(record, &op->items[op->count++])) {
            txn_fail(txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
    }
    op->end = !more;
    return STORE_OK;
}
