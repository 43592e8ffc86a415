// SPDX-License-Identifier: MIT

#include "mailboxes.h"

#include "access.h"
#include "ack_id.h"
#include "log.h"
#include "mailbox_read.h"
#include "mailbox_task.h"
#include "metrics.h"
#include "pull_ops.h"
#include "pull_problem.h"
#include "request.h"
#include "seal.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --------------------------------------------------------------------- table

struct deed {
    enum mailbox_part part;
    enum request_method method;
    bool json;   // has a body of JSON
    bool whole;  // not with a ticket: it changes what there is
    bool dead;   // of dead letters too
    bool unread; // the mailbox need not be there
    void (*run)(struct mailbox_task *task);
};

static const struct deed deeds[] = {
    { MAILBOX_ALL, REQUEST_GET, false, true, false, true, mailbox_show_all },
    { MAILBOX_ALL, REQUEST_POST, true, true, false, true, mailbox_define_post },
    { MAILBOX_ITSELF, REQUEST_GET, false, false, false, false,
      mailbox_show_one },
    { MAILBOX_ITSELF, REQUEST_PUT, true, true, false, true,
      mailbox_define_put },
    { MAILBOX_ITSELF, REQUEST_PATCH, true, true, false, true,
      mailbox_define_patch },
    { MAILBOX_ITSELF, REQUEST_DELETE, false, true, false, false,
      mailbox_show_remove },
    { MAILBOX_MESSAGE, REQUEST_DELETE, false, false, false, false,
      mailbox_marks_one },
    { MAILBOX_ACKS, REQUEST_POST, true, false, true, false,
      mailbox_marks_acks },
    { MAILBOX_SEEK, REQUEST_POST, true, true, false, false,
      mailbox_marks_seek },
    { MAILBOX_TOUCH, REQUEST_POST, false, false, false, false,
      mailbox_marks_touch },
    { MAILBOX_SUBSCRIPTIONS, REQUEST_GET, false, false, false, false,
      mailbox_listens_show },
    { MAILBOX_SUBSCRIPTIONS, REQUEST_POST, true, true, false, false,
      mailbox_listens_add },
    { MAILBOX_SUBSCRIPTIONS, REQUEST_DELETE, false, true, false, false,
      mailbox_listens_remove },
    { MAILBOX_SUBSCRIPTION, REQUEST_DELETE, false, true, false, false,
      mailbox_listens_remove },
};
enum { DEEDS = sizeof deeds / sizeof *deeds };

static bool is_read(const struct mailbox_path *path)
{
    return path->part == MAILBOX_MESSAGES || path->part == MAILBOX_SSE
           || path->part == MAILBOX_STREAM || path->part == MAILBOX_WS;
}

// Of HEAD nothing is read, leased or held: only whether the mailbox is there.
static const struct deed *deed_of(const struct mailbox_path *path,
                                  enum request_method method)
{
    static const struct mailbox_path itself = { .part = MAILBOX_ITSELF };
    if (method == REQUEST_HEAD && is_read(path))
        path = &itself;
    for (size_t i = 0; i < DEEDS; i++)
        if (deeds[i].part == path->part
            && (deeds[i].method == method
                || (method == REQUEST_HEAD && deeds[i].method == REQUEST_GET)))
            return &deeds[i];
    return NULL;
}

static void say_methods(struct request *request,
                        const struct mailbox_path *path)
{
    static const struct {
        enum request_method method;
        const char *name;
    } methods[] = {
        { REQUEST_GET, "GET, HEAD" }, { REQUEST_POST, "POST" },
        { REQUEST_PUT, "PUT" },       { REQUEST_PATCH, "PATCH" },
        { REQUEST_DELETE, "DELETE" },
    };
    static const char text[] = "this path does not take that method\n";
    char allow[96] = "Allow: OPTIONS";
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        bool has = is_read(path) ? methods[i].method == REQUEST_GET
                                 : deed_of(path, methods[i].method) != NULL;
        size_t len = strlen(allow);
        if (has)
            (void)snprintf(allow + len, sizeof allow - len, ", %s",
                           methods[i].name);
    }
    struct reply reply = {
        .status = 405,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { allow, "X-Content-Type-Options: nosniff",
                     "Hub-Error: request.method" },
        .header_count = 3,
        .close = false,
    };
    request_reply(request, &reply);
}

