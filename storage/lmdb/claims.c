// SPDX-License-Identifier: MIT

#include "claims.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    KINDS = STORE_DUE_LANE + 1,
    BUCKETS_FIRST = 1024,
    // More work under way at once than any hub can have.
    CLAIMS_MAX = 1 << 20,
};

struct claim {
    struct claim *chain;          // of its bucket, or of the free ones
    struct claim *before, *after; // of its kind, by `until`
    struct claim *settled;        // of those that end with the transaction
    struct work work;
    struct due_place place;
    uint64_t token;
    int64_t until;
    bool settling;
    bool moved; // its key in `due` is no longer at `place`
    bool overtaken;
};

struct kind {
    struct claim *first, *last;
    struct due_place hint;
    // The first place planned in the running transaction.
    struct due_place planned;
    bool has_planned;
};

struct claims {
    pthread_mutex_t mutex;
    struct claim **buckets;
    size_t bucket_count, count;
    struct claim *unused;
    struct claim *settled;
    struct kind kinds[KINDS];
    uint64_t seed;
};

// splitmix64: every step of the seed gives another number.
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static struct claim **bucket(const struct claims *claims, struct work work)
{
    uint64_t hash = mix(work.id ^ mix(work.topic ^ (uint64_t)work.kind));
    return &claims->buckets[hash & (claims->bucket_count - 1)];
}

static bool same(struct work a, struct work b)
{
    return a.kind == b.kind && a.topic == b.topic && a.id == b.id;
}

static struct claim *find(const struct claims *claims, struct work work)
{
    struct claim *claim = *bucket(claims, work);
    while (claim && !same(claim->work, work))
        claim = claim->chain;
    return claim;
}

static bool place_before(struct due_place a, struct due_place b)
{
    if (a.due != b.due)
        return a.due < b.due;
    return a.topic != b.topic ? a.topic < b.topic : a.id < b.id;
}

static void lower_hint(struct kind *kind, struct due_place place)
{
    if (place_before(place, kind->hint))
        kind->hint = place;
}

struct claims *claims_new(uint64_t seed)
{
    struct claims *claims = calloc(1, sizeof *claims);
    if (!claims)
        return NULL;
    claims->buckets = calloc(BUCKETS_FIRST, sizeof(struct claim *));
    if (!claims->buckets || pthread_mutex_init(&claims->mutex, NULL)) {
        free(claims->buckets);
        free(claims);
        return NULL;
    }
    claims->bucket_count = BUCKETS_FIRST;
    claims->seed = seed;
    return claims;
}

static void free_chain(struct claim *claim)
{
    while (claim) {
        struct claim *next = claim->chain;
        free(claim);
        claim = next;
    }
}

void claims_free(struct claims *claims)
{
    if (!claims)
        return;
    for (size_t i = 0; i < claims->bucket_count; i++)
        free_chain(claims->buckets[i]);
    free_chain(claims->unused);
    pthread_mutex_destroy(&claims->mutex);
    free(claims->buckets);
    free(claims);
}

void claims_lock(struct claims *claims)
{
    pthread_mutex_lock(&claims->mutex);
}

void claims_unlock(struct claims *claims)
{
    pthread_mutex_unlock(&claims->mutex);
}

static void unlink_claim(struct claims *claims, struct claim *claim)
{
    struct kind *kind = &claims->kinds[claim->work.kind];
    *(claim->before ? &claim->before->after : &kind->first) = claim->after;
    *(claim->after ? &claim->after->before : &kind->last) = claim->before;
    struct claim **at = bucket(claims, claim->work);
    while (*at != claim)
        at = &(*at)->chain;
    *at = claim->chain;
    claim->chain = claims->unused;
    claims->unused = claim;
    claims->count--;
}

// Backwards from the end: nearly all claims of a kind are made for the same
// length of time, so this is one step.
static void link_claim(struct claims *claims, struct claim *claim)
{
    struct kind *kind = &claims->kinds[claim->work.kind];
    struct claim *before = kind->last;
    while (before && before->until > claim->until)
        before = before->before;
    claim->before = before;
    claim->after = before ? before->after : kind->first;
    *(claim->before ? &claim->before->after : &kind->first) = claim;
    *(claim->after ? &claim->after->before : &kind->last) = claim;
    struct claim **at = bucket(claims, claim->work);
    claim->chain = *at;
    *at = claim;
    claims->count++;
}

void claims_expire(struct claims *claims, enum store_due_kind kind, int64_t now)
{
    struct kind *list = &claims->kinds[kind];
    struct claim *claim = list->first;
    while (claim && claim->until <= now) {
        struct claim *after = claim->after;
        // Its settlement came in time and is being written.
        if (!claim->settling) {
            lower_hint(list, claim->place);
            unlink_claim(claims, claim);
        }
        claim = after;
    }
}

struct due_place claims_hint(const struct claims *claims,
                             enum store_due_kind kind)
{
    return claims->kinds[kind].hint;
}

void claims_set_hint(struct claims *claims, enum store_due_kind kind,
                     struct due_place place)
{
    claims->kinds[kind].hint = place;
}

bool claims_held(const struct claims *claims, struct work work, bool *settling)
{
    const struct claim *claim = find(claims, work);
    *settling = claim && claim->settling;
    return claim != NULL;
}

