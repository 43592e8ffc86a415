// SPDX-License-Identifier: MIT

#include "allowance.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 8192,
    WAYS = 8,
    HOUR_S = 3600,
    KNOWN_RATE = 20, // a second
    KNOWN_BURST = 200,
    KNOWN_FAILURE = 10, // questions that it costs
    RENEWING_RATE = 50,
    RENEWING_BURST = 1000,
    STRANGERS_BURST_S = 2, // all strangers together: so much of a second's
    BUSY_STEP_MS = 20,     // between those who wait for others to end
    SPAN_MS = 2000,        // within which strangers come again
    SPREAD = 617,          // between two of them, so that few come together
    UNHEARD_AT_ONCE = 2,   // of a stranger who left the last one unanswered
    UNHEARD_FAMILY = 4,    // of all such in one network or domain
    UNHEARD_STEP_MS = 250, // as BUSY_STEP_MS
    FRESH_MS = 5 * 60000,  // asked so long ago is as good as never
    HOPEFUL_MS = 5000,     // a host may have agreed since it was last asked
    YOUNG_MS = 4000,
    HOPE_MS = 1000,
    FAMILIES = 4096,
    NETWORK = 3, // bytes of an IPv4 address: /24
    NETWORK6 = 6 // of an IPv6 address: /48
};

// A bucket that fills with n attempts an hour gains n of its units each
// millisecond, so that nothing is rounded: this is one attempt.
#define ONE INT64_C(3600000)

struct share {
    int64_t an_hour; // attempts; 0: no ceiling
    int64_t burst;   // attempts
    uint32_t at_once;
};

struct bucket {
    uint64_t who; // keyed hash of the host and rank; 0: unused
    enum allowance_rank rank;
    int64_t filled;   // when `left` was true, ms
    int64_t left;     // in units, see ONE
    int64_t line;     // the last place given away in the line, ms; where
                      // there is none: only a number
    int64_t hope;     // the same of those who come again in a moment
    int64_t busy;     // the same of those who wait for others to end
    int64_t asked;    // when it was last, ms
    uint32_t at_work; // begun and not ended
    bool heard;       // the last one that ended was answered
};

struct allowance {
    struct share shares[ALLOWANCE_RANKS];
    struct share all_share; // of all strangers
    struct bucket all;      // strangers
    uint64_t key; // unknown outside, so that nobody can aim at a bucket
    struct bucket buckets[BUCKETS];
    uint32_t families[FAMILIES]; // strangers at work, see family_of()
};

static void set_shares(struct allowance *allowance,
                       const struct allowance_rates *rates)
{
    uint32_t strangers = rates->strangers;
    uint32_t burst = strangers / 6 > 0 ? strangers / 6 : 1;
    allowance->shares[ALLOWANCE_STRANGER] = (struct share){
        .an_hour = strangers,
        .burst = burst,
        .at_once = strangers > 0 ? burst : rates->host_at_once,
    };
    allowance->shares[ALLOWANCE_KNOWN] = (struct share){
        .an_hour = strangers > 0 ? (int64_t)KNOWN_RATE * HOUR_S : 0,
        .burst = KNOWN_BURST,
        .at_once = rates->host_at_once,
    };
    allowance->shares[ALLOWANCE_RENEWING] = (struct share){
        .an_hour = strangers > 0 ? (int64_t)RENEWING_RATE * HOUR_S : 0,
        .burst = RENEWING_BURST,
        .at_once = rates->host_at_once,
    };
    allowance->all_share = (struct share){
        .an_hour = (int64_t)rates->strangers_a_second * HOUR_S,
        .burst = (int64_t)rates->strangers_a_second * STRANGERS_BURST_S,
        .at_once = rates->strangers_at_once,
    };
}

struct allowance *allowance_new(const struct allowance_rates *rates)
{
    struct allowance *allowance = calloc(1, sizeof *allowance);
    if (!allowance)
        return NULL;
    set_shares(allowance, rates);
    allowance->all.who = 1;
    allowance->all.left = allowance->all_share.burst * ONE;
    if (RAND_bytes((unsigned char *)&allowance->key, sizeof allowance->key)
        != 1) {
        free(allowance);
        return NULL;
    }
    return allowance;
}

