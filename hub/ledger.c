// SPDX-License-Identifier: MIT

#include "ledger.h"

#include "endings.h"
#include "log.h"
#include "metrics.h"
#include "services.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH = 256,
    LINGER_MS = 20, // a burst of answers becomes one operation
    AGAIN_MS = 1000,
    PAGES_MAX = 16, // that wait for a store that is slow, or fails
    BUSY = 4,       // from so many on nothing should be begun that adds more
    MINUTE_MS = 60 * 1000,
};

struct page {
    struct page *next;
    struct store_outcome outcomes[STORE_BATCH_MAX];
    bool ended[STORE_BATCH_MAX];
    size_t count;
};

struct ledger {
    struct services services;
    // The first is with the store, if any is; the last is being filled.
    struct page *first, *last;
    size_t page_count;
    struct page *spare;
    bool writing;
    int64_t since;    // monotonic: the last page's first
    int64_t again_at; // monotonic: the first page is to be written again; 0: no
    struct store_record record;
    struct endings endings;
    bool told_short;
    int64_t told_short_at; // monotonic
    void (*recorded)(void *context);
    void *context;
};

// A page to fill. NULL: there are enough, or there is no memory.
static struct page *add_page(struct ledger *ledger)
{
    struct page *page = ledger->spare;
    if (ledger->page_count == PAGES_MAX)
        return NULL;
    ledger->spare = NULL;
    if (!page)
        page = malloc(sizeof *page);
    if (!page)
        return NULL;
    page->next = NULL;
    page->count = 0;
    assert(!ledger->first || ledger->last);
    *(ledger->first ? &ledger->last->next : &ledger->first) = page;
    ledger->last = page;
    ledger->page_count++;
    return page;
}

static void drop_page(struct ledger *ledger)
{
    struct page *page = ledger->first;
    assert(page);
    ledger->first = page->next;
    ledger->page_count--;
    if (ledger->spare)
        free(page);
    else
        ledger->spare = page;
}

void ledger_short(struct ledger *ledger)
{
    int64_t now = loop_now().mono;
    if (ledger->told_short && now - ledger->told_short_at < MINUTE_MS)
        return;
    ledger->told_short = true;
    ledger->told_short_at = now;
    LOG(LOG_WARN, "deliveries.short",
        LOG_T("why", "no memory or descriptors for more of them just now"));
}

struct endings *ledger_endings(struct ledger *ledger)
{
    return &ledger->endings;
}

void ledger_settled(struct ledger *ledger, const struct store_outcome *outcomes,
                    const bool *ended, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct store_outcome *outcome = &outcomes[i];
        if (outcome->kind != STORE_GONE)
            continue;
        if (!ended[i]) {
            endings_drop(&ledger->endings, outcome->topic,
                         outcome->subscription);
            continue;
        }
        metric_add(ledger->services.metrics, METRIC_GONE, 1);
        endings_tell(&ledger->endings, outcome->topic, outcome->subscription);
    }
}

static void written(struct store_op *op)
{
    struct ledger *ledger = op->context;
    const struct page *page = ledger->first;
    if (op->status != STORE_OK)
        LOG(LOG_WARN, "outcomes.unrecorded",
            LOG_T("status", store_status_name(op->status)));
    if (op->status == STORE_FULL || op->status == STORE_AGAIN
        || op->status == STORE_UNKNOWN) {
        ledger->again_at = loop_now().mono + AGAIN_MS;
        return;
    }
    ledger_settled(ledger, page->outcomes, page->ended, page->count);
    // What a repetition would not help is lost, rather than all that follows.
    drop_page(ledger);
    ledger->writing = false;
    ledger->again_at = 0;
    if (op->status == STORE_OK)
        ledger->recorded(ledger->context);
}

static void write_page(struct ledger *ledger)
{
    struct page *page = ledger->first;
    ledger->writing = true;
    ledger->again_at = 0;
    memset(page->ended, 0, sizeof page->ended);
    ledger->record = (struct store_record){
        .op = { .verb = STORE_RECORD, .done = written, .context = ledger },
        .outcomes = page->outcomes,
        .count = page->count,
        .ended = page->ended,
    };
    store_submit(ledger->services.store, &ledger->record.op);
}

// The page that is to be filled is not the one that is being written.
static bool filling(const struct ledger *ledger)
{
    return ledger->first && !(ledger->writing && ledger->first == ledger->last);
}

void ledger_add(struct ledger *ledger, const struct store_outcome *outcome)
{
    struct page *page = filling(ledger) ? ledger->last : NULL;
    if (!page || page->count == STORE_BATCH_MAX)
        page = add_page(ledger);
    if (!page)
        return; // the store has been failing for long: see the header
    if (page->count == 0)
        ledger->since = loop_now().mono;
    page->outcomes[page->count++] = *outcome;
}

bool ledger_busy(const struct ledger *ledger)
{
    return ledger->page_count >= BUSY;
}

static bool ripe(const struct ledger *ledger, int64_t now)
{
    return ledger->first != ledger->last || ledger->first->count >= BATCH
           || now - ledger->since >= LINGER_MS;
}

bool ledger_step(void *self, struct moment now)
{
    struct ledger *ledger = self;
    if (ledger->writing) {
        if (ledger->again_at > 0 && ledger->again_at <= now.mono)
            write_page(ledger);
    } else if (ledger->first && ripe(ledger, now.mono)) {
        write_page(ledger);
    }
    return false;
}

int64_t ledger_patience(void *self, struct moment now)
{
    const struct ledger *ledger = self;
    int64_t at = ledger->since + LINGER_MS;
    if (ledger->writing)
        at = ledger->again_at;
    else if (!ledger->first)
        return LOOP_FOR_EVER;
    else if (ripe(ledger, now.mono))
        return 0;
    if (at == 0)
        return LOOP_FOR_EVER;
    return at > now.mono ? at - now.mono : 0;
}

bool ledger_idle(const struct ledger *ledger)
{
    return !ledger->first;
}

struct ledger *ledger_new(const struct services *services,
                          void (*recorded)(void *context), void *context)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->services = *services;
    ledger->recorded = recorded;
    ledger->context = context;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    while (ledger->first)
        drop_page(ledger);
    free(ledger->spare);
    endings_clear(&ledger->endings);
    free(ledger);
}
