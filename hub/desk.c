// SPDX-License-Identifier: MIT

#include "desk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS_FIRST = 64 };

struct desks {
    struct desk **by_id, **by_name;
    struct desk_interest **by_topic;
    size_t buckets, count;                // of desks
    size_t topic_buckets, interest_count; // of interests
    struct desk_interest *prefixes;
    struct desk *all;
};

static size_t scramble(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    return (size_t)(x ^ x >> 31);
}

static size_t hash_name(uint64_t owner, const char *name)
{
    uint64_t x = owner ^ 0xcbf29ce484222325U;
    for (; *name; name++)
        x = (x ^ (unsigned char)*name) * 0x100000001b3U;
    return scramble(x);
}

// ------------------------------------------------------------------- links

static void put_id(struct desks *desks, struct desk *desk)
{
    struct desk **at = &desks->by_id[scramble(desk->id) & (desks->buckets - 1)];
    desk->id_next = *at;
    desk->id_link = at;
    if (*at)
        (*at)->id_link = &desk->id_next;
    *at = desk;
}

static void put_name(struct desks *desks, struct desk *desk)
{
    size_t hash = hash_name(desk->owner, desk->name);
    struct desk **at = &desks->by_name[hash & (desks->buckets - 1)];
    desk->name_next = *at;
    desk->name_link = at;
    if (*at)
        (*at)->name_link = &desk->name_next;
    *at = desk;
}

static void put_interest(struct desks *desks, struct desk_interest *interest)
{
    struct desk_interest **at = &desks->prefixes;
    if (interest->topic != 0)
        at = &desks->by_topic[scramble(interest->topic)
                              & (desks->topic_buckets - 1)];
    interest->next = *at;
    interest->link = at;
    if (*at)
        (*at)->link = &interest->next;
    *at = interest;
}

static void take_interest(struct desk_interest *interest)
{
    *interest->link = interest->next;
    if (interest->next)
        interest->next->link = interest->link;
}

// Twice as many buckets; without memory chains become longer.
static void grow(struct desks *desks)
{
    size_t buckets = desks->buckets * 2;
    struct desk **by_id = calloc(buckets, sizeof *by_id);
    struct desk **by_name = calloc(buckets, sizeof *by_name);
    if (!by_id || !by_name) {
        free(by_id);
        free(by_name);
        return;
    }
    free(desks->by_id);
    free(desks->by_name);
    desks->by_id = by_id;
    desks->by_name = by_name;
    desks->buckets = buckets;
    for (struct desk *desk = desks->all; desk; desk = desk->all_next) {
        if (desk->ended)
            continue;
        put_id(desks, desk);
        put_name(desks, desk);
    }
}

static void grow_topics(struct desks *desks)
{
    size_t buckets = desks->topic_buckets * 2;
    struct desk_interest **by_topic = calloc(buckets, sizeof *by_topic);
    if (!by_topic)
        return;
    free(desks->by_topic);
    desks->by_topic = by_topic;
    desks->topic_buckets = buckets;
    for (struct desk *desk = desks->all; desk; desk = desk->all_next)
        for (size_t i = 0; i < desk->interest_count; i++)
            if (desk->interests[i].topic != 0)
                put_interest(desks, &desk->interests[i]);
}

// ------------------------------------------------------------------- desks

struct desks *desks_new(void)
{
    struct desks *desks = calloc(1, sizeof *desks);
    if (!desks)
        return NULL;
    desks->buckets = desks->topic_buckets = BUCKETS_FIRST;
    desks->by_id = calloc(BUCKETS_FIRST, sizeof *desks->by_id);
    desks->by_name = calloc(BUCKETS_FIRST, sizeof *desks->by_name);
    desks->by_topic = calloc(BUCKETS_FIRST, sizeof *desks->by_topic);
    if (desks->by_id && desks->by_name && desks->by_topic)
        return desks;
    desks_free(desks);
    return NULL;
}

void desks_free(struct desks *desks)
{
    if (!desks)
        return;
    while (desks->all)
        desk_close(desks->all);
    free(desks->by_id);
    free(desks->by_name);
    free(desks->by_topic);
    free(desks);
}

size_t desks_count(const struct desks *desks)
{
    return desks->count;
}

struct desk *desks_find(const struct desks *desks, uint64_t id)
{
    struct desk *desk = desks->by_id[scramble(id) & (desks->buckets - 1)];
    while (desk && desk->id != id)
        desk = desk->id_next;
    return desk;
}

struct desk *desks_find_name(const struct desks *desks, uint64_t owner,
                             const char *name)
{
    size_t hash = hash_name(owner, name);
    struct desk *desk = desks->by_name[hash & (desks->buckets - 1)];
    while (desk && (desk->owner != owner || strcmp(desk->name, name) != 0))
        desk = desk->name_next;
    return desk;
}