void allowance_set(struct allowance *allowance,
                   const struct allowance_rates *rates)
{
    set_shares(allowance, rates);
    if (allowance->all.left > allowance->all_share.burst * ONE)
        allowance->all.left = allowance->all_share.burst * ONE;
}

void allowance_free(struct allowance *allowance)
{
    free(allowance);
}

// ----------------------------------------------------------------- buckets

static uint64_t hash(uint64_t key, enum allowance_rank rank, const void *bytes,
                     size_t len)
{
    uint64_t h = key ^ 0xcbf29ce484222325U ^ (uint64_t)rank;
    for (const unsigned char *byte = bytes; len > 0; byte++, len--) {
        h = (h ^ *byte) * 0x100000001b3U;
        h ^= h >> 29;
    }
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15U;
    return h ? h : 1;
}

static uint64_t hash_of(const struct allowance *allowance,
                        enum allowance_rank rank, const char *host)
{
    return hash(allowance->key, rank, host, strlen(host));
}

static int64_t fill(const struct share *share, const struct bucket *bucket,
                    int64_t now_ms)
{
    int64_t full = share->burst * ONE;
    int64_t passed = now_ms - bucket->filled;
    if (share->an_hour == 0 || passed > (full - bucket->left) / share->an_hour)
        return full;
    return bucket->left + passed * share->an_hour;
}

// Milliseconds until it is as if nobody had ever been asked.
static int64_t until_full(const struct allowance *allowance,
                          const struct bucket *bucket, int64_t now_ms)
{
    const struct share *share = &allowance->shares[bucket->rank];
    if (bucket->who == 0)
        return -1;
    if (bucket->at_work > 0)
        return INT64_MAX;
    int64_t missing = share->burst * ONE - fill(share, bucket, now_ms);
    return share->an_hour > 0 ? missing / share->an_hour : 0;
}

static const struct bucket *find(const struct allowance *allowance,
                                 uint64_t who)
{
    const struct bucket *set =
        &allowance->buckets[who % (BUCKETS / WAYS) * WAYS];
    for (const struct bucket *b = set; b < set + WAYS; b++)
        if (b->who == who)
            return b;
    return NULL;
}

// Those who hang do so together: the addresses of one network, the names of one
// domain. As in fetcher/resolve.h, that is the last two labels.
static uint32_t *family_of(struct allowance *allowance, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    char bare[INET6_ADDRSTRLEN] = "";
    const void *family = address;
    size_t len = 0;
    if (host[0] == '[' && strlen(host) < sizeof bare) {
        (void)snprintf(bare, sizeof bare, "%s", host + 1);
        bare[strcspn(bare, "]")] = '\0';
    }
    if (inet_pton(AF_INET, host, address) == 1) {
        len = NETWORK;
    } else if (inet_pton(AF_INET6, bare, address) == 1) {
        len = NETWORK6;
    } else {
        const char *start = host + strlen(host);
        for (int dots = 0; start > host; start--, len++)
            if (start[-1] == '.' && len > 0 && ++dots == 2)
                break;
        family = start;
    }
    uint64_t h = hash(allowance->key, ALLOWANCE_RANKS, family, len);
    return &allowance->families[h % FAMILIES];
}

static struct bucket *bucket_of(struct allowance *allowance,
                                enum allowance_rank rank, const char *host,
                                int64_t now_ms)
{
    uint64_t who = hash_of(allowance, rank, host);
    struct bucket *set = &allowance->buckets[who % (BUCKETS / WAYS) * WAYS];
    struct bucket *fullest = set;
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->who == who)
            return b;
        if (until_full(allowance, b, now_ms)
            < until_full(allowance, fullest, now_ms))
            fullest = b;
    }
    *fullest = (struct bucket){
        .who = who,
        .rank = rank,
        .filled = now_ms,
        .left = allowance->shares[rank].burst * ONE,
        .asked = now_ms - FRESH_MS,
    };
    return fullest;
}

// ----------------------------------------------------------------- the line

