// SPDX-License-Identifier: MIT

#include "ack_id.h"
#include "mailbox_read.h"
#include "mailbox_task.h"
#include "metrics.h"
#include "pull_ops.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_wrong(struct mailbox_task *task)
{
    char problem[MAILBOX_ACKS_PROBLEM];
    memcpy(problem, task->acks.problem, sizeof problem);
    if (problem[0])
        mailbox_task_refuse(task, 400, "bad-request", problem);
    else
        mailbox_task_fail(task, STORE_AGAIN);
}

// What is said of letters, and where the mailbox stands then.
static void say_place(struct mailbox_task *task, uint64_t place)
{
    const struct mailboxes *all = task->all;
    struct cursor cursor = mailbox_read_cursor(
        all->readers, task->read.mailbox.id, task->path.dead, place);
    char text[CURSOR_TEXT];
    json_t *root = json_object();
    if (cursor_write(all->means.key, &cursor, text))
        json_object_set_new(root, "cursor", json_string(text));
    if (task->acks.count > 0)
        json_object_set_new(root, "results", mailbox_acks_results(&task->acks));
    mailbox_task_say(task, 200, root);
}

// -------------------------------------------------------------------- cursor

static void confirmed(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    enum store_status status = op->status;
    uint64_t place = task->collect.place;
    store_release(op);
    if (status == STORE_OK)
        say_place(task, place);
    else if (status == STORE_INVALID)
        mailbox_task_refuse(task, 400, "invalid-cursor",
                            "cursor names more than has been told");
    else
        mailbox_task_fail(task, status);
}

static void confirm(struct mailbox_task *task)
{
    const struct mailboxes *all = task->all;
    const struct store_mailbox *mailbox = &task->read.mailbox;
    uint64_t number;
    bool epoch;
    if (!mailbox_read_place(all->readers, mailbox->id, task->path.dead,
                            task->acks.cursor, &number, &epoch)) {
        mailbox_task_refuse(task, 400, "invalid-cursor",
                            "cursor is not one of this mailbox");
        return;
    }
    if (mailbox->ack != STORE_ACK_CURSOR && !task->path.dead) {
        mailbox_task_refuse(task, 409, "ack-mode",
                            "a cursor acknowledges in mode cursor alone");
        return;
    }
    task->collect = (struct store_collect){
        .op = { .verb = STORE_COLLECT },
        .mailbox = mailbox->id,
        .ack = number,
        .ack_only = true,
        .limit = 1,
        .dead = task->path.dead,
    };
    mailbox_task_submit(task, confirmed);
}

// --------------------------------------------------------------------- marks

static size_t count_marks(const struct mailbox_acks *acks, enum store_mark mark)
{
    size_t count = 0;
    for (size_t i = 0; i < acks->count; i++)
        count +=
            acks->items[i].mark == mark && acks->items[i].result == STORE_OK;
    return count;
}

static void marked(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    struct mailboxes *all = task->all;
    uint64_t id = task->read.mailbox.id, place = task->marks.place;
    int64_t again_at = task->marks.again_at;
    enum store_status status = op->status;
    store_release(op);
    if (status != STORE_OK) {
        mailbox_task_fail(task, status);
        return;
    }
    size_t acked = count_marks(&task->acks, STORE_MARK_ACK);
    size_t returned = count_marks(&task->acks, STORE_MARK_NACK);
    metric_add(all->services.metrics, METRIC_LETTERS_ACKED, acked);
    metric_add(all->services.metrics, METRIC_LETTERS_RETURNED, returned);
    mailbox_read_again(all->readers, id, again_at);
    if (acked + returned > 0)
        mailbox_read_marked(all->readers, id, acked + returned);
    if (task->acks.cursor[0])
        confirm(task);
    else
        say_place(task, place);
}

static void mark(struct mailbox_task *task)
{
    if (task->acks.count == 0) {
        confirm(task);
        return;
    }
    if (task->read.mailbox.ack != STORE_ACK_EXPLICIT || task->path.dead) {
        mailbox_task_refuse(task, 409, "ack-mode",
                            "events are acknowledged one by one in mode "
                            "explicit alone");
        return;
    }
    task->marks = (struct store_mark_letters){
        .op = { .verb = STORE_MARK_LETTERS },
        .mailbox = task->read.mailbox.id,
        .items = task->acks.items,
        .count = task->acks.count,
    };
    mailbox_task_submit(task, marked);
}

void mailbox_marks_acks(struct mailbox_task *task)
{
    const struct request *request = task->request;
    if (mailbox_acks_read(task->all->acks, request->body, request->body_len,
                          &task->acks))
        mark(task);
    else
        say_wrong(task);
}

void mailbox_marks_one(struct mailbox_task *task)
{
    if (mailbox_acks_one(task->all->acks, task->path.item, &task->acks))
        mark(task);
    else
        mailbox_task_refuse(task, 404, "unknown-message",
                            "that is not the ack_id of a letter");
}

// ---------------------------------------------------------------------- seek

static void moved(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    uint64_t place = task->seek.place;
    if (op->status != STORE_OK) {
        mailbox_task_fail(task, op->status);
        return;
    }
    mailbox_read_changed(task->all->readers, task->read.mailbox.id);
    say_place(task, place);
}

void mailbox_marks_seek(struct mailbox_task *task)
{
    const struct request *request = task->request;
    json_error_t error;
    task->root = json_loadb(request->body, request->body_len,
                            JSON_REJECT_DUPLICATES, &error);
    const char *to = json_string_value(json_object_get(task->root, "to"));
    const char *wrong =
        to ? since_read(to, loop_now().unix, &task->since)
           : "is missing: {\"to\": \"earliest\"}, or latest, a time, a cursor";
    if (!wrong && task->since.kind == STORE_SINCE_LAST)
        wrong = "is -N, which is for a start: give a time, an age or a cursor";
    if (wrong) {
        char problem[128];
        (void)snprintf(problem, sizeof problem, "to %s", wrong);
        mailbox_task_refuse(task, 400, "bad-request", problem);
        return;
    }
    task->seek = (struct store_seek){
        .op = { .verb = STORE_SEEK },
        .mailbox = task->read.mailbox.id,
    };
    if (mailbox_task_since(task, &task->since, "to", &task->seek.since,
                           &task->seek.value))
        mailbox_task_submit(task, moved);
}

// --------------------------------------------------------------------- touch

static void touched(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    if (op->status == STORE_OK)
        mailbox_task_done(task);
    else
        mailbox_task_fail(task, op->status);
}

void mailbox_marks_touch(struct mailbox_task *task)
{
    task->touch = (struct store_touch_mailbox){
        .op = { .verb = STORE_TOUCH_MAILBOX },
        .mailbox = task->read.mailbox.id,
    };
    mailbox_task_submit(task, touched);
}

// ---------------------------------------------------------------- of a socket

void mailbox_marks_said(struct mailbox_task *task, uint64_t mailbox,
                        const struct pull_op *op)
{
    if (op->kind == PULL_OP_TOUCH) {
        task->said = "touched";
        mailbox_task_read(task, mailbox, mailbox_marks_touch);
        return;
    }
    task->said = "acked";
    if (mailbox_acks_of(task->all->acks, op, &task->acks))
        mailbox_task_read(task, mailbox, mark);
    else
        say_wrong(task);
}
