// SPDX-License-Identifier: MIT

#include "mailbox_read.h"

#include "access.h"
#include "cursor.h"
#include "mailbox_form.h"
#include "mailbox_inside.h"
#include "mailbox_query.h"
#include "mailbox_scope.h"
#include "metrics.h"
#include "pull_problem.h"
#include "puller.h"
#include "request.h"
#include "websocket.h"

#include <stdlib.h>
#include <string.h>

// Apart from what the tags of topics are made of.
#define TAG_LETTERS UINT64_C(0x6d61696c626f7801)
#define TAG_DEAD    UINT64_C(0x6d61696c626f7802)

// One whose mailbox is looked up.
struct entering {
    struct store_read_mailbox read; // first: an operation is found by it
    struct mailbox_read *all;
    struct request *request;
    const struct visitor *visitor;
    struct mailbox_query query;
    struct mailbox_path path;
};

static void refuse(const struct mailbox_read *all, struct request *request,
                   unsigned status, const char *type, const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    problem.allow_origin = access_allow_origin(all->means.access, request);
    pull_problem_say(request, &problem);
}

// ------------------------------------------------------------------- cursors

static uint16_t tag_of(uint64_t mailbox, bool dead)
{
    const uint64_t ids[] = { mailbox, dead ? TAG_DEAD : TAG_LETTERS };
    return cursor_tag(ids, 2);
}

struct cursor mailbox_read_cursor(const struct mailbox_read *read,
                                  uint64_t mailbox, bool dead, uint64_t place)
{
    return (struct cursor){
        .epoch = store_epoch(read->services.store),
        .number = place,
        .tag = tag_of(mailbox, dead),
    };
}

bool mailbox_read_place(const struct mailbox_read *read, uint64_t mailbox,
                        bool dead, const char *text, uint64_t *number,
                        bool *epoch)
{
    struct cursor cursor;
    *number = 0;
    if (!cursor_read(read->means.key, text, strlen(text), &cursor)
        || cursor.tag != tag_of(mailbox, dead))
        return false;
    *epoch = cursor.epoch != store_epoch(read->services.store);
    if (!*epoch)
        *number = cursor.number;
    return true;
}

// ---------------------------------------------------------------------- ears

struct mailbox_ear *mailbox_ear_new(struct puller *puller)
{
    struct mailbox_ear *ear = malloc(sizeof *ear);
    if (ear)
        *ear = (struct mailbox_ear){ puller, 1 };
    return ear;
}

struct mailbox_ear *mailbox_ear_share(struct mailbox_ear *ear)
{
    ear->uses++;
    return ear;
}

void mailbox_ear_drop(struct mailbox_ear *ear)
{
    if (ear && --ear->uses == 0)
        free(ear);
}

void mailbox_ear_say(struct mailbox_ear *ear, const char *text, size_t len)
{
    if (ear->puller)
        puller_say(ear->puller, text, len);
}

// ------------------------------------------------------------------ beginning

// R23: those who do not rest are not released by one more.
static bool has_place(const struct desk *desk)
{
    size_t busy = 0;
    if (desk->ack == STORE_ACK_EXPLICIT)
        return desk->reader_count < MAILBOX_WORKERS;
    for (const struct desk_reader *at = desk->readers; at; at = at->next)
        busy += !((const struct reader *)at)->resting;
    return busy <= MAILBOX_HOLD;
}

// R22.
static void release_others(struct desk *desk, const struct reader *newest)
{
    struct desk_reader *next;
    if (desk->ack == STORE_ACK_EXPLICIT)
        return;
    for (struct desk_reader *at = desk->readers; at; at = next) {
        struct reader *reader = (struct reader *)at;
        next = at->next;
        if (reader == newest)
            continue;
        reader->superseded = true;
        mailbox_letters_release(reader);
    }
}

static void fill(struct reader *reader, struct mailbox_read *all,
                 struct puller *puller, const struct mailbox_query *query)
{
    reader->all = all;
    reader->puller = puller;
    reader->limit = (uint32_t)query->limit;
    reader->max_bytes = (uint32_t)query->max_bytes;
    reader->bodies = query->bodies;
    reader->limited = query->limited;
}

static void sit_down(struct reader *reader, struct desk *desk)
{
    reader->desk = desk;
    desk_add(desk, &reader->place);
    mailbox_desk_come(reader->all, desk);
    release_others(desk, reader);
}

// Takes the request. The desk is NULL where dead letters are asked for.
static void enter(struct mailbox_read *all, struct request *request,
                  const struct visitor *visitor,
                  const struct mailbox_query *query, struct desk *desk,
                  uint64_t mailbox)
{
    uint64_t ack = 0;
    bool epoch = false;
    if (query->ack[0]
        && !mailbox_read_place(all, mailbox, !desk, query->ack, &ack, &epoch)) {
        refuse(all, request, 400, "invalid-cursor",
               "ack is not a cursor of this mailbox");
        return;
    }
    if (desk && !has_place(desk)) {
        refuse(all, request, 429, "too-many-requests-held",
               "this mailbox has as many readers at a time as it may have");
        return;
    }
    struct puller_wish wish = query->wish;
    wish.allow_origin = access_allow_origin(all->means.access, request);
    wish.topics = desk ? desk->interest_count : 0;
    if (!desk)
        wish.wait_ms = 0;
    struct puller *puller =
        puller_new(all->means.pullers, request, &wish, visitor,
                   mailbox_letters_source(), NULL, loop_now());
    if (!puller)
        return;
    struct reader *reader = puller_from(puller);
    fill(reader, all, puller, query);
    reader->mailbox = mailbox;
    reader->ack = ack;
    reader->told = ack;
    reader->epoch = epoch;
    if (desk)
        sit_down(reader, desk);
}

