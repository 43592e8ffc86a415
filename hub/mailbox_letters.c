// SPDX-License-Identifier: MIT

#include "access.h"
#include "batch.h"
#include "config.h"
#include "log.h"
#include "mailbox_form.h"
#include "mailbox_inside.h"
#include "mailbox_scope.h"
#include "metrics.h"
#include "pull_ops.h"
#include "pull_problem.h"
#include "puller.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    READS_AT_ONCE = 32, // each may bring megabytes
    CREDIT = 1000,      // leased, beyond which a stream waits
};

static void refuse(struct reader *reader, unsigned status, const char *type,
                   const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    puller_refuse(reader->puller, &problem);
}

// --------------------------------------------------------------- what is told

static struct batch empty(const struct reader *reader)
{
    const struct mailbox_read *all = reader->all;
    return (struct batch){
        .idle = true,
        .has_cursor = true,
        .cursor = mailbox_read_cursor(all, reader->mailbox, !reader->desk,
                                      reader->told),
        .bodies = reader->bodies,
        .key = all->means.key,
        .acks = all->means.acks,
        .hub_url = all->services.hub_url,
    };
}

// A stream sees it by the problem, and a socket by its close code.
static void say_superseded(struct reader *reader)
{
    struct puller *puller = reader->puller;
    struct batch batch = empty(reader);
    batch.superseded = true;
    if (puller_is_stream(puller))
        refuse(reader, 409, "superseded",
               "a newer reader of this mailbox has come");
    else
        puller_tell(reader->all->means.pullers, &puller, 1, &batch, true);
}

// Whether he was told why he gets nothing (more).
static bool ends(struct reader *reader)
{
    const char *ended = reader->ended;
    bool superseded = reader->superseded;
    // He is gone after either.
    if (ended)
        refuse(reader, 410, "denied", ended);
    else if (superseded)
        say_superseded(reader);
    return ended || superseded;
}

void mailbox_letters_release(struct reader *reader)
{
    if (puller_claim(reader->puller))
        (void)ends(reader);
}

static void idle(struct puller *puller)
{
    struct reader *reader = puller_from(puller);
    struct batch batch = empty(reader);
    puller_tell(reader->all->means.pullers, &puller, 1, &batch, true);
}

static const struct store_listen *listen_of(const struct store_collect *collect,
                                            uint64_t sid, size_t *hint)
{
    for (size_t i = 0; i < collect->listen_count; i++) {
        size_t at = (*hint + i) % collect->listen_count;
        if (collect->listens[at].sid != sid)
            continue;
        *hint = at;
        return &collect->listens[at];
    }
    return NULL;
}

static struct batch_event event_of(const struct store_letter *letter,
                                   const struct store_listen *listen, bool dead)
{
    struct batch_event event = {
        .event = &letter->event,
        .url = letter->event.url.at ? letter->event.url.at : "",
        .sid = letter->sid,
        .deliveries = letter->deliveries,
        .claim = dead ? 0 : letter->claim, // of a dead one its number
    };
    if (listen && listen->topic != 0)
        event.url = listen->url.at; // as its owner spelt it (M2)
    if (listen && listen->label.len > 0)
        event.label = listen->label.at;
    return event;
}

static enum batch_loss loss_of(enum store_loss loss)
{
    static const enum batch_loss losses[] = {
        [STORE_LOST_NOTHING] = BATCH_EXPIRED,
        [STORE_LOST_EXPIRED] = BATCH_EXPIRED,
        [STORE_LOST_OVERFLOW] = BATCH_OVERFLOW,
        [STORE_LOST_UNFOLLOWED] = BATCH_UNFOLLOWED,
        [STORE_LOST_RECREATED] = BATCH_RECREATED,
    };
    return losses[loss];
}

struct page {
    struct batch_event *events;
    struct batch_gap *gaps;
};

static bool make_page(const struct store_collect *collect, struct page *page)
{
    size_t hint = 0;
    page->events = calloc(collect->count + 1, sizeof *page->events);
    page->gaps = calloc(collect->gap_count + 1, sizeof *page->gaps);
    if (!page->events || !page->gaps)
        return false;
    for (size_t i = 0; i < collect->count; i++) {
        const struct store_letter *letter = &collect->items[i];
        page->events[i] = event_of(
            letter, listen_of(collect, letter->sid, &hint), collect->dead);
    }
    for (size_t i = 0; i < collect->gap_count; i++) {
        const struct store_gap *gap = &collect->gaps[i];
        page->gaps[i] = (struct batch_gap){
            gap->url.at, gap->from,    gap->to,
            gap->count,  gap->inexact, loss_of(gap->loss),
        };
    }
    return true;
}