struct desk *desks_open(struct desks *desks,
                        const struct store_mailbox *mailbox)
{
    struct desk *desk = calloc(1, sizeof *desk + mailbox->name.len + 1);
    if (!desk)
        return NULL;
    if (desks->count >= desks->buckets)
        grow(desks);
    assert(mailbox->name.len <= STORE_NAME_MAX);
    desk->desks = desks;
    desk->id = mailbox->id;
    desk->owner = mailbox->owner;
    memcpy(desk->name, mailbox->name.at, mailbox->name.len);
    desk->readers_last = &desk->readers;
    desk->again_at = desk->touch_at = INT64_MAX;
    desk->rev = mailbox->rev - 1;
    desk->all_next = desks->all;
    desk->all_link = &desks->all;
    if (desks->all)
        desks->all->all_link = &desk->all_next;
    desks->all = desk;
    desks->count++;
    put_id(desks, desk);
    put_name(desks, desk);
    return desk;
}

static void forget_interests(struct desk *desk)
{
    for (size_t i = 0; i < desk->interest_count; i++)
        take_interest(&desk->interests[i]);
    desk->desks->interest_count -= desk->interest_count;
    free(desk->interests);
    free(desk->prefixes);
    desk->interests = NULL;
    desk->prefixes = NULL;
    desk->interest_count = 0;
}

static void make_room(struct desks *desks, size_t count)
{
    while (desks->interest_count + count > desks->topic_buckets) {
        size_t before = desks->topic_buckets;
        grow_topics(desks);
        if (desks->topic_buckets == before)
            return;
    }
}

static size_t prefix_bytes(const struct store_listen *listens, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += listens[i].topic == 0 ? listens[i].normal.len : 0;
    return bytes;
}

static bool set_interests(struct desk *desk, const struct store_listen *listens,
                          size_t count)
{
    struct desks *desks = desk->desks;
    struct desk_interest *interests =
        calloc(count > 0 ? count : 1, sizeof *interests);
    size_t bytes = prefix_bytes(listens, count);
    char *prefixes = bytes > 0 ? malloc(bytes) : NULL, *at = prefixes;
    if (!interests || (bytes > 0 && !prefixes)) {
        free(interests);
        free(prefixes);
        return false;
    }
    forget_interests(desk);
    make_room(desks, count);
    desk->interests = interests;
    desk->prefixes = prefixes;
    for (size_t i = 0; i < count; i++) {
        interests[i].desk = desk;
        interests[i].topic = listens[i].topic;
        if (listens[i].topic == 0) {
            interests[i].prefix = at;
            interests[i].prefix_len = listens[i].normal.len;
            if (at && listens[i].normal.len > 0)
                memcpy(at, listens[i].normal.at, listens[i].normal.len);
            at += at ? listens[i].normal.len : 0;
        }
        put_interest(desks, &interests[i]);
    }
    desk->interest_count = count;
    desks->interest_count += count;
    return true;
}

bool desk_update(struct desk *desk, const struct store_mailbox *mailbox,
                 const struct store_listen *listens, size_t count)
{
    desk->ack = mailbox->ack;
    desk->lease = mailbox->lease;
    desk->inactivity = mailbox->inactivity;
    desk->leased = mailbox->leased;
    if (desk->ended || desk->rev == mailbox->rev)
        return true;
    if (!set_interests(desk, listens, count))
        return false;
    desk->rev = mailbox->rev;
    desk->token = 0;
    return true;
}

// Nobody finds it any more.
static void retire(struct desk *desk)
{
    desk->ended = true;
    forget_interests(desk);
    *desk->id_link = desk->id_next;
    if (desk->id_next)
        desk->id_next->id_link = desk->id_link;
    *desk->name_link = desk->name_next;
    if (desk->name_next)
        desk->name_next->name_link = desk->name_link;
}

void desk_end(struct desk *desk)
{
    if (desk->ended)
        return;
    retire(desk);
    if (desk->reader_count == 0)
        desk_close(desk);
}

void desk_close(struct desk *desk)
{
    assert(desk->reader_count == 0);
    if (!desk->ended)
        retire(desk);
    *desk->all_link = desk->all_next;
    if (desk->all_next)
        desk->all_next->all_link = desk->all_link;
    desk->desks->count--;
    free(desk);
}

void desk_add(struct desk *desk, struct desk_reader *reader)
{
    reader->next = NULL;
    reader->link = desk->readers_last;
    *desk->readers_last = reader;
    desk->readers_last = &reader->next;
    desk->reader_count++;
}

void desk_remove(struct desk *desk, struct desk_reader *reader)
{
    *reader->link = reader->next;
    if (reader->next)
        reader->next->link = reader->link;
    else
        desk->readers_last = reader->link;
    desk->reader_count--;
    if (desk->ended && desk->reader_count == 0)
        desk_close(desk);
}

// ----------------------------------------------------------------- finding

void desks_of_topic(struct desks *desks, uint64_t topic, const char *normal,
                    void (*found)(void *context, struct desk *desk),
                    void *context)
{
    size_t bucket = scramble(topic) & (desks->topic_buckets - 1);
    struct desk_interest *at;
    for (at = desks->by_topic[bucket]; at; at = at->next)
        if (at->topic == topic)
            found(context, at->desk);
    for (at = desks->prefixes; at; at = at->next)
        if (at->prefix_len == 0
            || strncmp(normal, at->prefix, at->prefix_len) == 0)
            found(context, at->desk);
}

void desks_each(struct desks *desks,
                void (*each)(void *context, struct desk *desk), void *context)
{
    struct desk *next;
    for (struct desk *desk = desks->all; desk; desk = next) {
        next = desk->all_next;
        if (!desk->ended)
            each(context, desk);
    }
}
