// SPDX-License-Identifier: MIT

#include "mailbox_task.h"

#include "access.h"
#include "mailbox_read.h"
#include "pull_problem.h"
#include "request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void refuse(struct mailboxes *all, struct request *request,
                   unsigned status, const char *type, const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    problem.allow_origin = access_allow_origin(all->means.access, request);
    pull_problem_say(request, &problem);
}

struct mailbox_task *mailbox_task_new(struct mailboxes *all,
                                      struct request *request,
                                      struct mailbox_ear *ear,
                                      const struct visitor *visitor)
{
    struct mailbox_task *task = calloc(1, sizeof *task);
    if (!task) {
        if (request)
            refuse(all, request, 503, "out-of-memory",
                   "the hub is out of memory");
        return NULL;
    }
    task->all = all;
    task->request = request;
    task->ear = ear ? mailbox_ear_share(ear) : NULL;
    task->visitor = visitor_share(visitor);
    all->tasks++;
    return task;
}

static void end(struct mailbox_task *task)
{
    task->all->tasks--;
    store_release(&task->read.op);
    mailbox_form_clear(&task->form);
    mailbox_acks_clear(&task->acks);
    json_decref(task->root);
    free(task->keys);
    visitor_drop(task->visitor);
    mailbox_ear_drop(task->ear);
    free(task);
}

// ------------------------------------------------------------------- answers

static void say_to(struct mailbox_ear *ear, json_t *root)
{
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (text)
        mailbox_ear_say(ear, text, strlen(text));
    free(text);
}

void mailbox_task_refuse(struct mailbox_task *task, unsigned status,
                         const char *type, const char *detail)
{
    if (task->answer)
        task->answer(task, status, type, detail);
    else if (task->request)
        refuse(task->all, task->request, status, type, detail);
    if (task->ear) {
        json_t *root =
            json_pack("{s:s, s:s, s:i, s:s}", "type", "error", "reason", type,
                      "status", (int)status, "detail", detail);
        say_to(task->ear, root);
        json_decref(root);
    }
    end(task);
}

static void reply(struct mailbox_task *task, unsigned status, const char *text)
{
    struct request *request = task->request;
    const char *origin = access_allow_origin(task->all->means.access, request);
    struct reply reply = {
        .status = status,
        .content_type = text ? "application/json" : NULL,
        .body = text,
        .body_len = text ? strlen(text) : 0,
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    if (task->location[0])
        reply.headers[reply.header_count++] = task->location;
    if (origin) {
        reply.headers[reply.header_count++] = origin;
        reply.headers[reply.header_count++] = "Vary: Origin";
    }
    request_reply(request, &reply);
}

void mailbox_task_say(struct mailbox_task *task, unsigned status, json_t *root)
{
    if (task->answer) {
        json_decref(root);
        task->answer(task, status, NULL, NULL);
        end(task);
        return;
    }
    if (task->ear && root) {
        json_object_set_new(root, "type", json_string(task->said));
        say_to(task->ear, root);
    }
    char *text = task->request && root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (task->request && !text) {
        mailbox_task_refuse(task, 503, "out-of-memory",
                            "the hub is out of memory");
        return;
    }
    if (task->request)
        reply(task, status, text);
    free(text);
    end(task);
}

void mailbox_task_done(struct mailbox_task *task)
{
    if (task->ear || task->answer) {
        mailbox_task_say(task, 204, json_object());
        return;
    }
    if (task->request)
        reply(task, 204, NULL);
    end(task);
}

void mailbox_task_fail(struct mailbox_task *task, enum store_status status)
{
    if (status == STORE_NOT_FOUND)
        mailbox_task_refuse(task, 404, "unknown-mailbox",
                            "you have no mailbox of that name");
    else if (status == STORE_FULL)
        mailbox_task_refuse(task, 503, "full",
                            "the hub has no room left, try again later");
    else if (status == STORE_INVALID)
        mailbox_task_refuse(task, 400, "bad-request",
                            "that makes no sense for this mailbox");
    else
        mailbox_task_refuse(task, 503, "store",
                            "the hub cannot store this now, try again");
}

// ---------------------------------------------------------------- questions

static bool is_json(const char *type)
{
    size_t len = strcspn(type, "; \t");
    return (len == 16 && strncasecmp(type, "application/json", len) == 0)
           || (len > 5 && strncasecmp(type + len - 5, "+json", 5) == 0);
}

bool mailbox_task_takes_json(struct mailbox_task *task)
{
    const struct request *request = task->request;
    const char *type = request_field(request, "Content-Type");
    if (request->body_len == 0 || (type && is_json(type)))
        return true;
    mailbox_task_refuse(task, 415, "content-type",
                        "the body must be JSON, and its Content-Type "
                        "application/json");
    return false;
}

bool mailbox_task_since(struct mailbox_task *task, const struct since *since,
                        const char *name, enum store_since *kind,
                        uint64_t *value)
{
    struct mailboxes *all = task->all;
    struct cursor cursor;
    char detail[128];
    *kind = since->kind;
    *value = since->value;
    if (since->kind != STORE_SINCE_NUMBER)
        return true;
    if (cursor_read(all->means.key, since->cursor, strlen(since->cursor),
                    &cursor)) {
        // Of another history it names nothing: then all there is.
        if (cursor.epoch == store_epoch(all->services.store))
            *value = cursor.number;
        return true;
    }
    (void)snprintf(detail, sizeof detail,
                   "%s is not a cursor of this hub, nor latest, earliest, a "
                   "time or an age",
                   name);
    mailbox_task_refuse(task, 400, "invalid-cursor", detail);
    return false;
}

void mailbox_task_submit(struct mailbox_task *task,
                         void (*done)(struct store_op *op))
{
    task->op.done = done;
    store_submit(task->all->services.store, &task->op);
}

static void was_read(struct store_op *op)
{
    struct mailbox_task *task = op->context;
    if (op->status == STORE_OK)
        task->next(task);
    else
        mailbox_task_fail(task, op->status);
}

void mailbox_task_read(struct mailbox_task *task, uint64_t id,
                       void (*next)(struct mailbox_task *task))
{
    store_release(&task->read.op);
    task->next = next;
    task->read = (struct store_read_mailbox){
        .op = { .verb = STORE_READ_MAILBOX, .done = was_read, .context = task },
        .id = id,
    };
    if (id == 0) {
        task->read.owner = task->visitor->owner;
        task->read.name =
            (struct bytes){ task->path.name, strlen(task->path.name) };
    }
    store_submit(task->all->services.store, &task->read.op);
}
