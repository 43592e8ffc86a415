// SPDX-License-Identifier: MIT

#include "audience.h"

#include "cursor.h"
#include "fetcher/siphash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
    BUCKETS = 8192,
    ASLEEP_MAX = 4096, // audiences that nobody belongs to
    ASLEEP_BYTES = 32 * 1024 * 1024,
};

struct audiences {
    struct audience *buckets[BUCKETS];
    struct audience_topic *topics[BUCKETS];
    struct audience *prefixed; // all that have prefixes
    struct audience *newest, *oldest;
    size_t count, asleep;
    size_t asleep_bytes;
    struct siphash_key key;
};

struct audiences *audiences_new(void)
{
    struct audiences *all = calloc(1, sizeof *all);
    if (all && getrandom(&all->key, sizeof all->key, 0) == sizeof all->key)
        return all;
    free(all);
    return NULL;
}

// ------------------------------------------------------------------- question

static uint64_t hash_of(const struct audiences *all,
                        const struct pull_query *query)
{
    uint64_t hash = (uint64_t)query->voice * 31 + query->limit;
    for (size_t i = 0; i < query->topic_count; i++)
        hash = hash * 31
               + siphash(&all->key, query->topics[i].url,
                         query->topics[i].url_len);
    for (size_t i = 0; i < query->pattern_count; i++)
        hash = hash * 31
               + siphash(&all->key, query->patterns[i].normal,
                         query->patterns[i].len);
    return hash;
}

static bool same_topics(const struct audience *audience,
                        const struct pull_query *query)
{
    for (size_t i = 0; i < audience->count; i++) {
        const struct audience_topic *topic = &audience->topics[i];
        const char *url = audience->prefixes ? query->patterns[i].normal
                                             : query->topics[i].url;
        size_t len = audience->prefixes ? query->patterns[i].len
                                        : query->topics[i].url_len;
        if (topic->url_len != len || memcmp(topic->url, url, len) != 0)
            return false;
    }
    return true;
}

static bool asks(const struct audience *audience,
                 const struct pull_query *query)
{
    size_t count =
        audience->prefixes ? query->pattern_count : query->topic_count;
    return audience->prefixes == (query->pattern_count > 0)
           && audience->count == count && audience->voice == query->voice
           && audience->content == query->content
           && audience->bodies == query->bodies
           && audience->pauses == query->has_limit
           && audience->fail_on_gap == query->fail_on_gap
           && audience->limit == query->limit
           && audience->max_bytes == query->max_bytes
           && same_topics(audience, query);
}

struct audience *audience_find(struct audiences *all,
                               const struct pull_query *query)
{
    uint64_t hash = hash_of(all, query);
    struct audience *audience = all->buckets[hash % BUCKETS];
    while (audience && (audience->hash != hash || !asks(audience, query)))
        audience = audience->next;
    return audience;
}

// -------------------------------------------------------------- making, ending

static size_t bucket_of(uint64_t topic)
{
    return (size_t)(topic * 0x9e3779b97f4a7c15U >> 51) % BUCKETS;
}

static void list_topics(struct audiences *all, struct audience *audience)
{
    for (size_t i = 0; i < audience->count; i++) {
        struct audience_topic *topic = &audience->topics[i];
        struct audience_topic **head = &all->topics[bucket_of(topic->id)];
        topic->next = *head;
        topic->link = head;
        if (*head)
            (*head)->link = &topic->next;
        *head = topic;
    }
}

static void list_prefixed(struct audiences *all, struct audience *audience)
{
    audience->prefixed_next = all->prefixed;
    audience->prefixed = &all->prefixed;
    if (all->prefixed)
        all->prefixed->prefixed = &audience->prefixed_next;
    all->prefixed = audience;
}

static void unlist(struct audience *audience)
{
    if (audience->prefixes) {
        *audience->prefixed = audience->prefixed_next;
        if (audience->prefixed_next)
            audience->prefixed_next->prefixed = audience->prefixed;
        return;
    }
    for (size_t i = 0; i < audience->count; i++) {
        struct audience_topic *topic = &audience->topics[i];
        *topic->link = topic->next;
        if (topic->next)
            topic->next->link = topic->link;
    }
}

static void unhash(struct audiences *all, struct audience *audience)
{
    struct audience **at = &all->buckets[audience->hash % BUCKETS];
    while (*at != audience)
        at = &(*at)->next;
    *at = audience->next;
    audience->hashed = false;
}

static void put_asleep(struct audiences *all, struct audience *audience)
{
    audience->newer = NULL;
    audience->older = all->newest;
    if (all->newest)
        all->newest->newer = audience;
    else
        all->oldest = audience;
    all->newest = audience;
    all->asleep++;
    all->asleep_bytes += audience->size;
}

