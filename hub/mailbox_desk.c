// SPDX-License-Identifier: MIT

#include "config.h"
#include "mailbox_inside.h"
#include "metrics.h"
#include "puller.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOUCHES = 3,
    TOUCH_MIN_MS = 250,
    LEFT_PART = 8
}; // within its shorter time

void mailbox_desk_hurry(struct mailbox_read *all, int64_t at)
{
    if (at < all->next_at)
        all->next_at = at;
}

void mailbox_desk_again(struct mailbox_read *all, struct desk *desk, int64_t at)
{
    if (at < desk->again_at)
        desk->again_at = at;
    mailbox_desk_hurry(all, desk->again_at);
}

// -------------------------------------------------------------------- waking

// Of many workers one: when he has taken all he may, he wakes the next.
void mailbox_desk_wake(struct desk *desk)
{
    bool one = desk->ack == STORE_ACK_EXPLICIT;
    struct desk_reader *at = desk->readers;
    while (one && at && !((struct reader *)at)->resting)
        at = at->next;
    if (!at)
        at = desk->readers;
    for (; at; at = one ? NULL : at->next) {
        struct reader *reader = (struct reader *)at;
        reader->resting = false;
        puller_wake(reader->puller);
    }
}

void mailbox_desk_wake_next(struct desk *desk)
{
    struct desk_reader *at = desk->readers;
    while (at && !((struct reader *)at)->resting)
        at = at->next;
    if (!at || desk->ack != STORE_ACK_EXPLICIT)
        return;
    ((struct reader *)at)->resting = false;
    puller_wake(((struct reader *)at)->puller);
}

struct update {
    uint64_t number;
};

static void found(void *context, struct desk *desk)
{
    const struct update *update = context;
    if (update->number > desk->head)
        mailbox_desk_wake(desk);
}

void mailbox_read_updated(struct mailbox_read *read, uint64_t topic,
                          uint64_t number, const char *normal)
{
    struct update update = { number };
    if (number > read->newest)
        read->newest = number;
    desks_of_topic(read->desks, topic, normal, found, &update);
}

void mailbox_read_changed(struct mailbox_read *read, uint64_t mailbox)
{
    struct desk *desk = desks_find(read->desks, mailbox);
    // Who comes next is looked at before anything is taken out for him.
    if (desk)
        desk->token = 0;
    for (struct desk_reader *at = desk ? desk->readers : NULL; at;
         at = at->next) {
        struct reader *reader = (struct reader *)at;
        reader->resting = false;
        puller_wake(reader->puller);
    }
}

void mailbox_read_again(struct mailbox_read *read, uint64_t mailbox, int64_t at)
{
    struct desk *desk = desks_find(read->desks, mailbox);
    if (desk && at != INT64_MAX)
        mailbox_desk_again(read, desk, at);
}

void mailbox_read_marked(struct mailbox_read *read, uint64_t mailbox,
                         size_t count)
{
    struct desk *desk = desks_find(read->desks, mailbox);
    if (!desk)
        return;
    desk->leased -= count < desk->leased ? count : desk->leased;
    // What came after it of its topic may be told now.
    mailbox_desk_wake(desk);
}

void mailbox_read_end(struct mailbox_read *read, uint64_t mailbox,
                      const char *why)
{
    struct desk *desk = desks_find(read->desks, mailbox);
    struct desk_reader *next;
    if (!desk)
        return;
    struct mailbox_seen seen = { desk->id, desk->owner, desk->name, false,
                                 loop_now().unix };
    if (desk->online && read->changed)
        read->changed(read->context, &seen);
    desk->online = false;
    struct desk_reader *at = desk->readers;
    for (struct desk_reader *one = at; one; one = one->next)
        ((struct reader *)one)->ended = why;
    desk_end(desk);
    for (; at; at = next) {
        next = at->next;
        mailbox_letters_release((struct reader *)at);
    }
}

// -------------------------------------------------------------- keeping alive

struct touching {
    struct store_touch_mailbox touch; // first: an operation is found by it
    struct mailbox_read *all;
};

static void touched(struct store_op *op)
{
    struct touching *touching = (struct touching *)op;
    struct mailbox_read *all = touching->all;
    uint64_t mailbox = touching->touch.mailbox;
    bool gone = op->status == STORE_NOT_FOUND;
    all->others--;
    store_release(op);
    free(touching);
    if (gone)
        mailbox_read_end(all, mailbox, "hub.mode=denied: it has ended");
}

static void touch(struct mailbox_read *all, const struct desk *desk, bool now)
{
    struct touching *touching = calloc(1, sizeof *touching);
    if (!touching)
        return; // the next one comes soon enough
    touching->all = all;
    touching->touch = (struct store_touch_mailbox){
        .op = { .verb = STORE_TOUCH_MAILBOX, .done = touched },
        .mailbox = desk->id,
        .now = now,
    };
    all->others++;
    store_submit(all->services.store, &touching->touch.op);
}

static int64_t period_of(const struct desk *desk)
{
    int64_t period = desk->lease;
    if (desk->inactivity > 0 && desk->inactivity < period)
        period = desk->inactivity;
    period /= TOUCHES;
    return period > TOUCH_MIN_MS ? period : TOUCH_MIN_MS;
}

static struct mailbox_seen seen_of(const struct desk *desk)
{
    return (struct mailbox_seen){ desk->id, desk->owner, desk->name,
                                  desk->online, desk->since };
}

