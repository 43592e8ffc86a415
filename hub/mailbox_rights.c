// SPDX-License-Identifier: MIT

#include "config.h"
#include "fetcher/url.h"
#include "mailbox_task.h"
#include "policy.h"
#include "reach.h"
#include "rules.h"
#include "services.h"
#include "visitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refuse(struct mailbox_task *task, const struct store_listen *listen,
                   const char *why)
{
    char detail[256];
    (void)snprintf(detail, sizeof detail, "%s: %.120s", why,
                   listen->url.len > 0 ? listen->url.at : "*");
    mailbox_task_refuse(task, 403, "forbidden-topic", detail);
}

static bool is_prefix(const struct store_listen *listen)
{
    static const struct store_key none;
    return memcmp(&listen->key, &none, sizeof none) == 0;
}

// The hub's own answers are nothing to fetch (S18).
static bool is_own(const struct config *config,
                   const struct store_listen *listen)
{
    struct url *url = malloc(sizeof *url);
    bool own = url && !url_read(listen->url.at, listen->url.len, url)
               && policy_is_own(config, url);
    free(url);
    return own;
}

// What can be told by its name. NULL: nothing is against it.
static const char *objection(const struct mailbox_task *task,
                             const struct store_listen *listen)
{
    static const char unserved[] =
        "this hub does not serve that topic's domain";
    const struct config *config = task->all->services.config;
    const struct rules *rules = task->all->services.rules;
    const struct visitor *visitor = task->visitor;
    const struct bytes *normal = &listen->normal;
    if (is_prefix(listen)
        && !visitor_may_match(visitor, config, normal->at, normal->len))
        return "your token has not the right match, or does not cover all that "
               "begins so";
    if (is_prefix(listen))
        return rules_allow_below(rules, normal->at, normal->len) ? NULL
                                                                 : unserved;
    if (!visitor_may_read(visitor, config, normal->at, normal->len,
                          STORE_REACH_UNTOLD))
        return "your token does not cover this topic";
    if (!rules_allow_topic(rules, listen->url.at, listen->url.len))
        return unserved;
    if (is_own(config, listen))
        return "this is the hub itself";
    return NULL;
}

static void looked_up(struct store_op *op)
{
    struct mailbox_task *task = (struct mailbox_task *)op;
    const struct config *config = task->all->services.config;
    const struct store_listen *lacking = NULL;
    if (op->status != STORE_OK) {
        enum store_status status = op->status;
        store_release(op);
        mailbox_task_fail(task,
                          status == STORE_NOT_FOUND ? STORE_AGAIN : status);
        return;
    }
    for (size_t i = 0, key = 0; i < task->listen_count && !lacking; i++) {
        const struct store_listen *listen = &task->listens[i];
        if (!is_prefix(listen) && !reach_follows(&task->topics.items[key++])
            && !visitor_may_create(task->visitor, config, listen->normal.at,
                                   listen->normal.len))
            lacking = listen;
    }
    store_release(op);
    if (lacking)
        refuse(task, lacking,
               "the hub does not follow this topic, and your token may not "
               "make it");
    else
        task->next(task);
}

void mailbox_rights_check(struct mailbox_task *task,
                          void (*next)(struct mailbox_task *task))
{
    size_t count = 0;
    task->next = next;
    task->keys = calloc(task->listen_count + 1, sizeof *task->keys);
    if (!task->keys) {
        mailbox_task_fail(task, STORE_AGAIN);
        return;
    }
    for (size_t i = 0; i < task->listen_count; i++) {
        const struct store_listen *listen = &task->listens[i];
        const char *against = objection(task, listen);
        if (against) {
            refuse(task, listen, against);
            return;
        }
        if (!is_prefix(listen))
            task->keys[count++] = listen->key;
    }
    if (count == 0) {
        next(task);
        return;
    }
    task->topics = (struct store_topics){
        .op = { .verb = STORE_TOPICS },
        .keys = task->keys,
        .count = count,
    };
    mailbox_task_submit(task, looked_up);
}