static void awake(struct audiences *all, struct audience *audience)
{
    if (audience->newer)
        audience->newer->older = audience->older;
    else
        all->newest = audience->older;
    if (audience->older)
        audience->older->newer = audience->newer;
    else
        all->oldest = audience->newer;
    all->asleep--;
    all->asleep_bytes -= audience->size;
}

// Nobody belongs to it, and it sleeps no more.
static void end(struct audiences *all, struct audience *audience)
{
    if (audience->hashed)
        unhash(all, audience);
    unlist(audience);
    all->count--;
    free(audience);
}

static void make_room(struct audiences *all)
{
    while (all->asleep > ASLEEP_MAX || all->asleep_bytes > ASLEEP_BYTES) {
        struct audience *oldest = all->oldest;
        awake(all, oldest);
        end(all, oldest);
    }
}

static char *copy(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    at[len] = '\0';
    return at + len + 1;
}

static size_t bytes_of(const struct pull_query *query)
{
    size_t bytes = 0;
    for (size_t i = 0; i < query->topic_count; i++)
        bytes += query->topics[i].url_len + query->topics[i].normal_len + 2;
    for (size_t i = 0; i < query->pattern_count; i++)
        bytes += query->patterns[i].len + 1;
    return bytes;
}

static void fill_topics(struct audience *audience,
                        const struct pull_query *query,
                        const struct audience_found found[])
{
    uint64_t ids[PULL_TOPICS_MAX];
    char *at = (char *)&audience->topics[audience->count];
    for (size_t i = 0; i < query->topic_count; i++) {
        struct audience_topic *topic = &audience->topics[i];
        topic->audience = audience;
        topic->id = ids[i] = found[i].topic;
        topic->reach = found[i].reach;
        topic->url = at;
        topic->url_len = (uint32_t)query->topics[i].url_len;
        at = copy(at, query->topics[i].url, topic->url_len);
        topic->normal = at;
        topic->normal_len = (uint32_t)query->topics[i].normal_len;
        at = copy(at, query->topics[i].normal, topic->normal_len);
    }
    audience->tag = cursor_tag(ids, query->topic_count);
}

static void fill_prefixes(struct audience *audience,
                          const struct pull_query *query)
{
    // The same wherever such a cursor is presented, so no secret is in it.
    const struct siphash_key plain = { 0 };
    uint64_t names[PULL_PATTERNS_MAX];
    char *at = (char *)&audience->topics[audience->count];
    for (size_t i = 0; i < query->pattern_count; i++) {
        struct audience_topic *topic = &audience->topics[i];
        topic->audience = audience;
        topic->url = topic->normal = at;
        topic->url_len = topic->normal_len = (uint32_t)query->patterns[i].len;
        at = copy(at, query->patterns[i].normal, topic->url_len);
        names[i] = siphash(&plain, topic->url, topic->url_len);
    }
    audience->tag = cursor_tag(names, query->pattern_count);
}

static struct audience *make(struct audiences *all,
                             const struct pull_query *query,
                             const struct audience_found found[])
{
    size_t count = query->topic_count + query->pattern_count;
    size_t size = sizeof(struct audience)
                  + count * sizeof(struct audience_topic) + bytes_of(query);
    struct audience *audience = calloc(1, size);
    if (!audience)
        return NULL;
    audience->size = size;
    audience->hash = hash_of(all, query);
    ring_init(&audience->members);
    audience->voice = query->voice;
    audience->content = query->content;
    audience->bodies = query->bodies;
    audience->pauses = query->has_limit;
    audience->fail_on_gap = query->fail_on_gap;
    audience->limit = query->limit;
    audience->max_bytes = query->max_bytes;
    audience->count = count;
    audience->prefixes = query->pattern_count > 0;
    audience->known = count == 0;
    if (audience->prefixes) {
        fill_prefixes(audience, query);
        list_prefixed(all, audience);
    } else {
        fill_topics(audience, query, found);
        list_topics(all, audience);
    }
    audience->hashed = true;
    audience->next = all->buckets[audience->hash % BUCKETS];
    all->buckets[audience->hash % BUCKETS] = audience;
    all->count++;
    put_asleep(all, audience);
    make_room(all);
    return audience;
}

static bool is_of(const struct audience *audience,
                  const struct audience_found found[])
{
    for (size_t i = 0; i < audience->count && !audience->prefixes; i++)
        if (audience->topics[i].id != found[i].topic)
            return false;
    return true;
}

