// SPDX-License-Identifier: MIT

#include "replays.h"

#include <stdlib.h>
#include <string.h>

// Some hundred a second for ten minutes; pages that nobody needs are never
// touched.
enum { SETS = 8192, WAYS = 16 };

struct seen {
    uint8_t mac[PUBLISHER_MAC];
    int64_t until_s; // 0: a free place
};

struct replays {
    struct seen sets[SETS][WAYS];
};

struct replays *replays_new(void)
{
    return calloc(1, sizeof(struct replays));
}

void replays_free(struct replays *replays)
{
    free(replays);
}

// Only who has a key can choose these bits.
static struct seen *set_of(struct replays *replays,
                           const uint8_t mac[PUBLISHER_MAC])
{
    return replays->sets[((unsigned)mac[0] << 8 | mac[1]) % SETS];
}

static struct seen *find(struct replays *replays,
                         const uint8_t mac[PUBLISHER_MAC])
{
    struct seen *set = set_of(replays, mac);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].until_s != 0 && memcmp(set[i].mac, mac, PUBLISHER_MAC) == 0)
            return &set[i];
    return NULL;
}

bool replays_is_timely(int64_t signed_at_s, int64_t now_s)
{
    return signed_at_s >= now_s - REPLAYS_WINDOW_S
           && signed_at_s <= now_s + REPLAYS_WINDOW_S;
}

// False: there is no place.
static bool put(struct replays *replays, const uint8_t mac[PUBLISHER_MAC],
                int64_t until_s, int64_t now_s)
{
    struct seen *set = set_of(replays, mac);
    for (size_t i = 0; i < WAYS; i++) {
        if (set[i].until_s >= now_s)
            continue;
        set[i].until_s = until_s;
        memcpy(set[i].mac, mac, PUBLISHER_MAC);
        return true;
    }
    return false;
}

enum replay replays_note(struct replays *replays,
                         const uint8_t mac[PUBLISHER_MAC], int64_t signed_at_s,
                         int64_t now_s)
{
    if (!replays_is_timely(signed_at_s, now_s))
        return REPLAY_OUTSIDE;
    if (find(replays, mac))
        return REPLAY_SEEN;
    return put(replays, mac, signed_at_s + REPLAYS_WINDOW_S, now_s)
               ? REPLAY_NEW
               : REPLAY_FULL;
}

void replays_recall(struct replays *replays, const uint8_t mac[PUBLISHER_MAC],
                    int64_t until_s, int64_t now_s)
{
    bool sensible =
        until_s >= now_s && until_s <= now_s + INT64_C(2) * REPLAYS_WINDOW_S;
    if (sensible && !find(replays, mac))
        (void)put(replays, mac, until_s, now_s);
}

void replays_forget(struct replays *replays, const uint8_t mac[PUBLISHER_MAC])
{
    struct seen *seen = find(replays, mac);
    if (seen)
        *seen = (struct seen){ .until_s = 0 };
}
