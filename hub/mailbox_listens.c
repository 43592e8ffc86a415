// SPDX-License-Identifier: MIT

#include "mailbox_read.h"
#include "mailbox_task.h"
#include "mailbox_view.h"
#include "pull_ops.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mailbox_listens_show(struct mailbox_task *task)
{
    const struct store_read_mailbox *read = &task->read;
    json_t *list = mailbox_view_listens(read->items, read->count);
    mailbox_task_say(task, 200, json_pack("{s:o}", "subscriptions", list));
}

// -------------------------------------------------------------------- adding

static void added(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    struct mailboxes *all = task->all;
    enum store_status status = op->status;
    bool there = status == STORE_DUPLICATE;
    if (status != STORE_OK && !there) {
        store_release(op);
        if (status == STORE_CONFLICT)
            mailbox_task_refuse(task, 403, "too-many-subscriptions",
                                "a mailbox has at most 1000 subscriptions, and "
                                "the hub as many topics as it may");
        else
            mailbox_task_fail(task, status);
        return;
    }
    bool followed = task->listen.topics_new;
    json_t *root = mailbox_view_listen(&task->listen.listen);
    store_release(op);
    if (followed)
        all->means.followed(all->means.context);
    mailbox_read_changed(all->readers, task->read.mailbox.id);
    mailbox_task_say(task, there ? 200 : 201, root);
}

static void add(struct mailbox_task *task)
{
    task->listen = (struct store_listen_op){
        .op = { .verb = STORE_LISTEN },
        .mailbox = task->read.mailbox.id,
        .listen = task->listens[0],
    };
    if (mailbox_task_since(task, &task->since, "since", &task->listen.since,
                           &task->listen.value))
        mailbox_task_submit(task, added);
}

static void check_and_add(struct mailbox_task *task)
{
    task->listens = task->form.topics.items;
    task->listen_count = task->form.topics.count;
    mailbox_rights_check(task, add);
}

// {"topic": URL} or {"match": URL*}, "label", "since".
static bool read_root(struct mailbox_task *task)
{
    char *problem = task->form.problem;
    json_t *since = json_object_get(task->root, "since");
    const char *text = json_string_value(since), *wrong = NULL;
    bool topic = json_object_get(task->root, "topic") != NULL;
    bool match = json_object_get(task->root, "match") != NULL;
    task->since.kind = STORE_SINCE_LATEST;
    if (since)
        wrong = text ? since_read(text, loop_now().unix, &task->since)
                     : "is not a string";
    if (wrong)
        (void)snprintf(problem, MAILBOX_PROBLEM, "since %s", wrong);
    else if (topic == match)
        (void)snprintf(problem, MAILBOX_PROBLEM,
                       "either topic or match has to be there");
    if (problem[0])
        return false;
    json_object_del(task->root, "since");
    return mailbox_topics_add(&task->form.topics, match ? "match" : "topic",
                              task->root, match, problem);
}

static void add_root(struct mailbox_task *task)
{
    char problem[MAILBOX_PROBLEM];
    if (read_root(task)) {
        check_and_add(task);
        return;
    }
    memcpy(problem, task->form.problem, sizeof problem);
    if (problem[0])
        mailbox_task_refuse(task, 400, "bad-request", problem);
    else
        mailbox_task_fail(task, STORE_AGAIN);
}

void mailbox_listens_add(struct mailbox_task *task)
{
    const struct request *request = task->request;
    json_error_t error;
    task->root = json_loadb(request->body, request->body_len,
                            JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(task->root))
        mailbox_task_refuse(task, 400, "bad-request",
                            "the body is not a JSON object");
    else
        add_root(task);
}

// ------------------------------------------------------------------ removing

static void gone(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    enum store_status status = op->status;
    store_release(op);
    if (status == STORE_OK) {
        mailbox_read_changed(task->all->readers, task->read.mailbox.id);
        mailbox_task_done(task);
    } else if (status == STORE_NOT_FOUND && task->path.sid != 0) {
        mailbox_task_refuse(task, 404, "unknown-subscription",
                            "this mailbox has no such subscription");
    } else {
        mailbox_task_fail(task, status);
    }
}

void mailbox_listens_remove(struct mailbox_task *task)
{
    task->listen = (struct store_listen_op){
        .op = { .verb = STORE_LISTEN },
        .mailbox = task->read.mailbox.id,
        .remove = true,
        .sid = task->path.sid,
    };
    mailbox_task_submit(task, gone);
}

// ---------------------------------------------------------------- of a socket

static void remove_named(struct mailbox_task *task)
{
    const struct store_read_mailbox *read = &task->read;
    const char *url = json_string_value(json_object_get(task->root, "topic"));
    for (size_t i = 0; url && i < read->count; i++)
        if (read->items[i].topic != 0
            && strcmp(read->items[i].url.at, url) == 0)
            task->path.sid = read->items[i].sid;
    if (task->path.sid != 0)
        mailbox_listens_remove(task);
    else
        mailbox_task_refuse(task, 404, "unknown-subscription",
                            "this mailbox has no such subscription");
}

static void put_text(json_t *root, const char *name, const char *text)
{
    if (text)
        json_object_set_new(root, name, json_string(text));
}

void mailbox_listens_said(struct mailbox_task *task, uint64_t mailbox,
                          const struct pull_op *op)
{
    bool adds = op->kind == PULL_OP_SUBSCRIBE;
    task->said = adds ? "subscribed" : "unsubscribed";
    task->root = json_object();
    put_text(task->root, "topic", op->topic);
    put_text(task->root, "match", op->match);
    put_text(task->root, "label", op->label);
    put_text(task->root, "since", op->since);
    task->path.sid = op->sid;
    mailbox_task_read(task, mailbox, adds ? add_root : remove_named);
}