// ------------------------------------------------------------------ visitors

// One who is being asked for.
struct asking {
    struct mailboxes *all;
    struct request *request;
    struct mailbox_path path;
};

static void refuse(struct mailboxes *all, struct request *request,
                   const struct access_refusal *refusal)
{
    struct pull_problem problem =
        pull_problem_of(refusal->status, refusal->type, refusal->detail);
    problem.challenge = refusal->challenge;
    problem.allow_origin = access_allow_origin(all->means.access, request);
    pull_problem_say(request, &problem);
}

static const char challenge[] = "WWW-Authenticate: Bearer realm=\"websubd\"";

// NULL: he may.
static const struct access_refusal *objection(const struct visitor *visitor,
                                              const struct mailbox_path *path,
                                              const struct deed *deed)
{
    static const struct access_refusal
        stranger = { 401, "token-needed",
                     "a mailbox belongs to the owner of a token: show one",
                     challenge },
        without = { 403, "forbidden",
                    "your token has not the right to have mailboxes", NULL },
        unknown = { 404, "unknown-mailbox", "you have no mailbox of that name",
                    NULL },
        limited = { 403, "forbidden",
                    "a ticket is for reading: show the token itself", NULL };
    if (visitor->owner == 0)
        return &stranger;
    if (!(visitor->rights & STORE_RIGHT_MAILBOX))
        return &without;
    bool all = path->part == MAILBOX_ALL;
    if (!visitor_may_open(visitor, all ? NULL : path->name, strlen(path->name)))
        return all ? &limited : &unknown;
    return deed && deed->whole && visitor->ticket ? &limited : NULL;
}

static void begin(struct mailboxes *all, struct request *request,
                  const struct mailbox_path *path, const struct deed *deed,
                  const struct visitor *visitor)
{
    struct mailbox_task *task = mailbox_task_new(all, request, NULL, visitor);
    if (!task)
        return;
    task->path = *path;
    if (deed->json && !mailbox_task_takes_json(task))
        return;
    if (path->dead && !deed->dead)
        mailbox_task_fail(task, STORE_NOT_FOUND);
    else if (deed->unread)
        deed->run(task);
    else
        mailbox_task_read(task, 0, deed->run);
}

// The visitor stays the caller's.
static void admit(struct mailboxes *all, struct request *request,
                  const struct mailbox_path *path,
                  const struct visitor *visitor)
{
    bool reads = is_read(path) && request->method == REQUEST_GET;
    const struct deed *deed = reads ? NULL : deed_of(path, request->method);
    const struct access_refusal *against = objection(visitor, path, deed);
    if (against)
        refuse(all, request, against);
    else if (reads)
        mailbox_read_begin(all->readers, request, visitor, path, loop_now());
    else if (deed)
        begin(all, request, path, deed, visitor);
    else
        say_methods(request, path);
}

static void asked(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    struct asking *asking = context;
    struct mailboxes *all = asking->all;
    all->tasks--;
    if (visitor)
        admit(all, asking->request, &asking->path, visitor);
    else
        refuse(all, asking->request, refusal);
    visitor_drop(visitor);
    free(asking);
}

void mailboxes_handle(struct mailboxes *mailboxes, struct request *request,
                      struct moment now)
{
    struct access_refusal refusal = { 503, "out-of-memory",
                                      "the hub is out of memory", NULL };
    const struct visitor *visitor = NULL;
    struct asking *asking = malloc(sizeof *asking);
    if (!asking) {
        refuse(mailboxes, request, &refusal);
        return;
    }
    *asking = (struct asking){ .all = mailboxes, .request = request };
    if (!mailbox_path_read(request->path, &asking->path)) {
        free(asking);
        request_refuse(request, 404, "request.path",
                       "there is nothing at this path", 0);
        return;
    }
    switch (access_ask(mailboxes->means.access, request, now, &visitor,
                       &refusal, asked, asking)) {
    case ACCESS_KNOWN:
        admit(mailboxes, request, &asking->path, visitor);
        visitor_drop(visitor);
        break;
    case ACCESS_ASKED:
        mailboxes->tasks++;
        return;
    case ACCESS_REFUSED:
        refuse(mailboxes, request, &refusal);
        break;
    }
    free(asking);
}