static void found(struct entering *entering)
{
    struct mailbox_read *all = entering->all;
    const struct store_read_mailbox *read = &entering->read;
    const struct store_mailbox *mailbox = &read->mailbox;
    struct desk *desk = NULL;
    if (!mailbox_scope_covers(all->services.config, entering->visitor,
                              read->items, read->count)) {
        refuse(all, entering->request, 403, "forbidden-topic",
               "your token does not cover all that this mailbox listens to");
        return;
    }
    if (!entering->path.dead) {
        desk = desks_find(all->desks, mailbox->id);
        if (!desk)
            desk = desks_open(all->desks, mailbox);
        if (!desk || !desk_update(desk, mailbox, read->items, read->count)) {
            refuse(all, entering->request, 503, "out-of-memory",
                   "the hub is out of memory");
            return;
        }
        if (desk->rev == mailbox->rev)
            desk->token = entering->visitor->token;
    }
    enter(all, entering->request, entering->visitor, &entering->query, desk,
          mailbox->id);
    if (desk && desk->reader_count == 0)
        mailbox_desk_left(all, desk);
}

static void looked_up(struct store_op *op)
{
    struct entering *entering = (struct entering *)op;
    struct mailbox_read *all = entering->all;
    all->others--;
    if (op->status == STORE_OK)
        found(entering);
    else if (op->status == STORE_NOT_FOUND)
        refuse(all, entering->request, 404, "unknown-mailbox",
               "you have no mailbox of that name");
    else
        refuse(all, entering->request, 503, "store",
               "the hub cannot look it up just now");
    store_release(op);
    visitor_drop(entering->visitor);
    free(entering);
}

static void look_up(struct mailbox_read *all, struct request *request,
                    const struct visitor *visitor,
                    const struct mailbox_path *path,
                    const struct mailbox_query *query)
{
    struct entering *entering = calloc(1, sizeof *entering);
    if (!entering) {
        refuse(all, request, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    entering->all = all;
    entering->request = request;
    entering->visitor = visitor_share(visitor);
    entering->query = *query;
    entering->path = *path;
    entering->read = (struct store_read_mailbox){
        .op = { .verb = STORE_READ_MAILBOX, .done = looked_up },
        .owner = visitor->owner,
        .name = { entering->path.name, strlen(path->name) },
    };
    all->others++;
    store_submit(all->services.store, &entering->read.op);
}

// False: it was answered.
static bool may_shake_hands(struct mailbox_read *all, struct request *request)
{
    const char *problem = NULL;
    const char *origin = request_field(request, "Origin");
    if (!websocket_asked(request, &problem) || problem) {
        refuse(all, request, 400, "bad-request",
               problem ? problem : "this is for WebSockets alone");
        return false;
    }
    if (access_allows_origin(all->services.config, origin))
        return true;
    refuse(all, request, 403, "forbidden-origin",
           "pages of that origin may not read here");
    return false;
}

void mailbox_read_begin(struct mailbox_read *read, struct request *request,
                        const struct visitor *visitor,
                        const struct mailbox_path *path, struct moment now)
{
    struct mailbox_query query;
    (void)now;
    metric_add(read->services.metrics, METRIC_PULLS, 1);
    if (!mailbox_query_read(request, path->part, &query)) {
        refuse(read, request, 400, "bad-request", query.problem);
        return;
    }
    if (query.wish.voice == VOICE_SOCKET && !may_shake_hands(read, request))
        return;
    struct desk *desk =
        path->dead ? NULL
                   : desks_find_name(read->desks, visitor->owner, path->name);
    // Whether his token covers all that it listens to is looked at once.
    if (desk && desk->token == visitor->token)
        enter(read, request, visitor, &query, desk, desk->id);
    else
        look_up(read, request, visitor, path, &query);
}

// ----------------------------------------------------------------------- all

struct mailbox_read *mailbox_read_new(const struct mailbox_read_means *means)
{
    struct mailbox_read *read = calloc(1, sizeof *read);
    if (!read)
        return NULL;
    read->means = *means;
    read->services = *means->services;
    read->waiting_last = &read->waiting;
    read->next_at = INT64_MAX;
    read->desks = desks_new();
    if (read->desks)
        return read;
    mailbox_read_free(read);
    return NULL;
}

void mailbox_read_free(struct mailbox_read *read)
{
    if (!read)
        return;
    desks_free(read->desks);
    free(read);
}

void mailbox_read_drain(struct mailbox_read *read)
{
    read->draining = true;
}

bool mailbox_read_idle(const struct mailbox_read *read)
{
    return read->reads == 0 && !read->waiting && read->others == 0;
}
