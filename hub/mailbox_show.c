// SPDX-License-Identifier: MIT

#include "log.h"
#include "mailbox_read.h"
#include "mailbox_task.h"
#include "mailbox_view.h"
#include "metrics.h"
#include "visitor.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 256, ALL_MAX = 100000 };

static struct mailbox_view view_of(const struct mailbox_task *task,
                                   const struct store_mailbox *mailbox,
                                   char cursor[CURSOR_TEXT])
{
    const struct mailboxes *all = task->all;
    struct cursor place =
        mailbox_read_cursor(all->readers, mailbox->id, false, mailbox->place);
    struct mailbox_seen seen;
    bool there = mailbox_read_seen(all->readers, mailbox->id, &seen);
    return (struct mailbox_view){
        .mailbox = mailbox,
        .cursor = cursor_write(all->means.key, &place, cursor) ? cursor : NULL,
        .base = all->services.hub_url,
        .connected = there,
        .seen = there ? loop_now().unix : 0,
    };
}

// Of one that was read.
void mailbox_show_one(struct mailbox_task *task)
{
    const struct store_read_mailbox *read = &task->read;
    char cursor[CURSOR_TEXT];
    struct mailbox_view view = view_of(task, &read->mailbox, cursor);
    view.listens = read->items;
    view.listen_count = read->count;
    view.has_pending = true;
    view.pending = read->pending;
    mailbox_task_say(task, task->created ? 201 : 200,
                     mailbox_view_whole(&view));
}

// ----------------------------------------------------------------------- all

static void ask_page(struct mailbox_task *task, struct bytes after);

static void paged(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    const struct store_page_mailboxes *page = &task->page;
    if (op->status != STORE_OK) {
        enum store_status status = op->status;
        store_release(op);
        mailbox_task_fail(task, status);
        return;
    }
    json_t *list = json_object_get(task->root, "mailboxes");
    for (size_t i = 0; i < page->count; i++) {
        char cursor[CURSOR_TEXT];
        struct mailbox_view view = view_of(task, &page->items[i], cursor);
        json_array_append_new(list, mailbox_view_brief(&view));
    }
    bool more =
        !page->end && page->count > 0 && json_array_size(list) < ALL_MAX;
    if (more) {
        const struct bytes *name = &page->items[page->count - 1].name;
        memcpy(task->path.name, name->at, name->len);
        task->path.name[name->len] = '\0';
    }
    store_release(op);
    if (more) {
        ask_page(task,
                 (struct bytes){ task->path.name, strlen(task->path.name) });
        return;
    }
    mailbox_task_say(task, 200, json_incref(task->root));
}

static void ask_page(struct mailbox_task *task, struct bytes after)
{
    task->page = (struct store_page_mailboxes){
        .op = { .verb = STORE_PAGE_MAILBOXES },
        .owner = task->visitor->owner,
        .after_owner = task->visitor->owner,
        .after_name = after,
        .max = PAGE,
    };
    mailbox_task_submit(task, paged);
}

void mailbox_show_all(struct mailbox_task *task)
{
    task->root = json_pack("{s:[]}", "mailboxes");
    if (task->root)
        ask_page(task, (struct bytes){ "", 0 });
    else
        mailbox_task_fail(task, STORE_AGAIN);
}

// -------------------------------------------------------------------- ending

static void removed(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    uint64_t id = task->remove.mailbox;
    if (op->status == STORE_OK && task->remove.more) {
        mailbox_task_submit(task, removed);
        return;
    }
    if (op->status != STORE_OK) {
        mailbox_task_fail(task, op->status);
        return;
    }
    LOG(LOG_INFO, "mailbox.ended", LOG_N("mailbox", id),
        LOG_T("reason", "removed"));
    metric_add(task->all->services.metrics, METRIC_MAILBOXES_ENDED, 1);
    mailbox_read_end(task->all->readers, id,
                     "hub.mode=denied: its owner has removed it");
    mailbox_task_done(task);
}

void mailbox_show_remove(struct mailbox_task *task)
{
    task->remove = (struct store_remove_mailbox){
        .op = { .verb = STORE_REMOVE_MAILBOX },
        .mailbox = task->read.mailbox.id,
    };
    mailbox_task_submit(task, removed);
}