struct audience *audience_make(struct audiences *all,
                               const struct pull_query *query,
                               const struct audience_found found[], int64_t now)
{
    struct audience *audience = audience_find(all, query);
    if (audience && !is_of(audience, found)) {
        unhash(all, audience);
        if (audience->users == 0) {
            awake(all, audience);
            end(all, audience);
        }
        audience = NULL;
    }
    if (!audience)
        audience = make(all, query, found);
    if (!audience)
        return NULL;
    audience->looked = now;
    for (size_t i = 0; i < audience->count && !audience->prefixes; i++)
        audience->topics[i].reach = found[i].reach;
    return audience;
}

void audience_use(struct audiences *all, struct audience *audience)
{
    if (audience->users++ == 0)
        awake(all, audience);
}

void audience_leave(struct audiences *all, struct audience *audience)
{
    assert(audience->users > 0);
    if (--audience->users > 0)
        return;
    if (!audience->hashed) {
        end(all, audience);
        return;
    }
    put_asleep(all, audience);
    make_room(all);
}

void audiences_free(struct audiences *all)
{
    if (!all)
        return;
    while (all->oldest) {
        struct audience *oldest = all->oldest;
        awake(all, oldest);
        end(all, oldest);
    }
    assert(all->count == 0);
    free(all);
}

// ------------------------------------------------------------------------ news

uint64_t audience_newest(const struct audience *audience, size_t topic)
{
    const struct audience_topic *at = &audience->topics[topic];
    return at->told > at->found ? at->told : at->found;
}

bool audience_is_quiet(const struct audience *audience, uint64_t number)
{
    return audience->known && number >= audience->quiet;
}

// Also where it was known already: by a read, which has told nobody but those
// it was for.
static void tell(struct audience *audience, struct audience_topic *topic,
                 uint64_t number,
                 void (*woken)(void *context, struct audience *audience,
                               uint64_t before),
                 void *context)
{
    uint64_t before = audience->quiet;
    if (number > topic->told)
        topic->told = number;
    if (number > audience->quiet)
        audience->quiet = number;
    woken(context, audience, before);
}

static bool begins(const struct audience_topic *topic, const char *normal,
                   size_t len)
{
    return topic->normal_len <= len
           && memcmp(topic->normal, normal, topic->normal_len) == 0;
}

static bool covers(const struct audience *audience, const char *normal,
                   size_t len)
{
    for (size_t i = 0; i < audience->count; i++)
        if (begins(&audience->topics[i], normal, len))
            return true;
    return false;
}

void audiences_updated(struct audiences *all, uint64_t topic,
                       const char *normal, uint64_t number,
                       void (*woken)(void *context, struct audience *audience,
                                     uint64_t before),
                       void *context)
{
    size_t len = strlen(normal);
    struct audience_topic *at = all->topics[bucket_of(topic)];
    for (; at; at = at->next)
        if (at->id == topic)
            tell(at->audience, at, number, woken, context);
    struct audience *audience = all->prefixed;
    for (; audience; audience = audience->prefixed_next)
        if (covers(audience, normal, len))
            tell(audience, &audience->topics[0], number, woken, context);
}

void audience_learn(struct audience *audience, size_t topic, uint64_t place,
                    uint64_t number)
{
    struct audience_topic *at = &audience->topics[topic];
    // Of two reads the later one may end first; what neither has seen is told.
    if (!audience->known || place <= at->found || number > at->found)
        at->found = number;
}

void audience_learnt(struct audience *audience)
{
    audience->known = true;
    audience->quiet = 0;
    for (size_t i = 0; i < audience->count; i++)
        if (audience_newest(audience, i) > audience->quiet)
            audience->quiet = audience_newest(audience, i);
}

// --------------------------------------------------------------------- numbers

size_t audiences_of(const struct audiences *all, uint64_t topic,
                    const char *normal)
{
    size_t users = 0;
    const struct audience_topic *at = all->topics[bucket_of(topic)];
    for (; at; at = at->next)
        if (at->id == topic)
            users += at->audience->users - at->audience->readings;
    const struct audience *audience = all->prefixed;
    for (; normal && audience; audience = audience->prefixed_next)
        if (covers(audience, normal, strlen(normal)))
            users += audience->users - audience->readings;
    return users;
}

void audiences_numbers(const struct audiences *all,
                       struct audiences_numbers *out)
{
    out->audiences = all->count;
    out->asleep = all->asleep;
}

void audiences_each(const struct audiences *all,
                    bool (*each)(void *context, struct bytes normal,
                                 size_t held),
                    void *context)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        const struct audience_topic *at = all->topics[i];
        for (; at; at = at->next) {
            struct bytes normal = { at->normal, at->normal_len };
            size_t held = at->audience->users - at->audience->readings;
            if (held > 0 && !each(context, normal, held))
                return;
        }
    }
}
