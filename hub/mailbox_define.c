// SPDX-License-Identifier: MIT

#include "config.h"
#include "log.h"
#include "mailbox_read.h"
#include "mailbox_task.h"
#include "mailbox_view.h"
#include "metrics.h"
#include "request.h"
#include "visitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mailbox_leases leases_of(const struct mailbox_task *task)
{
    const struct config *config = task->all->services.config;
    return (struct mailbox_leases){ config->lease_min, config->lease_default,
                                    config->lease_max };
}

static void say_form(struct mailbox_task *task)
{
    char problem[MAILBOX_PROBLEM];
    memcpy(problem, task->form.problem, sizeof problem);
    if (problem[0])
        mailbox_task_refuse(task, 400, "bad-request", problem);
    else
        mailbox_task_fail(task, STORE_AGAIN);
}

static bool read_form(struct mailbox_task *task)
{
    const struct request *request = task->request;
    if (mailbox_form_read(&task->form, request->body, request->body_len,
                          loop_now().unix))
        return true;
    say_form(task);
    return false;
}

// ------------------------------------------------------------------- storing

static void refuse_conflict(struct mailbox_task *task)
{
    const struct store_put_mailbox *put = &task->put;
    if (put->too_many)
        mailbox_task_refuse(task, 403, "too-many-mailboxes",
                            "there are as many mailboxes, or topics, as there "
                            "may be");
    else if (put->only_new)
        mailbox_task_refuse(task, 412, "exists",
                            "there is a mailbox of that name already");
    else
        mailbox_task_refuse(task, 409, "ack-mode",
                            "there is a mailbox of that name with another ack "
                            "mode, which cannot be changed");
}

static void was_put(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    struct mailboxes *all = task->all;
    enum store_status status = op->status;
    uint64_t id = task->put.mailbox.id;
    bool followed = task->put.topics_new;
    task->created = task->put.created;
    if (status == STORE_CONFLICT) {
        store_release(op);
        refuse_conflict(task);
        return;
    }
    store_release(op);
    if (status != STORE_OK) {
        mailbox_task_fail(task, status);
        return;
    }
    if (followed)
        all->means.followed(all->means.context);
    if (task->created) {
        metric_add(all->services.metrics, METRIC_MAILBOXES_MADE, 1);
        LOG(LOG_INFO, "mailbox.made", LOG_N("mailbox", id));
    }
    const struct store_mailbox *mailbox = &task->form.mailbox;
    int64_t ends = mailbox->lease;
    if (mailbox->inactivity > 0 && mailbox->inactivity < ends)
        ends = mailbox->inactivity;
    mailbox_expiry_due(all->expiry, loop_now().unix + ends);
    mailbox_read_changed(all->readers, id);
    mailbox_task_read(task, id, mailbox_show_one);
}

// False: refused.
static bool set_start(struct mailbox_task *task)
{
    task->put.since = STORE_SINCE_LATEST;
    return !task->form.has_start
           || mailbox_task_since(task, &task->form.start, "start",
                                 &task->put.since, &task->put.value);
}

static void put(struct mailbox_task *task)
{
    const struct config *config = task->all->services.config;
    task->put = (struct store_put_mailbox){
        .op = { .verb = STORE_PUT_MAILBOX },
        .mailbox = task->form.mailbox,
        .only_new = task->only_new,
        .only_old = task->only_old,
        .listens = task->listens,
        .listen_count = task->listen_count,
        .set_listens = task->sets_listens,
        .max_of_owner = (uint64_t)config->mailboxes_per_owner,
    };
    task->put.mailbox.owner = task->visitor->owner;
    task->put.mailbox.name =
        (struct bytes){ task->path.name, strlen(task->path.name) };
    if (set_start(task))
        mailbox_task_submit(task, was_put);
}

static void check_and_put(struct mailbox_task *task)
{
    task->listens = task->form.topics.items;
    task->listen_count = task->form.topics.count;
    mailbox_rights_check(task, put);
}

// ----------------------------------------------------------------------- PUT

void mailbox_define_put(struct mailbox_task *task)
{
    struct mailbox_leases leases = leases_of(task);
    const char *none = request_field(task->request, "If-None-Match");
    const char *match = request_field(task->request, "If-Match");
    mailbox_form_begin(&task->form, &leases, false);
    if (!mailbox_path_is_name(task->path.name)) {
        mailbox_task_refuse(task, 400, "bad-request",
                            "no mailbox can have that name");
        return;
    }
    if (!read_form(task))
        return;
    task->only_new = none && strcmp(none, "*") == 0;
    task->only_old = match && strcmp(match, "*") == 0;
    task->sets_listens = true;
    check_and_put(task);
}

// ---------------------------------------------------------------------- POST

void mailbox_define_name(char name[STORE_NAME_MAX + 1])
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint8_t random[22];
    arc4random_buf(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        name[i] = letters[random[i] & 63];
    // A name that begins so is taken for an option by some tools.
    if (name[0] == '-')
        name[0] = 'A';
    name[sizeof random] = '\0';
}

void mailbox_define_make(struct mailbox_task *task)
{
    task->only_new = true;
    task->sets_listens = true;
    check_and_put(task);
}

void mailbox_define_post(struct mailbox_task *task)
{
    struct mailbox_leases leases = leases_of(task);
    mailbox_form_begin(&task->form, &leases, true);
    if (!read_form(task))
        return;
    mailbox_define_name(task->path.name);
    char url[MAILBOX_URL_MAX];
    struct bytes name = { task->path.name, strlen(task->path.name) };
    mailbox_view_url(task->all->services.hub_url, name, "", url);
    int len =
        snprintf(task->location, sizeof task->location, "Location: %s", url);
    if (len < 0 || (size_t)len >= sizeof task->location)
        task->location[0] = '\0';
    mailbox_define_make(task);
}

// --------------------------------------------------------------------- PATCH

// What was not told stays as it is.
static bool keep_others(struct mailbox_task *task)
{
    const struct store_read_mailbox *read = &task->read;
    struct mailbox_form *form = &task->form;
    task->sets_listens = form->has_topics || form->has_match;
    for (size_t i = 0; task->sets_listens && i < read->count; i++) {
        const struct store_listen *listen = &read->items[i];
        bool prefix = listen->topic == 0;
        if (prefix ? form->has_match : form->has_topics)
            continue;
        if (!mailbox_topics_keep(&form->topics, listen))
            return false;
    }
    return true;
}

static void pause_reader(struct mailbox_task *task)
{
    const struct mailbox_form *form = &task->form;
    if (form->has_pause)
        mailbox_read_pause(task->all->readers, &form->mailbox,
                           loop_now().unix + form->pause_ms);
}

static void patch(struct mailbox_task *task)
{
    struct mailbox_leases leases = leases_of(task);
    mailbox_form_from(&task->form, &leases, &task->read.mailbox);
    if (!read_form(task))
        return;
    if (!keep_others(task)) {
        mailbox_task_fail(task, STORE_AGAIN);
        return;
    }
    pause_reader(task);
    task->only_old = true;
    check_and_put(task);
}

void mailbox_define_patch(struct mailbox_task *task)
{
    mailbox_task_read(task, 0, patch);
}
