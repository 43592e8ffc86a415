// SPDX-License-Identifier: MIT

#include "due.h"
#include "entries.h"
#include "look.h"
#include "tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TOPIC_KEY = 8, HASH_KEY = 32, ALIAS_KEY = 40, ENTRIES_KEY = 12 };

// --------------------------------------------------------------- its parts

static void want_due(struct look *look, struct work work, int64_t due,
                     uint64_t id)
{
    struct key key;
    if (due == 0)
        return;
    due_key(&key, work, due);
    look_want(look, TABLE_DUE, &key, TABLE_TOPIC_STATE, "topic", id);
}

static void want_names(struct look *look, const struct topic *topic)
{
    struct key key;
    struct bytes value;
    uint64_t id = topic->shown.id;
    key_start(&key);
    key_hash(&key, &topic->key);
    look_want(look, TABLE_TOPIC_IDS, &key, TABLE_TOPICS, "topic", id);
    if (look_get(look, TABLE_TOPIC_IDS, &key, &value)
        && key_part(value, 0) != id)
        look_say(look, TABLE_TOPICS,
                 "topic %" PRIu64 " is not the only one of "
                 "its URL",
                 id);
    key_start(&key);
    key_text(&key, topic->shown.url_normal);
    key_u64(&key, id);
    look_want(look, TABLE_TOPIC_URLS, &key, TABLE_TOPICS, "topic", id);
    if (!topic->self_near)
        return;
    key_start(&key);
    key_hash(&key, &topic->self_key);
    key_u64(&key, id);
    look_want(look, TABLE_ALIASES, &key, TABLE_TOPICS, "topic", id);
}

