// SPDX-License-Identifier: MIT
//
// mailbox_task -- one thing that somebody wants of his mailboxes, from the
// request to the answer. For the files of mailboxes.h.
//
// What was asked came as a request, or over a socket (then there is no request,
// and an ear to say the answer to).

#pragma once

#include "cursor.h"
#include "mailbox_acks.h"
#include "mailbox_expiry.h"
#include "mailbox_form.h"
#include "mailbox_path.h"
#include "mailboxes.h"
#include "services.h"
#include "storage/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox_ear;
struct visitor;

struct mailboxes {
    struct mailboxes_means means;
    struct services services;
    struct mailbox_read *readers;
    struct seal *acks;
    struct mailbox_expiry *expiry;
    size_t tasks; // under way
    bool draining;
};

struct mailbox_task {
    // First: an operation is found by it.
    union {
        struct store_op op;
        struct store_topics topics;
        struct store_put_mailbox put;
        struct store_listen_op listen;
        struct store_page_mailboxes page;
        struct store_remove_mailbox remove;
        struct store_touch_mailbox touch;
        struct store_mark_letters marks;
        struct store_collect collect;
        struct store_seek seek;
    };
    struct store_read_mailbox read; // kept until the end
    struct mailboxes *all;
    struct request *request; // NULL: over a socket, or answered
    struct mailbox_ear *ear; // NULL: not over a socket
    const char *said;        // type of the answer to a socket
    const struct visitor *visitor;
    struct mailbox_path path;
    // What follows when the mailbox was read, or the topics may be had.
    void (*next)(struct mailbox_task *task);
    struct mailbox_form form;
    struct mailbox_acks acks;
    // What is listened to, in `form` or a list of their own.
    struct store_listen *listens;
    size_t listen_count;
    struct store_key *keys;
    struct since since;
    json_t *root; // what the above borrows from, or what was collected
    bool only_new, only_old, sets_listens;
    bool created;
    // NULL, or called in the place of the answer: it answers the request. With
    // a type and a detail it is a refusal.
    void (*answer)(struct mailbox_task *task, unsigned status, const char *type,
                   const char *detail);
    void *context;
    char location[256];
};

// NULL: out of memory, and the request was answered. Shares the visitor.
struct mailbox_task *mailbox_task_new(struct mailboxes *all,
                                      struct request *request,
                                      struct mailbox_ear *ear,
                                      const struct visitor *visitor);

// Both end it.
void mailbox_task_refuse(struct mailbox_task *task, unsigned status,
                         const char *type, const char *detail);
// `root` is taken; NULL: out of memory. Without any: mailbox_task_done().
void mailbox_task_say(struct mailbox_task *task, unsigned status, json_t *root);
void mailbox_task_done(struct mailbox_task *task); // 204
// What the store says; `what` is not there.
void mailbox_task_fail(struct mailbox_task *task, enum store_status status);

// Its body is JSON, or empty. False: refused.
bool mailbox_task_takes_json(struct mailbox_task *task);

// Where `since` is, as the store wants it. False: refused, by this name.
bool mailbox_task_since(struct mailbox_task *task, const struct since *since,
                        const char *name, enum store_since *kind,
                        uint64_t *value);

void mailbox_task_submit(struct mailbox_task *task,
                         void (*done)(struct store_op *op));
// Read the mailbox that the path names, or of this number (0: by the path),
// then call `next`. Where it is not there, the task ends.
void mailbox_task_read(struct mailbox_task *task, uint64_t id,
                       void (*next)(struct mailbox_task *task));

// mailbox_rights.c: may he have all of `listens`? Then `next` is called, else
// the task ends.
void mailbox_rights_check(struct mailbox_task *task,
                          void (*next)(struct mailbox_task *task));

// What each part does; all take the task.
void mailbox_define_put(struct mailbox_task *task);
void mailbox_define_post(struct mailbox_task *task);
void mailbox_define_patch(struct mailbox_task *task);
// With `form` and `path.name` filled in: make it, only if it is new.
void mailbox_define_make(struct mailbox_task *task);
void mailbox_define_name(char name[STORE_NAME_MAX + 1]); // cannot be guessed
void mailbox_show_one(struct mailbox_task *task);
void mailbox_show_all(struct mailbox_task *task);
void mailbox_show_remove(struct mailbox_task *task);
void mailbox_listens_show(struct mailbox_task *task);
void mailbox_listens_add(struct mailbox_task *task);
void mailbox_listens_remove(struct mailbox_task *task);
void mailbox_marks_acks(struct mailbox_task *task);
void mailbox_marks_one(struct mailbox_task *task);
void mailbox_marks_seek(struct mailbox_task *task);
void mailbox_marks_touch(struct mailbox_task *task);

// The same for a socket.
struct pull_op;
void mailbox_listens_said(struct mailbox_task *task, uint64_t mailbox,
                          const struct pull_op *op);
void mailbox_marks_said(struct mailbox_task *task, uint64_t mailbox,
                        const struct pull_op *op);
