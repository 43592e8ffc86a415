// SPDX-License-Identifier: MIT

#include "ledger.h"

#include "log.h"
#include "metrics.h"
#include "services.h"

#include <stdlib.h>

enum {
    BATCH = 256,
    LINGER_MS = 20, // a burst of answers becomes one operation
    AGAIN_MS = 1000,
};

struct page {
    struct store_outcome outcomes[STORE_BATCH_MAX];
    size_t count;
};

struct ledger {
    struct services services;
    struct page pages[2];
    struct page *open; // being filled; the other is with the store, or empty
    bool writing;
    int64_t since;    // monotonic: the open page's first
    int64_t again_at; // monotonic: the full page is to be written again; 0: no
    struct store_record record;
    void (*recorded)(void *context);
    void *context;
};

static struct page *closed(struct ledger *ledger)
{
    return ledger->open == &ledger->pages[0] ? &ledger->pages[1]
                                             : &ledger->pages[0];
}

static void written(struct store_op *op)
{
    struct ledger *ledger = op->context;
    struct page *page = closed(ledger);
    if (op->status != STORE_OK)
        LOG(LOG_WARN, "outcomes.unrecorded",
            LOG_T("status", store_status_name(op->status)));
    if (op->status == STORE_FULL || op->status == STORE_AGAIN
        || op->status == STORE_UNKNOWN) {
        ledger->again_at = loop_now().mono + AGAIN_MS;
        return;
    }
    // What a repetition would not help is lost, rather than all that follows.
    page->count = 0;
    ledger->writing = false;
    ledger->again_at = 0;
    if (op->status == STORE_OK)
        ledger->recorded(ledger->context);
}

static void write_page(struct ledger *ledger)
{
    struct page *page = closed(ledger);
    ledger->writing = true;
    ledger->again_at = 0;
    ledger->record = (struct store_record){
        .op = { .verb = STORE_RECORD, .done = written, .context = ledger },
        .outcomes = page->outcomes,
        .count = page->count,
    };
    store_submit(ledger->services.store, &ledger->record.op);
}

void ledger_add(struct ledger *ledger, const struct store_outcome *outcome)
{
    struct page *page = ledger->open;
    if (page->count == STORE_BATCH_MAX)
        return; // the store has been failing for long: see the header
    if (page->count == 0)
        ledger->since = loop_now().mono;
    page->outcomes[page->count++] = *outcome;
}

bool ledger_step(void *self, struct moment now)
{
    struct ledger *ledger = self;
    if (ledger->writing) {
        if (ledger->again_at > 0 && ledger->again_at <= now.mono)
            write_page(ledger);
        return false;
    }
    if (ledger->open->count == 0
        || (ledger->open->count < BATCH
            && now.mono - ledger->since < LINGER_MS))
        return false;
    ledger->open = closed(ledger);
    write_page(ledger);
    return false;
}

int64_t ledger_patience(void *self, struct moment now)
{
    const struct ledger *ledger = self;
    int64_t at = ledger->since + LINGER_MS;
    if (ledger->writing)
        at = ledger->again_at;
    else if (ledger->open->count == 0)
        return LOOP_FOR_EVER;
    if (at == 0)
        return LOOP_FOR_EVER;
    return at > now.mono ? at - now.mono : 0;
}

bool ledger_idle(const struct ledger *ledger)
{
    return !ledger->writing && ledger->open->count == 0;
}

struct ledger *ledger_new(const struct services *services,
                          void (*recorded)(void *context), void *context)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger)
        return NULL;
    ledger->services = *services;
    ledger->open = &ledger->pages[0];
    ledger->recorded = recorded;
    ledger->context = context;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger);
}