static void tell(struct reader *reader, const struct store_collect *collect)
{
    struct puller *puller = reader->puller;
    struct batch batch = empty(reader);
    struct page page;
    bool made = make_page(collect, &page);
    batch.idle = false;
    batch.events = page.events;
    batch.count = collect->count;
    batch.gaps = page.gaps;
    batch.gap_count = collect->gap_count;
    if (reader->epoch)
        batch.loss = BATCH_EPOCH;
    else if (collect->gap_count > 0)
        batch.loss = loss_of(collect->gaps[0].loss);
    batch.more = collect->more;
    batch.pauses = collect->more && reader->limited;
    if (collect->mailbox_now.profile.secret.len > 0)
        batch.profile = &collect->mailbox_now.profile;
    reader->epoch = false;
    reader->resting = puller_is_stream(puller) && !batch.more;
    if (made)
        puller_tell(reader->all->means.pullers, &puller, 1, &batch, false);
    else
        refuse(reader, 503, "out-of-memory", "the hub is out of memory");
    free(page.events);
    free(page.gaps);
}

static void rest(struct reader *reader)
{
    struct batch batch = empty(reader);
    // One newer than he stands behind him.
    if (reader->desk && reader->desk->ack != STORE_ACK_EXPLICIT
        && reader->place.next)
        reader->superseded = true;
    if (ends(reader))
        return;
    reader->resting = true;
    puller_rest(reader->puller, &batch);
}

// ------------------------------------------------------------------- reading

static void note(struct reader *reader, const struct store_collect *collect)
{
    struct mailbox_read *all = reader->all;
    struct desk *desk = reader->desk;
    reader->ack = 0;
    reader->told = collect->place;
    if (!desk || desk->ended)
        return;
    bool other = desk->rev != collect->mailbox_now.rev;
    if (!desk_update(desk, &collect->mailbox_now, collect->listens,
                     collect->listen_count))
        mailbox_desk_again(all, desk, loop_now().unix + 1000);
    mailbox_desk_hasten(all, desk);
    // What came meanwhile of a topic that it did not listen to then.
    if (other && all->newest > collect->head)
        puller_wake(reader->puller);
    if (collect->head > desk->head)
        desk->head = collect->head;
    mailbox_desk_again(all, desk, collect->again_at);
}

// Somebody with a broader token may have added something, or before a rule
// came.
static bool is_refused(struct reader *reader,
                       const struct store_collect *collect)
{
    if (reader->rev == collect->mailbox_now.rev)
        return false;
    reader->rev = collect->mailbox_now.rev;
    if (!mailbox_scope_covers(reader->all->services.config,
                              puller_visitor(reader->puller), collect->listens,
                              collect->listen_count)) {
        refuse(reader, 403, "forbidden-topic",
               "your token does not cover all that this mailbox listens to");
        return true;
    }
    return mailbox_judge_refuses(reader, collect->listens,
                                 collect->listen_count);
}

static void say_overflow(struct mailbox_read *all, uint64_t mailbox)
{
    LOG(LOG_INFO, "mailbox.ended", LOG_N("mailbox", mailbox),
        LOG_T("reason", "overflow"));
    metric_add(all->services.metrics, METRIC_MAILBOXES_ENDED, 1);
}

static void answer(struct reader *reader, const struct store_collect *collect)
{
    struct mailbox_read *all = reader->all;
    struct desk *desk = reader->desk;
    uint64_t mailbox = reader->mailbox;
    switch (collect->op.status) {
    case STORE_OK:
        break;
    case STORE_NOT_FOUND:
    case STORE_CONFLICT:
        reader->ended = collect->op.status == STORE_CONFLICT
                            ? "hub.mode=denied: too much was waiting in it"
                            : "hub.mode=denied: it has ended";
        if (collect->op.status == STORE_CONFLICT)
            say_overflow(all, mailbox);
        (void)ends(reader);
        mailbox_read_end(all, mailbox, "hub.mode=denied: it has ended");
        return;
    case STORE_INVALID:
        refuse(reader, 400, "invalid-cursor",
               "ack names more than this mailbox has been told");
        return;
    default:
        refuse(reader, 503, "store", "the hub cannot read it just now");
        return;
    }
    note(reader, collect);
    if (is_refused(reader, collect) || ends(reader))
        return;
    bool more = collect->more;
    if (collect->count > 0 || collect->gap_count > 0 || reader->epoch)
        tell(reader, collect);
    else
        rest(reader);
    // He may be gone by now, and his desk with the last of its readers only
    // if it had ended.
    if (more && desk && desks_find(all->desks, mailbox) == desk)
        mailbox_desk_wake_next(desk);
}

// Who left before he was told what he had leased has not had it.
struct giving {
    struct store_mark_letters marks; // first: an operation is found by it
    struct mailbox_read *all;
    struct store_marking items[];
};

static void given_back(struct store_op *op)
{
    struct giving *giving = (struct giving *)op;
    giving->all->others--;
    mailbox_read_again(giving->all, giving->marks.mailbox, loop_now().unix);
    store_release(op);
    free(giving);
}

static void give_back(struct mailbox_read *all,
                      const struct store_collect *collect)
{
    size_t count = collect->count;
    if (collect->op.status != STORE_OK || count == 0 || collect->dead
        || collect->items[0].claim == 0)
        return;
    struct giving *giving =
        calloc(1, sizeof *giving + count * sizeof *giving->items);
    if (!giving)
        return; // then the leases run out
    for (size_t i = 0; i < count; i++)
        giving->items[i] = (struct store_marking){
            .mark = STORE_MARK_NACK,
            .number = collect->items[i].event.number,
            .claim = collect->items[i].claim,
        };
    giving->all = all;
    giving->marks = (struct store_mark_letters){
        .op = { .verb = STORE_MARK_LETTERS, .done = given_back },
        .mailbox = collect->mailbox,
        .items = giving->items,
        .count = count,
    };
    all->others++;
    store_submit(all->services.store, &giving->marks.op);
}

