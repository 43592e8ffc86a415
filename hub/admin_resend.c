// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_target.h"
#include "halt.h"
#include "inquiry.h"
#include "log.h"
#include "metrics.h"
#include "services.h"
#include "storage/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Cursors in one operation, operations for one answer: whoever asks goes on
// from where it says that it stopped.
enum { CURSORS = 500, OPERATIONS = 100, TOPICS = 100 };

// Digits of unix milliseconds.
enum { DIGITS_MAX = 15 };

// A place behind the last subscription of a topic.
#define ALL_OF_IT UINT64_MAX

struct resend_inquiry {
    struct inquiry inquiry;
    struct admin_target target;
    bool every;         // topic with an update since then
    int64_t since;      // unix ms; 0: the newest update alone
    uint64_t at, after; // topic and subscription that were done last
    unsigned operations;
    uint64_t set, topics; // cursors, topics with any
    uint64_t set_here;    // of the topic at hand
    // With `every` a page of topics at a time:
    uint64_t ids[TOPICS];
    size_t count, next;
    uint64_t last; // topic of the page
    bool end;      // it was the last page
    union {
        struct store_page_topics page;
        struct store_resend resend;
    };
};

static void account(const struct resend_inquiry *asked,
                    enum store_status status)
{
    const struct admin_means *means = &asked->inquiry.admin->means;
    LOG(LOG_INFO, "admin.resent",
        LOG_N("topic", asked->every ? 0 : asked->target.topic),
        LOG_N("id", asked->target.subscription),
        LOG_T("host", asked->target.host[0] ? asked->target.host : "*"),
        LOG_N("count", asked->set), LOG_T("who", inquiry_who(&asked->inquiry)),
        LOG_T("by", inquiry_by(&asked->inquiry)),
        LOG_T("status", store_status_name(status)));
    metric_add(means->services->metrics, METRIC_DELIVERY_RESENT, asked->set);
    if (asked->set > 0)
        means->owed(means->context);
}

static void answer(struct resend_inquiry *asked, bool more)
{
    account(asked, STORE_OK);
    const struct admin_means *means = &asked->inquiry.admin->means;
    inquiry_answer(
        &asked->inquiry, 200,
        json_pack(
            "{s:I, s:I, s:b, s:b, s:o}", "set", (json_int_t)asked->set,
            "topics", (json_int_t)asked->topics, "paused", asked->target.paused,
            "halted", halt_is(means->halt), "next",
            more ? json_sprintf("%" PRIu64 ".%" PRIu64, asked->at, asked->after)
                 : json_null()));
}

static void give_up(struct resend_inquiry *asked, enum store_status status)
{
    account(asked, status);
    inquiry_answer(&asked->inquiry, 503,
                   json_pack("{s:s, s:I}", "error", store_status_name(status),
                             "set", (json_int_t)asked->set));
}

// ------------------------------------------------------------------- steps

static void go_on(struct resend_inquiry *asked);

static void was_set(struct store_op *op)
{
    struct resend_inquiry *asked = op->context;
    const struct store_resend *resend = &asked->resend;
    bool none = op->status == STORE_NOT_FOUND;
    if (none && !asked->every) {
        inquiry_fail(&asked->inquiry, 404,
                     asked->since > 0 ? "there was no update since then"
                                      : "there was no update yet");
        return;
    }
    if (op->status != STORE_OK && !none) {
        give_up(asked, op->status);
        return;
    }
    uint64_t count = none ? 0 : resend->count;
    if (count > 0) {
        const struct admin_means *means = &asked->inquiry.admin->means;
        means->recalled(means->context, resend->topic, resend->subscription);
    }
    asked->set += count;
    asked->set_here += count;
    asked->after = resend->after;
    if (none || resend->end || resend->subscription > 0) {
        asked->topics += asked->set_here > 0;
        asked->set_here = 0;
        asked->after = ALL_OF_IT;
    }
    go_on(asked);
}