static void turn(struct mailbox_read *all, struct desk *desk, bool online,
                 int64_t now)
{
    if (desk->online == online)
        return;
    desk->online = online;
    desk->since = now;
    struct mailbox_seen seen = seen_of(desk);
    if (all->changed)
        all->changed(all->context, &seen);
}

void mailbox_desk_hasten(struct mailbox_read *all, struct desk *desk)
{
    int64_t at = loop_now().unix + period_of(desk);
    if (desk->touch_at == INT64_MAX || desk->touch_at <= at)
        return;
    desk->touch_at = at;
    mailbox_desk_hurry(all, at);
}

void mailbox_desk_come(struct mailbox_read *all, struct desk *desk)
{
    int64_t now = loop_now().unix;
    turn(all, desk, true, now);
    desk->paused_until = 0;
    if (desk->touch_at <= now || desk->touch_at == INT64_MAX) {
        touch(all, desk, false);
        desk->touch_at = now + period_of(desk);
    }
    mailbox_desk_hurry(all, desk->touch_at);
}

void mailbox_desk_left(struct mailbox_read *all, struct desk *desk)
{
    int64_t now = loop_now().unix;
    if (desk->reader_count > 0)
        return;
    desk->left_at = now;
    desk->again_at = INT64_MAX;
    // It has all of its time from now on; but for who polls often that is not
    // written each time.
    if (desk->inactivity > 0 && !all->draining
        && now - desk->left_touched >= desk->inactivity / LEFT_PART) {
        desk->left_touched = now;
        touch(all, desk, true);
    }
    mailbox_desk_hurry(all, now + all->services.config->presence_grace);
}

void mailbox_read_pause(struct mailbox_read *read,
                        const struct store_mailbox *mailbox, int64_t until)
{
    struct desk *desk = desks_find(read->desks, mailbox->id);
    int64_t now = loop_now().unix;
    if (!desk) {
        desk = desks_open(read->desks, mailbox);
        if (!desk)
            return;
        desk->left_at = now;
    }
    desk->inactivity = mailbox->inactivity;
    desk->lease = mailbox->lease;
    desk->paused_until = until;
    if (desk->touch_at == INT64_MAX)
        desk->touch_at = now;
    mailbox_desk_hurry(read, now);
}

// ---------------------------------------------------------------------- time

struct look {
    struct mailbox_read *all;
    int64_t now, next;
};

static void sooner(struct look *look, int64_t at)
{
    if (at < look->next)
        look->next = at;
}

static void look_at(void *context, struct desk *desk)
{
    struct look *look = context;
    int64_t now = look->now;
    int64_t grace = look->all->services.config->presence_grace;
    bool stays = desk->reader_count > 0 || desk->paused_until > now;
    if (desk->again_at <= now) {
        desk->again_at = INT64_MAX;
        mailbox_desk_wake(desk);
    }
    if (stays && desk->touch_at <= now) {
        touch(look->all, desk, false);
        desk->touch_at = now + period_of(desk);
    }
    if (desk->reader_count == 0 && now >= desk->left_at + grace) {
        turn(look->all, desk, false, now);
        if (!stays) {
            desk_close(desk);
            return;
        }
    }
    sooner(look, desk->again_at);
    if (stays)
        sooner(look, desk->touch_at);
    if (desk->reader_count == 0)
        sooner(look, desk->online ? desk->left_at + grace : desk->paused_until);
}

bool mailbox_read_step(void *self, struct moment now)
{
    struct mailbox_read *read = self;
    if (read->draining || now.unix < read->next_at)
        return false;
    struct look look = { read, now.unix, INT64_MAX };
    // Whoever is woken or ends in this call may make it earlier.
    read->next_at = INT64_MAX;
    desks_each(read->desks, look_at, &look);
    mailbox_desk_hurry(read, look.next);
    return false;
}

int64_t mailbox_read_patience(void *self, struct moment now)
{
    const struct mailbox_read *read = self;
    if (read->draining || read->next_at == INT64_MAX)
        return LOOP_FOR_EVER;
    return read->next_at > now.unix ? read->next_at - now.unix : 0;
}

// ------------------------------------------------------------------- presence

bool mailbox_read_seen(const struct mailbox_read *read, uint64_t mailbox,
                       struct mailbox_seen *out)
{
    const struct desk *desk = desks_find(read->desks, mailbox);
    *out = (struct mailbox_seen){ 0 };
    if (desk)
        *out = seen_of(desk);
    return desk && desk->online;
}

void mailbox_read_watch(struct mailbox_read *read,
                        void (*changed)(void *context,
                                        const struct mailbox_seen *seen),
                        void *context)
{
    read->changed = changed;
    read->context = context;
}

struct telling {
    void (*each)(void *context, const struct mailbox_seen *seen);
    void *context;
};

static void tell_one(void *context, struct desk *desk)
{
    const struct telling *telling = context;
    struct mailbox_seen seen = seen_of(desk);
    if (desk->online)
        telling->each(telling->context, &seen);
}

void mailbox_read_each(const struct mailbox_read *read,
                       void (*each)(void *context,
                                    const struct mailbox_seen *seen),
                       void *context)
{
    struct telling telling = { each, context };
    desks_each(read->desks, tell_one, &telling);
}