static void collected(struct store_op *op)
{
    struct taking *taking = (struct taking *)op;
    struct mailbox_read *all = taking->all;
    struct reader *reader = taking->reader;
    all->reads--;
    if (reader) {
        reader->taking = NULL;
        answer(reader, &taking->collect);
    } else {
        give_back(all, &taking->collect);
    }
    store_release(op);
    free(taking);
    mailbox_letters_go_on(all);
}

void mailbox_letters_collect(struct taking *taking)
{
    struct mailbox_read *all = taking->all;
    const struct reader *reader = taking->reader;
    bool streams = puller_is_stream(reader->puller);
    bool cursor = reader->desk && reader->desk->ack == STORE_ACK_CURSOR;
    taking->collect = (struct store_collect){
        .op = { .verb = STORE_COLLECT, .done = collected },
        .mailbox = reader->mailbox,
        .ack = reader->ack,
        // A stream goes on, acknowledged or not.
        .after = streams && cursor ? reader->told : 0,
        .limit = reader->limit,
        .max_bytes = reader->max_bytes,
        .bodies = reader->bodies,
        .deltas = all->services.config->feed_delivery == CONFIG_FEED_ENTRIES,
        .dead = !reader->desk,
    };
    all->reads++;
    metric_add(all->services.metrics, METRIC_PULLS_READ, 1);
    store_submit(all->services.store, &taking->collect.op);
}

void mailbox_letters_go_on(struct mailbox_read *all)
{
    while (all->reads < READS_AT_ONCE && all->waiting) {
        struct taking *taking = all->waiting;
        all->waiting = taking->next;
        if (!all->waiting)
            all->waiting_last = &all->waiting;
        if (!taking->reader)
            free(taking); // he left before his turn
        else if (mailbox_judge_needed(taking->reader))
            mailbox_judge(taking);
        else
            mailbox_letters_collect(taking);
    }
}

// What he has had and not acknowledged is enough for a stream.
static bool has_enough(const struct reader *reader)
{
    const struct desk *desk = reader->desk;
    return desk && desk->ack == STORE_ACK_EXPLICIT && desk->leased >= CREDIT
           && puller_is_stream(reader->puller);
}

static void read_next(struct puller *puller)
{
    struct reader *reader = puller_from(puller);
    struct mailbox_read *all = reader->all;
    reader->resting = false;
    if (ends(reader))
        return;
    if (has_enough(reader)) {
        rest(reader);
        return;
    }
    struct taking *taking = calloc(1, sizeof *taking);
    if (!taking) {
        refuse(reader, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    taking->all = all;
    taking->reader = reader;
    reader->taking = taking;
    *all->waiting_last = taking;
    all->waiting_last = &taking->next;
    mailbox_letters_go_on(all);
}

// ------------------------------------------------------------- what he says

static void say_wrong(struct puller *puller, const char *reason)
{
    json_t *root = json_pack("{s:s, s:s}", "type", "error", "detail", reason);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (text)
        puller_say(puller, text, strlen(text));
    free(text);
}

static void message(struct puller *puller, const char *text, size_t len)
{
    static const char pong[] = "{\"type\":\"pong\"}";
    struct reader *reader = puller_from(puller);
    struct mailbox_read *all = reader->all;
    char reason[PULL_OP_REASON];
    struct pull_op op;
    if (!pull_op_read(PULL_OP_MAILBOX, text, len, &op, reason)) {
        say_wrong(puller, reason);
        return;
    }
    if (!reader->ear)
        reader->ear = mailbox_ear_new(puller);
    if (!reader->ear)
        say_wrong(puller, "the hub is out of memory");
    else if (op.kind == PULL_OP_PING)
        puller_say(puller, pong, sizeof pong - 1);
    else if (op.kind == PULL_OP_MORE)
        puller_wake(puller);
    else
        all->means.said(all->means.context, reader->ear, puller_visitor(puller),
                        reader->mailbox, &op);
    pull_op_clear(&op);
}

static void over(struct puller *puller)
{
    struct reader *reader = puller_from(puller);
    struct mailbox_read *all = reader->all;
    struct desk *desk = reader->desk;
    if (reader->taking)
        reader->taking->reader = NULL;
    if (reader->ear)
        reader->ear->puller = NULL;
    mailbox_ear_drop(reader->ear);
    if (!desk)
        return;
    bool ended = desk->ended;
    desk_remove(desk, &reader->place);
    if (!ended)
        mailbox_desk_left(all, desk);
}

const struct puller_source *mailbox_letters_source(void)
{
    static const struct puller_source source = {
        .read = read_next,
        .message = message,
        .idle = idle,
        .over = over,
        .ruled = true,
        .room = sizeof(struct reader),
    };
    return &source;
}
