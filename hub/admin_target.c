// SPDX-License-Identifier: MIT

#include "admin_target.h"

#include "inquiry.h"
#include "services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Digits of a number.
enum { NUMBER_MAX = 19 };

static void submit(struct admin_target *target, struct store_op *op,
                   enum store_verb verb, void (*done)(struct store_op *op))
{
    op->verb = verb;
    op->done = done;
    op->context = target;
    store_submit(target->inquiry->admin->means.services->store, op);
}

// True: what was asked for is there, or is not; else it was answered.
static bool was_read(const struct admin_target *target,
                     enum store_status status)
{
    if (status == STORE_OK || status == STORE_NOT_FOUND)
        return true;
    inquiry_unable(target->inquiry, status);
    return false;
}

static void end(struct admin_target *target, const char *missing)
{
    if (missing)
        inquiry_fail(target->inquiry, 404, missing);
    else
        target->found(target->inquiry);
}

static void take(struct admin_target *target,
                 const struct store_subscriber *subscriber)
{
    target->topic = subscriber->topic;
    target->subscription = subscriber->id;
    target->origin = subscriber->origin;
    target->paused = subscriber->paused;
    snprintf(target->callback, sizeof target->callback, "%.*s",
             (int)subscriber->callback.len, subscriber->callback.at);
    callback_host(subscriber->callback.at, subscriber->callback.len,
                  target->host);
}

static void by_number(struct store_op *op)
{
    struct admin_target *target = op->context;
    const struct store_page_subscribers *page = &target->page;
    enum store_status status = op->status;
    bool there = status == STORE_OK && page->count > 0
                 && page->items[0].id == target->number;
    if (there)
        take(target, &page->items[0]);
    store_release(op);
    if (was_read(target, status))
        end(target,
            there ? NULL : "this topic has no subscription of that number");
}

// Who has named it by its number has not given its key.
static void take_key(struct admin_target *target,
                     const struct store_topic *topic)
{
    struct url *url = target->id > 0 ? malloc(sizeof *url) : NULL;
    if (url && !url_read(topic->url.at, topic->url.len, url))
        url_key(url, target->key.bytes);
    free(url);
}

static void find_pair(struct admin_target *target);

static void by_name(struct store_op *op)
{
    struct admin_target *target = op->context;
    const struct store_topic *topic = target->named.items;
    enum store_status status = op->status;
    bool known = status == STORE_OK && topic->id != 0;
    if (known) {
        target->topic = topic->id;
        target->last_update = topic->last_update;
        callback_host(topic->url.at, topic->url.len, target->topic_host);
        take_key(target, topic);
    }
    store_release(op);
    if (!was_read(target, status))
        return;
    bool callback = inquiry_text(target->inquiry, "callback") != NULL;
    if (!known || !callback) {
        end(target, known ? NULL : "this topic is not known");
        return;
    }
    if (target->number == 0) {
        find_pair(target);
        return;
    }
    target->page = (struct store_page_subscribers){
        .topic = target->topic,
        .after = target->number - 1,
        .max = 1,
    };
    submit(target, &target->page.op, STORE_PAGE_SUBSCRIBERS, by_number);
}

static void by_callback(struct store_op *op)
{
    struct admin_target *target = op->context;
    enum store_status status = op->status;
    bool there = status == STORE_OK && target->find.subscribed;
    bool pending = status == STORE_OK && target->find.pending_count > 0;
    if (there)
        take(target, &target->find.subscriber);
    store_release(op);
    if (was_read(target, status))
        end(target, there ? NULL
                    : pending
                        ? "there is no such subscription, only a request that "
                          "is not verified yet"
                        : "there is no such subscription");
}

static void find_pair(struct admin_target *target)
{
    struct store_key pair;
    if (!inquiry_key(target->inquiry, "callback", &pair))
        return;
    target->find = (struct store_find){
        .topic_key = target->key,
        .callback_key = pair,
    };
    submit(target, &target->find.op, STORE_FIND, by_callback);
}

uint64_t admin_target_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > NUMBER_MAX || text[digits])
        return 0;
    return strtoull(text, NULL, 10);
}

bool admin_target_lacks_topic(struct inquiry *inquiry)
{
    const char *callback = inquiry_text(inquiry, "callback");
    if (!callback || admin_target_number(callback) == 0
        || inquiry_text(inquiry, "topic"))
        return false;
    inquiry_fail(inquiry, 400,
                 "the number of a subscription needs --topic: it is one of "
                 "that topic's");
    return true;
}

void admin_target_find(struct admin_target *target, struct inquiry *inquiry,
                       void (*found)(struct inquiry *inquiry))
{
    const char *topic = inquiry_text(inquiry, "topic");
    const char *callback = inquiry_text(inquiry, "callback");
    *target = (struct admin_target){ .inquiry = inquiry, .found = found };
    target->id = topic ? admin_target_number(topic) : 0;
    if (target->id == 0 && !inquiry_key(inquiry, "topic", &target->key))
        return;
    target->number = callback ? admin_target_number(callback) : 0;
    if (callback && target->number == 0 && target->id == 0) {
        find_pair(target);
        return;
    }
    target->named = (struct store_topics){ .count = 1 };
    if (target->id > 0)
        target->named.ids = &target->id;
    else
        target->named.keys = &target->key;
    submit(target, &target->named.op, STORE_TOPICS, by_name);
}