static void set_back(struct resend_inquiry *asked)
{
    asked->resend = (struct store_resend){
        .topic = asked->at,
        .subscription = asked->target.subscription,
        .since = asked->since,
        .after = asked->after,
        .max = CURSORS,
    };
    inquiry_submit(&asked->inquiry, &asked->resend.op, STORE_RESEND, was_set);
}

// Nobody is owed what came before he subscribed, so a topic without
// subscribers need not be asked.
static void take_topics(struct resend_inquiry *asked)
{
    const struct store_page_topics *page = &asked->page;
    asked->count = asked->next = 0;
    asked->end = page->end || page->count == 0;
    for (size_t i = 0; i < page->count; i++) {
        const struct store_topic *topic = &page->items[i];
        asked->last = topic->id;
        if (topic->subscriptions > 0 && topic->last_update >= asked->since)
            asked->ids[asked->count++] = topic->id;
    }
    if (asked->count == 0)
        asked->at = asked->last;
}

static void topics_read(struct store_op *op)
{
    struct resend_inquiry *asked = op->context;
    enum store_status status = op->status;
    if (status == STORE_OK)
        take_topics(asked);
    store_release(op);
    if (status == STORE_OK)
        go_on(asked);
    else
        give_up(asked, status);
}

static void read_topics(struct resend_inquiry *asked)
{
    asked->page = (struct store_page_topics){
        .after = asked->last,
        .max = TOPICS,
    };
    inquiry_submit(&asked->inquiry, &asked->page.op, STORE_PAGE_TOPICS,
                   topics_read);
}

static void go_on(struct resend_inquiry *asked)
{
    bool here = asked->after != ALL_OF_IT;
    bool in_page = asked->next < asked->count;
    if (!here && !in_page && asked->end) {
        answer(asked, false);
    } else if (asked->operations++ == OPERATIONS) {
        answer(asked, true);
    } else if (here) {
        set_back(asked);
    } else if (in_page) {
        asked->at = asked->ids[asked->next++];
        asked->after = 0;
        set_back(asked);
    } else {
        read_topics(asked);
    }
}

// ----------------------------------------------------------------- reading

// "TOPIC.SUBSCRIPTION", what `next` said.
static void read_place(struct resend_inquiry *asked)
{
    const char *after = inquiry_text(&asked->inquiry, "after");
    char *rest = NULL;
    asked->after = asked->every ? ALL_OF_IT : 0;
    if (!after)
        return;
    asked->at = asked->last = strtoull(after, &rest, 10);
    asked->after = *rest == '.' ? strtoull(rest + 1, NULL, 10) : 0;
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct resend_inquiry *asked = (struct resend_inquiry *)(void *)inquiry;
    read_place(asked);
    asked->at = asked->target.topic;
    asked->end = true;
    go_on(asked);
}

// Unix milliseconds. False: it was answered.
static bool read_since(struct resend_inquiry *asked)
{
    const char *since = inquiry_text(&asked->inquiry, "since");
    size_t digits = since ? strspn(since, "0123456789") : 0;
    if (!since)
        return true;
    if (digits > 0 && digits <= DIGITS_MAX && !since[digits]) {
        asked->since = strtoll(since, NULL, 10);
        return true;
    }
    inquiry_fail(&asked->inquiry, 400, "since is unix milliseconds");
    return false;
}

void admin_resend(void *self, struct request *request, struct moment now)
{
    struct resend_inquiry *asked = inquiry_new(self, request, sizeof *asked);
    (void)now;
    if (!asked || !read_since(asked))
        return;
    if (inquiry_text(&asked->inquiry, "topic")) {
        admin_target_find(&asked->target, &asked->inquiry, target_found);
        return;
    }
    asked->every = true;
    if (asked->since == 0 || inquiry_text(&asked->inquiry, "callback")) {
        inquiry_fail(&asked->inquiry, 400, "topic or since is missing");
        return;
    }
    read_place(asked);
    go_on(asked);
}
