// SPDX-License-Identifier: MIT

#include "meta.h"

#include "migration.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

enum {
    COUNTERS_SIZE = 96,
    EPOCH_BITS = 48,
};

static void name_key(struct key *key, const char *name)
{
    key_start(key);
    key_text(key, (struct bytes){ name, strlen(name) });
}

static void put(struct txn *txn, const char *name, const struct writer *value)
{
    struct key key;
    name_key(&key, name);
    txn_put(txn, TABLE_META, &key, writer_bytes(value));
}

static void put_number(struct txn *txn, const char *name, uint64_t number)
{
    uint8_t buffer[8];
    struct writer writer;
    writer_init(&writer, buffer, sizeof buffer);
    write_u64(&writer, number);
    put(txn, name, &writer);
}

// False: it is not there, or not a number.
static bool get_number(struct txn *txn, const char *name, uint64_t *out)
{
    struct key key;
    struct bytes value;
    struct reader reader;
    name_key(&key, name);
    if (!txn_get(txn, TABLE_META, &key, &value))
        return false;
    reader_init(&reader, value);
    *out = read_u64(&reader);
    return reader_done(&reader);
}

bool meta_format(struct txn *txn, uint64_t *out)
{
    return get_number(txn, "format", out);
}

void meta_set_format(struct txn *txn, uint64_t format)
{
    put_number(txn, "format", format);
}

bool meta_paused(struct txn *txn)
{
    struct key key;
    struct bytes nothing;
    name_key(&key, "paused");
    return txn_get(txn, TABLE_META, &key, &nothing);
}

void meta_pause(struct txn *txn, bool paused)
{
    struct key key;
    name_key(&key, "paused");
    if (paused)
        txn_mark(txn, TABLE_META, &key);
    else
        txn_remove(txn, TABLE_META, &key);
}

static uint64_t new_epoch(struct txn *txn)
{
    uint64_t epoch = 0;
    if (RAND_bytes((unsigned char *)&epoch, sizeof epoch) != 1)
        txn_fail(txn, STORE_AGAIN);
    epoch >>= 64 - EPOCH_BITS;
    return epoch != 0 ? epoch : 1;
}

static void renew_epoch(struct txn *txn)
{
    txn->env->epoch = new_epoch(txn);
    put_number(txn, "epoch", txn->env->epoch);
}

static void create(struct txn *txn, struct meta *out)
{
    struct writer writer;
    *out = (struct meta){ 0 };
    if (RAND_bytes(out->secret_key, sizeof out->secret_key) != 1)
        txn_fail(txn, STORE_AGAIN);
    writer_init(&writer, out->secret_key, sizeof out->secret_key);
    writer.used = sizeof out->secret_key;
    put(txn, "secret-key", &writer);
    put_number(txn, "format", META_FORMAT);
    renew_epoch(txn);
    meta_save_counters(txn, &out->counters);
}

bool meta_read(struct txn *txn, struct meta *out)
{
    struct key key;
    struct bytes secret;
    name_key(&key, "secret-key");
    if (!txn_get(txn, TABLE_META, &key, &secret)
        || secret.len != sizeof out->secret_key)
        return false;
    memcpy(out->secret_key, secret.at, secret.len);
    return get_number(txn, "epoch", &txn->env->epoch)
           && meta_load_counters(txn, &out->counters);
}

void meta_set_key(struct txn *txn, const uint8_t secret_key[META_KEY_SIZE])
{
    struct key key;
    name_key(&key, "secret-key");
    txn_put(txn, TABLE_META, &key,
            (struct bytes){ (const char *)secret_key, META_KEY_SIZE });
}

bool meta_load_counters(struct txn *txn, struct counters *out)
{
    struct key key;
    struct bytes record;
    name_key(&key, "counters");
    if (!txn_get(txn, TABLE_META, &key, &record))
        return false;
    if (counters_decode(record, out))
        return true;
    txn_fail(txn, STORE_CORRUPT);
    return false;
}

void meta_save_counters(struct txn *txn, const struct counters *counters)
{
    uint8_t buffer[COUNTERS_SIZE];
    struct writer writer;
    writer_init(&writer, buffer, sizeof buffer);
    counters_encode(&writer, counters);
    put(txn, "counters", &writer);
}

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "the store: %s", text);
    return false;
}

bool meta_known(struct txn *txn, struct problem *problem)
{
    uint64_t format;
    if (!meta_format(txn, &format) || format == 0)
        return say(problem, "data.mdb is not a store of this program");
    if (format <= META_FORMAT)
        return true;
    snprintf(problem->text, sizeof problem->text,
             "the store: its format %" PRIu64 " is newer than this program "
             "knows (up to %d): open it with the version that wrote it",
             format, META_FORMAT);
    return false;
}

// One that is new is made; one that is there has to be known and whole.
static bool look(struct txn *txn, struct meta *out, struct problem *problem)
{
    if (txn_count(txn, TABLE_META) == 0) {
        create(txn, out);
        return true;
    }
    if (!meta_known(txn, problem))
        return false;
    return meta_read(txn, out) ? true
                               : say(problem, "its own description is damaged");
}

static bool look_first(struct env *env, struct meta *out,
                       struct problem *problem)
{
    struct txn txn;
    txn_begin_write(&txn, env);
    if (!look(&txn, out, problem)) {
        txn_abort(&txn);
        return false;
    }
    enum store_status status = txn_commit(&txn);
    return status == STORE_OK || say(problem, env_why(env, status));
}

static bool forget_copy(struct env *env, struct problem *problem)
{
    struct txn txn;
    txn_begin_write(&txn, env);
    renew_epoch(&txn);
    enum store_status status = txn_commit(&txn);
    return status == STORE_OK || say(problem, env_why(env, status));
}

bool meta_open(struct env *env, bool copied, struct meta *out,
               struct problem *problem)
{
    size_t count;
    const struct migration_step *steps = migration_steps(&count);
    return look_first(env, out, problem)
           && migration_run(env, steps, count, problem)
           && (!copied || forget_copy(env, problem));
}
