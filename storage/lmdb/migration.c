// SPDX-License-Identifier: MIT

#include "migration.h"

#include "meta.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// How far a step is whose pages are not all done: the format that it began
// with, and its place. The store has the next format from the first page on,
// so that nobody takes it for one of the older.
struct way {
    uint64_t from; // 0: none is under way
    struct key place;
};

static void way_key(struct key *key)
{
    key_start(key);
    key_text(key, (struct bytes){ "migrating", 9 });
}

static void load_way(struct txn *txn, struct way *out)
{
    struct key key;
    struct bytes value;
    out->from = 0;
    key_start(&out->place);
    way_key(&key);
    if (!txn_get(txn, TABLE_META, &key, &value))
        return;
    if (value.len < sizeof out->from
        || value.len - sizeof out->from > sizeof out->place.at) {
        txn_fail(txn, STORE_CORRUPT);
        return;
    }
    out->from = key_part(value, 0);
    out->place.len = value.len - sizeof out->from;
    memcpy(out->place.at, value.at + sizeof out->from, out->place.len);
}

static void save_way(struct txn *txn, const struct way *way)
{
    uint8_t value[sizeof way->from + KEY_MAX];
    struct key key, from;
    key_one(&from, way->from);
    memcpy(value, from.at, from.len);
    memcpy(value + from.len, way->place.at, way->place.len);
    way_key(&key);
    txn_put(txn, TABLE_META, &key,
            (struct bytes){ (const char *)value, from.len + way->place.len });
}

// The step that is under way, or that begins with the format that it has.
static uint64_t next_from(struct txn *txn, struct way *way)
{
    uint64_t format = 0;
    load_way(txn, way);
    if (way->from != 0)
        return way->from;
    if (!meta_format(txn, &format))
        txn_fail(txn, STORE_CORRUPT);
    return format;
}

// One transaction. *over: there is nothing more for this step.
static enum store_status run_page(struct env *env,
                                  const struct migration_step *step, bool *over)
{
    struct txn txn;
    struct way way;
    struct key key;
    txn_begin_write(&txn, env);
    *over = next_from(&txn, &way) != step->from || !txn_ok(&txn);
    if (!*over) {
        *over = !step->page || !step->page(&txn, &way.place);
        way.from = step->from;
        meta_set_format(&txn, step->from + 1);
        way_key(&key);
        if (*over)
            txn_remove(&txn, TABLE_META, &key);
        else
            save_way(&txn, &way);
    }
    return txn_commit(&txn);
}

bool migration_run(struct env *env, const struct migration_step *steps,
                   size_t count, struct problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        enum store_status status = STORE_OK;
        for (bool over = false; !over && status == STORE_OK;)
            status = run_page(env, &steps[i], &over);
        if (status == STORE_OK)
            continue;
        snprintf(problem->text, sizeof problem->text,
                 "the store: could not make format %" PRIu64 " of %" PRIu64
                 ": %s",
                 steps[i].from + 1, steps[i].from, env_why(env, status));
        return false;
    }
    return true;
}
