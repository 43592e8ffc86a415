// SPDX-License-Identifier: MIT

#include "mailbox_expiry.h"

#include "log.h"
#include "metrics.h"
#include "services.h"
#include "storage/mailbox.h"
#include "vigil.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 256 };

struct mailbox_expiry {
    // First: it is found by either.
    union {
        struct store_expire_mailboxes expire;
        struct store_page_mailboxes page;
    };
    struct services services;
    bool greeted;   // all were told that the hub is back
    size_t touches; // of the page, under way
    uint64_t owner; // the last of the page
    char name[STORE_NAME_MAX + 1];
    bool end; // and of all
    bool draining;
    struct vigil vigil;
    void (*ended)(void *context, uint64_t mailbox, const char *why);
    void *context;
};

// ------------------------------------------------------------------ greeting

struct greeting {
    struct store_touch_mailbox touch; // first: it is found by it
    struct mailbox_expiry *expiry;
};

static void page_over(struct mailbox_expiry *expiry)
{
    if (expiry->touches > 0)
        return;
    expiry->greeted = expiry->end;
    vigil_saw(&expiry->vigil, 0, 0);
}

static void greeted(struct store_op *op)
{
    struct greeting *greeting = (struct greeting *)op;
    struct mailbox_expiry *expiry = greeting->expiry;
    expiry->touches--;
    store_release(op);
    free(greeting);
    page_over(expiry);
}

static void greet(struct mailbox_expiry *expiry,
                  const struct store_mailbox *mailbox)
{
    struct greeting *greeting = calloc(1, sizeof *greeting);
    if (!greeting)
        return;
    greeting->expiry = expiry;
    greeting->touch = (struct store_touch_mailbox){
        .op = { .verb = STORE_TOUCH_MAILBOX, .done = greeted },
        .mailbox = mailbox->id,
        .now = true,
    };
    expiry->touches++;
    store_submit(expiry->services.store, &greeting->touch.op);
}

static void paged(struct store_op *op)
{
    struct mailbox_expiry *expiry = (struct mailbox_expiry *)op;
    const struct store_page_mailboxes *page = &expiry->page;
    if (op->status != STORE_OK) {
        store_release(op);
        vigil_failed(&expiry->vigil, loop_now().unix);
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        if (page->items[i].inactivity > 0)
            greet(expiry, &page->items[i]);
    expiry->end = page->end || page->count == 0;
    if (page->count > 0) {
        const struct store_mailbox *last = &page->items[page->count - 1];
        expiry->owner = last->owner;
        memcpy(expiry->name, last->name.at, last->name.len);
        expiry->name[last->name.len] = '\0';
    }
    store_release(op);
    page_over(expiry);
}

static void ask_page(struct mailbox_expiry *expiry)
{
    expiry->page = (struct store_page_mailboxes){
        .op = { .verb = STORE_PAGE_MAILBOXES, .done = paged },
        .after_owner = expiry->owner,
        .after_name = { expiry->name, strlen(expiry->name) },
        .max = PAGE,
    };
    store_submit(expiry->services.store, &expiry->page.op);
}

// -------------------------------------------------------------------- ending

static void tell(struct mailbox_expiry *expiry,
                 const struct store_mailbox *mailbox, int64_t now)
{
    bool lease = mailbox->lease_end <= now;
    LOG(LOG_INFO, "mailbox.ended", LOG_N("mailbox", mailbox->id),
        LOG_T("reason", lease ? "lease" : "inactivity"));
    metric_add(expiry->services.metrics, METRIC_MAILBOXES_ENDED, 1);
    expiry->ended(expiry->context, mailbox->id,
                  lease ? "hub.mode=denied: its lease is over"
                        : "hub.mode=denied: nobody has read it for too long");
}

static void expired(struct store_op *op)
{
    struct mailbox_expiry *expiry = (struct mailbox_expiry *)op;
    const struct store_expire_mailboxes *expire = &expiry->expire;
    int64_t now = loop_now().unix;
    if (op->status == STORE_OK) {
        for (size_t i = 0; i < expire->count; i++)
            tell(expiry, &expire->items[i], now);
        vigil_saw(&expiry->vigil, now, expire->more ? now : expire->next_end);
    } else {
        vigil_failed(&expiry->vigil, now);
    }
    store_release(op);
}

void mailbox_expiry_step(struct mailbox_expiry *expiry, struct moment now)
{
    if (expiry->draining || !vigil_begins(&expiry->vigil, now.unix))
        return;
    if (!expiry->greeted) {
        ask_page(expiry);
        return;
    }
    expiry->expire = (struct store_expire_mailboxes){
        .op = { .verb = STORE_EXPIRE_MAILBOXES, .done = expired },
        .max = PAGE,
    };
    store_submit(expiry->services.store, &expiry->expire.op);
}

int64_t mailbox_expiry_patience(const struct mailbox_expiry *expiry,
                                struct moment now)
{
    if (expiry->draining)
        return LOOP_FOR_EVER;
    return vigil_patience(&expiry->vigil, now.unix);
}

void mailbox_expiry_due(struct mailbox_expiry *expiry, int64_t at)
{
    vigil_due(&expiry->vigil, at);
}

struct mailbox_expiry *mailbox_expiry_new(const struct services *services,
                                          void (*ended)(void *context,
                                                        uint64_t mailbox,
                                                        const char *why),
                                          void *context)
{
    struct mailbox_expiry *expiry = calloc(1, sizeof *expiry);
    if (!expiry)
        return NULL;
    expiry->services = *services;
    expiry->ended = ended;
    expiry->context = context;
    return expiry;
}

void mailbox_expiry_free(struct mailbox_expiry *expiry)
{
    free(expiry);
}

void mailbox_expiry_drain(struct mailbox_expiry *expiry)
{
    expiry->draining = true;
}

bool mailbox_expiry_idle(const struct mailbox_expiry *expiry)
{
    return !expiry->vigil.looking;
}
