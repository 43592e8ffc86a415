// SPDX-License-Identifier: MIT

#include "look.h"

#include "meta.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SAY_EVERY = 1 << 16, TEXT_SIZE = 256 };

void look_say(struct look *look, enum table table, const char *format, ...)
{
    char text[TEXT_SIZE];
    struct care *care = look->care;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    care->findings++;
    if (care->found)
        care->found(care->context,
                    &(struct care_finding){ env_table_name(table), text });
}

// What LMDB could not read ends no more than the look at that table.
static bool failed(struct look *look, enum table table)
{
    if (txn_ok(&look->txn))
        return false;
    look_say(look, table, "it cannot be read to its end");
    look->txn.status = STORE_OK;
    return true;
}

static void note(struct look *look)
{
    struct care *care = look->care;
    care->records++;
    if (++look->done % SAY_EVERY == 0 && care->progress)
        care->progress(care->context, look->done, look->all);
}

void look_each(struct look *look, enum table table, size_t key_len,
               void (*row)(struct look *look, struct bytes key,
                           struct bytes value))
{
    struct key from;
    struct bytes key, value;
    key_start(&from);
    look->last_topic = look->last_number = 0;
    bool more = txn_seek(&look->txn, table, &from, &key, &value);
    while (more) {
        note(look);
        if (key_len != 0 && key.len != key_len)
            look_say(look, table, "a key has %zu bytes instead of %zu", key.len,
                     key_len);
        else
            row(look, key, value);
        more = txn_next(&look->txn, table, &key, &value);
    }
    failed(look, table);
}

bool look_get(struct look *look, enum table table, const struct key *key,
              struct bytes *value)
{
    bool there = txn_get(&look->txn, table, key, value);
    return !failed(look, table) && there;
}

void look_want(struct look *look, enum table table, const struct key *key,
               enum table of, const char *name, uint64_t number)
{
    struct bytes value;
    if (!look_get(look, table, key, &value))
        look_say(look, of, "%s %" PRIu64 " lacks its key in %s", name, number,
                 env_table_name(table));
}

bool look_topic(struct look *look, uint64_t id, struct topic *out)
{
    struct key key;
    struct bytes names, state;
    memset(out, 0, sizeof *out);
    out->shown.id = id;
    key_one(&key, id);
    return look_get(look, TABLE_TOPICS, &key, &names)
           && look_get(look, TABLE_TOPIC_STATE, &key, &state)
           && topic_decode(names, out) && topic_state_decode(state, out);
}

bool look_subscription(struct look *look, uint64_t topic, uint64_t id,
                       struct subscription *out)
{
    struct key key;
    struct bytes record;
    memset(out, 0, sizeof *out);
    out->shown.topic = topic;
    out->shown.id = id;
    key_two(&key, topic, id);
    return look_get(look, TABLE_SUBSCRIPTIONS, &key, &record)
           && subscription_decode(record, out);
}
