// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_topic_wish.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "log.h"
#include "policy.h"
#include "rules.h"
#include "services.h"
#include "storage/steering.h"

#include <jansson.h>
#include <stdlib.h>

// A topic that an operator wants followed, whether somebody subscribes or not.
struct addition {
    struct inquiry inquiry;
    struct url *url;
    struct store_keep_topic keep;
};

static void fail(struct addition *addition, unsigned status, const char *why)
{
    free(addition->url);
    inquiry_fail(&addition->inquiry, status, why);
}

static void kept(struct store_op *op)
{
    struct addition *addition = op->context;
    struct inquiry *inquiry = &addition->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    const struct store_keep_topic *keep = &addition->keep;
    enum store_status status = op->status;
    char words[ADMIN_TOPIC_WISH_MAX];
    LOG(LOG_INFO, "admin.topic.added", LOG_N("topic", keep->topic),
        LOG_T("host", addition->url->host),
        LOG_T("new", keep->topic_new ? "yes" : "no"),
        LOG_T("what", admin_topic_wish_text(keep, words)),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_CONFLICT || status == STORE_FULL) {
        fail(addition, status == STORE_FULL ? 503 : 409,
             status == STORE_FULL ? "the store is full"
                                  : "there are max-topics topics already");
        return;
    }
    free(addition->url);
    if (status != STORE_OK) {
        inquiry_unable(inquiry, status);
        return;
    }
    means->pinged(means->context);
    inquiry_answer(inquiry, 200,
                   json_pack("{s:I, s:b}", "id", (json_int_t)keep->topic, "new",
                             keep->topic_new));
}

static void add(struct addition *addition)
{
    const struct services *services = addition->inquiry.admin->means.services;
    if (policy_is_own(services->config, addition->url)) {
        fail(addition, 400, "topic is this hub itself");
    } else if (rules_topic(services->rules, addition->url)) {
        fail(addition, 403, "a rule about domains denies this topic");
    } else {
        admin_topic_wish_name(&addition->keep, addition->url);
        inquiry_submit(&addition->inquiry, &addition->keep.op, STORE_KEEP_TOPIC,
                       kept);
    }
}

void admin_add_topic(void *self, struct request *request, struct moment now)
{
    struct addition *addition = inquiry_new(self, request, sizeof *addition);
    (void)now;
    if (!addition
        || !admin_topic_wish_read(&addition->inquiry, &addition->keep))
        return;
    addition->keep.set_keep = addition->keep.keep = true;
    struct url *url = inquiry_url(&addition->inquiry, "topic");
    if (!url)
        return;
    addition->url = url;
    add(addition);
}