// The next place, `step` behind the last one and not before `first`. Kept
// only if it is of use.
static int64_t place(int64_t *line, int64_t step, int64_t first,
                     int64_t deadline_ms)
{
    int64_t at = *line + step > first ? *line + step : first;
    if (at < deadline_ms)
        *line = at;
    return at;
}

// Is there one attempt left?
static bool has(const struct bucket *bucket, const struct share *share,
                int64_t now_ms)
{
    return share->an_hour == 0 || fill(share, bucket, now_ms) >= ONE;
}

// A stranger who may be holding up others.
static bool unheard(const struct bucket *bucket, const struct share *share)
{
    return bucket->rank == ALLOWANCE_STRANGER && share->an_hour > 0
           && !bucket->heard;
}

// No place in a line, but a time to come again: the older the later, so that
// who has just come has the better chance, and few come together.
static int64_t again(struct bucket *bucket, int64_t now_ms, int64_t waited_ms)
{
    int64_t span = waited_ms > SPAN_MS ? waited_ms : SPAN_MS;
    bucket->line += SPREAD;
    return now_ms + span - bucket->line % (span / 2);
}

// One that was just asked, or is being asked: it may be known in a moment, and
// then nobody need stand in its line (R35).
static bool hopeful(const struct bucket *bucket, int64_t now_ms)
{
    return bucket->at_work > 0
           || (bucket->heard && now_ms - bucket->asked < HOPEFUL_MS);
}

// Nothing is left of what it may be asked.
static int64_t judge_empty(struct bucket *bucket, const struct share *share,
                           int64_t now_ms, int64_t waited_ms,
                           int64_t deadline_ms)
{
    // Anybody can empty the bucket of a host that is known: in a line its own
    // requests would stand behind all of theirs.
    if (bucket->rank == ALLOWANCE_KNOWN)
        return again(bucket, now_ms, waited_ms);
    if (bucket->rank == ALLOWANCE_STRANGER && hopeful(bucket, now_ms))
        return place(&bucket->hope, BUSY_STEP_MS, now_ms + HOPE_MS, INT64_MAX);
    int64_t left = fill(share, bucket, now_ms);
    int64_t missing = left < ONE ? ONE - left : ONE;
    int64_t next = now_ms + (missing + share->an_hour - 1) / share->an_hour;
    return place(&bucket->line, (ONE + share->an_hour - 1) / share->an_hour,
                 next, deadline_ms);
}

// 0, or when to come again.
static int64_t judge(struct bucket *bucket, const struct share *share,
                     int64_t now_ms, int64_t waited_ms, int64_t deadline_ms)
{
    uint32_t at_once = share->at_once;
    int64_t step = BUSY_STEP_MS;
    if (unheard(bucket, share)) {
        at_once = at_once < UNHEARD_AT_ONCE ? at_once : UNHEARD_AT_ONCE;
        step = UNHEARD_STEP_MS;
    }
    bool may = has(bucket, share, now_ms);
    if (may && bucket->at_work < at_once)
        return 0;
    // No more wait for others to end than may be asked then.
    int64_t left = fill(share, bucket, now_ms), waiting = bucket->busy - now_ms;
    if (share->an_hour == 0 || (may && waiting < left / ONE * step))
        return place(&bucket->busy, step, now_ms + step, deadline_ms);
    return judge_empty(bucket, share, now_ms, waited_ms, deadline_ms);
}

// So many strangers in all may be at work for this one to go ahead. Half is
// kept for whom we have not asked before, and a quarter for those of them who
// have just come: a flood grows old, and who comes after it finds room.
static uint32_t room_for(const struct share *all, const struct bucket *bucket,
                         int64_t now_ms, int64_t waited_ms)
{
    if (bucket->at_work > 0 || now_ms - bucket->asked < FRESH_MS)
        return all->at_once - all->at_once / 2;
    if (waited_ms >= YOUNG_MS)
        return all->at_once - all->at_once / 4;
    return all->at_once;
}