static void rehash(struct claims *claims)
{
    size_t count = claims->bucket_count * 2;
    struct claim **old = claims->buckets;
    struct claim **buckets = calloc(count, sizeof(struct claim *));
    // Without memory the chains merely grow longer.
    if (!buckets)
        return;
    claims->buckets = buckets;
    size_t old_count = claims->bucket_count;
    claims->bucket_count = count;
    for (size_t i = 0; i < old_count; i++) {
        for (struct claim *claim = old[i], *next; claim; claim = next) {
            next = claim->chain;
            struct claim **at = bucket(claims, claim->work);
            claim->chain = *at;
            *at = claim;
        }
    }
    free(old);
}

static struct claim *blank(struct claims *claims)
{
    struct claim *claim = claims->unused;
    if (claims->count >= CLAIMS_MAX)
        return NULL;
    if (!claim)
        return malloc(sizeof *claim);
    claims->unused = claim->chain;
    return claim;
}

uint64_t claims_make(struct claims *claims, struct work work, int64_t due,
                     int64_t until)
{
    assert(!find(claims, work));
    struct claim *claim = blank(claims);
    if (!claim)
        return 0;
    // The transaction under way may have moved the key before there was a claim
    // to tell; when this one ends, the scan begins no later than there.
    const struct kind *kind = &claims->kinds[work.kind];
    struct due_place place = { due, work.topic, work.id };
    if (kind->has_planned && place_before(kind->planned, place))
        place = kind->planned;
    uint64_t token;
    do
        token = mix(claims->seed += 0x9e3779b97f4a7c15U);
    while (token == 0);
    *claim = (struct claim){
        .work = work,
        .place = place,
        .token = token,
        .until = until,
    };
    link_claim(claims, claim);
    if (claims->count > claims->bucket_count)
        rehash(claims);
    return token;
}

int64_t claims_next_end(const struct claims *claims, enum store_due_kind kind)
{
    const struct claim *claim = claims->kinds[kind].first;
    while (claim && claim->settling)
        claim = claim->after;
    return claim ? claim->until : INT64_MAX;
}

static struct claim *current(const struct claims *claims, struct work work,
                             uint64_t token)
{
    struct claim *claim = find(claims, work);
    return claim && claim->token == token && !claim->settling ? claim : NULL;
}

static void settle(struct claims *claims, struct claim *claim)
{
    claim->settling = true;
    claim->settled = claims->settled;
    claims->settled = claim;
}

bool claims_current(struct claims *claims, struct work work, uint64_t token)
{
    claims_lock(claims);
    bool is = current(claims, work, token) != NULL;
    claims_unlock(claims);
    return is;
}

bool claims_settle(struct claims *claims, struct work work, uint64_t token)
{
    claims_lock(claims);
    struct claim *claim = current(claims, work, token);
    if (claim)
        settle(claims, claim);
    claims_unlock(claims);
    return claim != NULL;
}

void claims_overtake(struct claims *claims, struct work work)
{
    claims_lock(claims);
    struct claim *claim = find(claims, work);
    if (claim)
        claim->overtaken = true;
    claims_unlock(claims);
}

bool claims_overtaken(struct claims *claims, struct work work)
{
    claims_lock(claims);
    const struct claim *claim = find(claims, work);
    bool is = claim && claim->overtaken;
    claims_unlock(claims);
    return is;
}

void claims_drop(struct claims *claims, struct work work)
{
    claims_lock(claims);
    struct claim *claim = find(claims, work);
    if (claim && !claim->settling)
        settle(claims, claim);
    claims_unlock(claims);
}

bool claims_release(struct claims *claims, struct work work, uint64_t token)
{
    claims_lock(claims);
    struct claim *claim = current(claims, work, token);
    if (claim) {
        lower_hint(&claims->kinds[work.kind], claim->place);
        unlink_claim(claims, claim);
    }
    claims_unlock(claims);
    return claim != NULL;
}

void claims_moved(struct claims *claims, struct work work, int64_t from,
                  int64_t to)
{
    struct kind *kind = &claims->kinds[work.kind];
    struct due_place place = { to, work.topic, work.id };
    claims_lock(claims);
    struct claim *claim = find(claims, work);
    if (claim && claim->settling && from != 0)
        claim->moved = true;
    if (claim && to != 0 && place_before(place, claim->place))
        claim->place = place;
    if (to != 0 && (!kind->has_planned || place_before(place, kind->planned))) {
        kind->planned = place;
        kind->has_planned = true;
    }
    claims_unlock(claims);
}

void claims_commit(struct claims *claims)
{
    claims_lock(claims);
    while (claims->settled) {
        struct claim *claim = claims->settled;
        claims->settled = claim->settled;
        if (!claim->moved)
            lower_hint(&claims->kinds[claim->work.kind], claim->place);
        unlink_claim(claims, claim);
    }
    for (size_t i = 0; i < KINDS; i++) {
        struct kind *kind = &claims->kinds[i];
        if (kind->has_planned)
            lower_hint(kind, kind->planned);
        kind->has_planned = false;
    }
    claims_unlock(claims);
}

void claims_abort(struct claims *claims)
{
    claims_lock(claims);
    while (claims->settled) {
        struct claim *claim = claims->settled;
        claims->settled = claim->settled;
        claim->settling = false;
        claim->moved = false;
    }
    for (size_t i = 0; i < KINDS; i++)
        claims->kinds[i].has_planned = false;
    claims_unlock(claims);
}