static uint64_t subscriptions_of(struct look *look, uint64_t topic)
{
    struct key from;
    struct bytes key, value;
    uint64_t count = 0;
    key_two(&from, topic, 0);
    bool more = txn_seek(&look->txn, TABLE_SUBSCRIPTIONS, &from, &key, &value);
    for (; more && key_part(key, 0) == topic; count++)
        more = txn_next(&look->txn, TABLE_SUBSCRIPTIONS, &key, &value);
    return count;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t listeners_of(const struct look *look, uint64_t topic)
{
    uint64_t count = 0;
    const uint64_t *found =
        look->listened_count > 0
            ? bsearch(&topic, look->listened, look->listened_count,
                      sizeof topic, by_number)
            : NULL;
    if (!found)
        return 0;
    while (found > look->listened && found[-1] == topic)
        found--;
    for (; found < look->listened + look->listened_count && *found == topic;
         found++)
        count++;
    return count;
}

static void check_counts(struct look *look, const struct store_topic *shown)
{
    uint64_t subscriptions = subscriptions_of(look, shown->id);
    uint64_t listeners = listeners_of(look, shown->id);
    if (subscriptions != shown->subscriptions)
        look_say(look, TABLE_TOPIC_STATE,
                 "topic %" PRIu64 " counts %" PRIu64
                 " subscriptions and has %" PRIu64,
                 shown->id, shown->subscriptions, subscriptions);
    if (listeners != shown->listeners)
        look_say(look, TABLE_TOPIC_STATE,
                 "topic %" PRIu64 " counts %" PRIu64
                 " mailboxes that listen to it and has %" PRIu64,
                 shown->id, shown->listeners, listeners);
    if (shown->unfollowed_at != 0
        && (subscriptions > 0 || listeners > 0 || shown->kept))
        look_say(look, TABLE_TOPIC_STATE,
                 "topic %" PRIu64 " is followed, but says that it is not",
                 shown->id);
    if (shown->id > look->counters.topic)
        look_say(look, TABLE_TOPICS,
                 "topic %" PRIu64 " has a number that was not given yet",
                 shown->id);
}

// Its rows: from the oldest on without a hole, up to the head, with as many
// bytes of bodies as it says.
static void check_log(struct look *look, const struct store_topic *shown)
{
    struct key from;
    struct bytes key, value;
    uint64_t last = 0, bytes = 0;
    bool holes = false;
    key_two(&from, shown->id, 0);
    bool more = txn_seek(&look->txn, TABLE_UPDATES, &from, &key, &value);
    while (more && key_part(key, 0) == shown->id) {
        struct update update;
        uint64_t seq = key_part(key, sizeof seq);
        holes = holes || (last != 0 && seq != last + 1);
        last = seq;
        if (update_decode(value, &update) && !update.skeleton)
            bytes += update.whole_size + update.delta_size;
        more = txn_next(&look->txn, TABLE_UPDATES, &key, &value);
    }
    if (last != shown->head || holes)
        look_say(look, TABLE_UPDATES,
                 "topic %" PRIu64 " lacks updates: its newest is %" PRIu64
                 " and not %" PRIu64 "%s",
                 shown->id, last, shown->head, holes ? ", with holes" : "");
    if (bytes != shown->body_bytes)
        look_say(look, TABLE_TOPIC_STATE,
                 "topic %" PRIu64 " counts %" PRIu64
                 " bytes of bodies and has %" PRIu64,
                 shown->id, shown->body_bytes, bytes);
}

// -------------------------------------------------------------------- rows

static void topic_row(struct look *look, struct bytes key, struct bytes value)
{
    struct topic topic;
    uint64_t id = key_part(key, 0);
    if (!look_topic(look, id, &topic)) {
        look_say(look, TABLE_TOPICS,
                 "topic %" PRIu64 " or its state cannot be read", id);
        return;
    }
    (void)value;
    want_names(look, &topic);
    want_due(look, work_fetch(id), topic.shown.fetch_due, id);
    want_due(look, work_trim(id), topic.trim_due, id);
    check_counts(look, &topic.shown);
    check_log(look, &topic.shown);
}

static void state_row(struct look *look, struct bytes key, struct bytes value)
{
    struct key names;
    struct bytes record;
    (void)value;
    key_one(&names, key_part(key, 0));
    if (!look_get(look, TABLE_TOPICS, &names, &record))
        look_say(look, TABLE_TOPIC_STATE,
                 "a state of topic %" PRIu64 ", which does not exist",
                 key_part(key, 0));
}

static void id_row(struct look *look, struct bytes key, struct bytes value)
{
    struct topic topic;
    uint64_t id = key_part(value, 0);
    if (!look_topic(look, id, &topic)
        || memcmp(topic.key.bytes, key.at, HASH_KEY) != 0)
        look_say(look, TABLE_TOPIC_IDS,
                 "a key leads to topic %" PRIu64 ", which is another one or "
                 "does not exist",
                 id);
}

static void url_row(struct look *look, struct bytes key, struct bytes value)
{
    struct topic topic;
    struct key wanted;
    (void)value;
    if (key.len < TOPIC_KEY) {
        look_say(look, TABLE_TOPIC_URLS, "a key is too short");
        return;
    }
    uint64_t id = key_part(key, key.len - TOPIC_KEY);
    if (look_topic(look, id, &topic)) {
        key_start(&wanted);
        key_text(&wanted, topic.shown.url_normal);
        key_u64(&wanted, id);
        if (wanted.len == key.len && memcmp(wanted.at, key.at, key.len) == 0)
            return;
    }
    look_say(look, TABLE_TOPIC_URLS,
             "a URL leads to topic %" PRIu64 ", which is another one or does "
             "not exist",
             id);
}

static void alias_row(struct look *look, struct bytes key, struct bytes value)
{
    struct topic topic;
    uint64_t id = key_part(key, HASH_KEY);
    (void)value;
    if (!look_topic(look, id, &topic) || !topic.self_near
        || memcmp(topic.self_key.bytes, key.at, HASH_KEY) != 0)
        look_say(look, TABLE_ALIASES,
                 "a name leads to topic %" PRIu64
                 ", which does not call itself "
                 "so or does not exist",
                 id);
}

static void entries_row(struct look *look, struct bytes key, struct bytes value)
{
    struct key topic;
    struct bytes record;
    uint64_t id = key_part(key, 0), number = key_part_u32(key, TOPIC_KEY);
    if (entries_in(value) == 0)
        look_say(look, TABLE_ENTRIES,
                 "a piece of what is remembered of topic %" PRIu64
                 " cannot be read",
                 id);
    key_one(&topic, id);
    if (!look_get(look, TABLE_TOPICS, &topic, &record))
        look_say(look, TABLE_ENTRIES,
                 "entries of topic %" PRIu64 ", which does not exist", id);
    if (id == look->last_topic && number != look->last_number + 1)
        look_say(look, TABLE_ENTRIES,
                 "a piece of what is remembered of topic %" PRIu64
                 " is missing",
                 id);
    look->last_topic = id;
    look->last_number = number;
}

static void walk_row(struct look *look, struct bytes key, struct bytes value)
{
    struct store_walk walk;
    struct topic topic;
    uint64_t id = key_part(key, 0);
    if (!walk_decode(value, &walk))
        look_say(look, TABLE_WALKS,
                 "the walk of topic %" PRIu64 " cannot be read", id);
    else if (!look_topic(look, id, &topic) || walk.to > topic.shown.head)
        look_say(look, TABLE_WALKS,
                 "a walk of topic %" PRIu64 ", which does not exist or is not "
                 "so far",
                 id);
}

void look_at_topics(struct look *look)
{
    if (look->listened_count > 0)
        qsort(look->listened, look->listened_count, sizeof *look->listened,
              by_number);
    look_each(look, TABLE_TOPICS, TOPIC_KEY, topic_row);
    look_each(look, TABLE_TOPIC_STATE, TOPIC_KEY, state_row);
    look_each(look, TABLE_TOPIC_IDS, HASH_KEY, id_row);
    look_each(look, TABLE_TOPIC_URLS, 0, url_row);
    look_each(look, TABLE_ALIASES, ALIAS_KEY, alias_row);
    look_each(look, TABLE_ENTRIES, ENTRIES_KEY, entries_row);
    look_each(look, TABLE_WALKS, TOPIC_KEY, walk_row);
}