// The same of all strangers together. Among them there is no line: whoever
// invents names by the thousand would fill it, and all newcomers would wait
// behind him. So each comes again, the older the later, and has the chance of
// everybody else who comes then.
static int64_t judge_all(struct allowance *allowance,
                         const struct bucket *bucket, const char *host,
                         int64_t now_ms, int64_t waited_ms)
{
    struct bucket *all = &allowance->all;
    const struct share *share = &allowance->shares[ALLOWANCE_STRANGER];
    uint32_t room = allowance->all_share.at_once;
    bool crowded = false;
    if (share->an_hour > 0) {
        room = room_for(&allowance->all_share, bucket, now_ms, waited_ms);
        crowded = unheard(bucket, share)
                  && *family_of(allowance, host) >= UNHEARD_FAMILY;
    }
    if (has(all, &allowance->all_share, now_ms) && all->at_work < room
        && !crowded)
        return 0;
    return again(all, now_ms, waited_ms);
}

static void charge(struct bucket *bucket, const struct share *share,
                   int64_t now_ms)
{
    bucket->at_work++;
    bucket->asked = now_ms;
    if (share->an_hour == 0)
        return;
    bucket->left = fill(share, bucket, now_ms) - ONE;
    bucket->filled = now_ms;
}

int64_t allowance_take(struct allowance *allowance, enum allowance_rank rank,
                       const char *host, int64_t now_ms, int64_t waited_ms,
                       int64_t deadline_ms)
{
    const struct share *share = &allowance->shares[rank];
    struct bucket *bucket = bucket_of(allowance, rank, host, now_ms);
    bool stranger = rank == ALLOWANCE_STRANGER;
    int64_t at = judge(bucket, share, now_ms, waited_ms, deadline_ms);
    if (at == 0 && stranger)
        at = judge_all(allowance, bucket, host, now_ms, waited_ms);
    if (at != 0)
        return at - now_ms;
    charge(bucket, share, now_ms);
    if (!stranger)
        return 0;
    charge(&allowance->all, &allowance->all_share, now_ms);
    ++*family_of(allowance, host);
    return 0;
}

void allowance_ended(struct allowance *allowance, enum allowance_rank rank,
                     const char *host)
{
    const struct bucket *found =
        find(allowance, hash_of(allowance, rank, host));
    // It may have been forgotten meanwhile.
    if (found && found->at_work > 0)
        allowance->buckets[found - allowance->buckets].at_work--;
    if (rank != ALLOWANCE_STRANGER)
        return;
    assert(allowance->all.at_work > 0);
    allowance->all.at_work--;
    --*family_of(allowance, host);
}

void allowance_heard(struct allowance *allowance, enum allowance_rank rank,
                     const char *host, bool answered)
{
    const struct bucket *found =
        find(allowance, hash_of(allowance, rank, host));
    if (found)
        allowance->buckets[found - allowance->buckets].heard = answered;
}

bool allowance_crowded(const struct allowance *allowance)
{
    return allowance->shares[ALLOWANCE_STRANGER].an_hour > 0
           && allowance->all.at_work > allowance->all_share.at_once / 4;
}

void allowance_failed(struct allowance *allowance, enum allowance_rank rank,
                      const char *host, int64_t now_ms)
{
    const struct share *share = &allowance->shares[rank];
    if (rank != ALLOWANCE_KNOWN || share->an_hour == 0)
        return;
    // Those that are under way may make debts, but not without end.
    struct bucket *bucket = bucket_of(allowance, rank, host, now_ms);
    int64_t left = fill(share, bucket, now_ms) - (KNOWN_FAILURE - 1) * ONE;
    int64_t least = -share->burst * ONE;
    bucket->left = left > least ? left : least;
    bucket->filled = now_ms;
}

uint32_t allowance_left(const struct allowance *allowance,
                        enum allowance_rank rank, const char *host,
                        int64_t now_ms)
{
    const struct share *share = &allowance->shares[rank];
    const struct bucket *found =
        find(allowance, hash_of(allowance, rank, host));
    if (share->an_hour == 0)
        return UINT32_MAX;
    int64_t left = found ? fill(share, found, now_ms) : share->burst * ONE;
    return left > 0 ? (uint32_t)(left / ONE) : 0;
}