// --------------------------------------------------------------- other ways in

static void said(void *context, struct mailbox_ear *ear,
                 const struct visitor *visitor, uint64_t mailbox,
                 const struct pull_op *op)
{
    struct mailbox_task *task = mailbox_task_new(context, NULL, ear, visitor);
    bool listens =
        op->kind == PULL_OP_SUBSCRIBE || op->kind == PULL_OP_UNSUBSCRIBE;
    if (!task)
        return;
    if (listens && visitor->ticket)
        mailbox_task_refuse(task, 403, "forbidden",
                            "a ticket is for reading: show the token itself");
    else if (listens)
        mailbox_listens_said(task, mailbox, op);
    else
        mailbox_marks_said(task, mailbox, op);
}

static void ended(void *context, uint64_t mailbox, const char *why)
{
    struct mailboxes *mailboxes = context;
    mailbox_read_end(mailboxes->readers, mailbox, why);
}

// ----------------------------------------------------------------------- all

static void make(struct mailboxes *mailboxes)
{
    uint8_t secret[32];
    store_secret_key(mailboxes->services.store, secret);
    mailboxes->acks = ack_id_seal(secret);
    OPENSSL_cleanse(secret, sizeof secret);
    const struct mailbox_read_means means = {
        .services = &mailboxes->services,
        .pullers = mailboxes->means.pullers,
        .access = mailboxes->means.access,
        .key = mailboxes->means.key,
        .acks = mailboxes->acks,
        .said = said,
        .context = mailboxes,
    };
    mailboxes->readers = mailbox_read_new(&means);
    mailboxes->expiry =
        mailbox_expiry_new(&mailboxes->services, ended, mailboxes);
}

struct mailboxes *mailboxes_new(const struct mailboxes_means *means)
{
    struct mailboxes *mailboxes = calloc(1, sizeof *mailboxes);
    if (!mailboxes)
        return NULL;
    mailboxes->means = *means;
    mailboxes->services = *means->services;
    make(mailboxes);
    if (mailboxes->acks && mailboxes->readers && mailboxes->expiry)
        return mailboxes;
    mailboxes_free(mailboxes);
    return NULL;
}

void mailboxes_free(struct mailboxes *mailboxes)
{
    if (!mailboxes)
        return;
    mailbox_read_free(mailboxes->readers);
    mailbox_expiry_free(mailboxes->expiry);
    seal_free(mailboxes->acks);
    free(mailboxes);
}

struct mailbox_read *mailboxes_readers(struct mailboxes *mailboxes)
{
    return mailboxes->readers;
}

bool mailboxes_step(void *self, struct moment now)
{
    struct mailboxes *mailboxes = self;
    mailbox_expiry_step(mailboxes->expiry, now);
    return mailbox_read_step(mailboxes->readers, now);
}

int64_t mailboxes_patience(void *self, struct moment now)
{
    const struct mailboxes *mailboxes = self;
    int64_t expiry = mailbox_expiry_patience(mailboxes->expiry, now);
    int64_t readers = mailbox_read_patience(mailboxes->readers, now);
    return expiry < readers ? expiry : readers;
}

void mailboxes_drain(struct mailboxes *mailboxes)
{
    mailboxes->draining = true;
    mailbox_expiry_drain(mailboxes->expiry);
    mailbox_read_drain(mailboxes->readers);
}

bool mailboxes_idle(const struct mailboxes *mailboxes)
{
    return mailboxes->tasks == 0 && mailbox_expiry_idle(mailboxes->expiry)
           && mailbox_read_idle(mailboxes->readers);
}
