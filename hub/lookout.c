// SPDX-License-Identifier: MIT

#include "lookout.h"

#include "config.h"
#include "log.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>

enum {
    LOOK_MS = 2000,
    NEAR_MS = 1000, // while anything comes near its ceiling
    SILENT_MS = 15000,
};

// So little is left of the store when it takes nothing new any more.
#define STORE_EMPTY ((uint64_t)64 * 1024)
// Less than a commit or two need.
#define DISK_EMPTY ((uint64_t)4 * 1024 * 1024)

struct lookout {
    struct services services;
    struct store_stats stats;
    bool asking, draining;
    bool known;    // it has looked
    int64_t next;  // monotonic
    int64_t asked; // the same: when it was asked last
    struct filling fillings[FILLING_COUNT];
};

static void tell(enum filling_what what, enum filling_level before,
                 const struct filling *now)
{
    if (now->level == before)
        return;
    const char *name = filling_what_name(what);
    if (now->level > before)
        LOG(now->level == FILLING_OVER ? LOG_ERROR : LOG_WARN, "store.filling",
            LOG_T("what", name),
            LOG_N("percent", filling_level_percent(now->level)),
            LOG_N("used", now->used), LOG_N("of", now->limit));
    else
        LOG(LOG_INFO, "store.eased", LOG_T("what", name),
            LOG_T("level", filling_level_name(now->level)),
            LOG_N("used", now->used), LOG_N("of", now->limit));
}

static void judge(struct lookout *lookout, enum filling_what what,
                  uint64_t used, uint64_t limit)
{
    struct filling *filling = &lookout->fillings[what];
    enum filling_level before = filling->level;
    filling->used = used;
    filling->limit = limit;
    filling->level = filling_judge(before, used, limit);
    tell(what, before, filling);
}

static void judge_disk(struct lookout *lookout)
{
    const struct store_numbers *n = &lookout->stats.numbers;
    struct filling *filling = &lookout->fillings[FILLING_DISK];
    enum filling_level before = filling->level;
    filling_of_disk(n->used_bytes, n->disk_free_bytes, filling);
    tell(FILLING_DISK, before, filling);
}

static bool is_near(const struct lookout *lookout)
{
    for (int i = 0; i < FILLING_COUNT; i++)
        if (lookout->fillings[i].level != FILLING_NO)
            return true;
    return false;
}

static void judge_all(struct lookout *lookout)
{
    const struct store_numbers *n = &lookout->stats.numbers;
    const struct config *config = lookout->services.config;
    judge(lookout, FILLING_STORE, n->used_bytes, filling_room(n->map_bytes));
    judge_disk(lookout);
    judge(lookout, FILLING_TOPICS, n->topics, (uint64_t)config->max_topics);
    judge(lookout, FILLING_SUBSCRIPTIONS, n->subscriptions,
          (uint64_t)config->max_subscriptions);
    judge(lookout, FILLING_MAILBOXES, n->mailboxes,
          (uint64_t)config->max_mailboxes);
    lookout->known = true;
}

static void stats_read(struct store_op *op)
{
    struct lookout *lookout = op->context;
    if (op->status == STORE_OK)
        judge_all(lookout);
    lookout->asking = false;
    lookout->next = loop_now().mono + (is_near(lookout) ? NEAR_MS : LOOK_MS);
}

static void ask_store(struct lookout *lookout)
{
    lookout->stats.op = (struct store_op){
        .verb = STORE_STATS,
        .done = stats_read,
        .context = lookout,
    };
    store_submit(lookout->services.store, &lookout->stats.op);
}

bool lookout_step(void *self, struct moment now)
{
    struct lookout *lookout = self;
    if (lookout->asking || lookout->draining || now.mono < lookout->next)
        return false;
    lookout->asking = true;
    lookout->asked = now.mono;
    ask_store(lookout);
    return false;
}

int64_t lookout_patience(void *self, struct moment now)
{
    const struct lookout *lookout = self;
    if (lookout->asking || lookout->draining)
        return LOOP_FOR_EVER;
    return lookout->next > now.mono ? lookout->next - now.mono : 0;
}

struct lookout *lookout_new(const struct services *services)
{
    struct lookout *lookout = calloc(1, sizeof *lookout);
    if (lookout)
        lookout->services = *services;
    return lookout;
}

void lookout_free(struct lookout *lookout)
{
    free(lookout);
}

void lookout_drain(struct lookout *lookout)
{
    lookout->draining = true;
}

bool lookout_idle(const struct lookout *lookout)
{
    return !lookout->asking;
}

const struct filling *lookout_filling(const struct lookout *lookout,
                                      enum filling_what what)
{
    return &lookout->fillings[what];
}

const char *lookout_unready(const struct lookout *lookout)
{
    const struct filling *store = &lookout->fillings[FILLING_STORE];
    if (lookout->asking && loop_now().mono - lookout->asked > SILENT_MS)
        return "the store, or its disk, does not answer";
    if (!lookout->known)
        return NULL;
    if (store->limit < store->used + STORE_EMPTY)
        return "the store is full";
    if (lookout->stats.numbers.disk_free_bytes < DISK_EMPTY)
        return "the disk is full";
    return NULL;
}
