// SPDX-License-Identifier: MIT

#include "admin.h"

#include "callback_host.h"
#include "dismissal.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "log.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct removal {
    struct inquiry inquiry;
    struct store_key topic_key;
    char host[CALLBACK_HOST_MAX]; // "": all of the topic
    struct dismissal_order order;
    union {
        struct store_topics named;
        struct store_find find;
    };
};

// Who says so: the admin socket is the daemon's owner's alone, so it is for
// the record and no proof.
static const char *author(const struct removal *removal)
{
    const char *by = inquiry_text(&removal->inquiry, "by");
    return by && *by ? by : "?";
}

static void removed(struct dismissal_order *order)
{
    struct removal *removal = order->context;
    struct inquiry *inquiry = &removal->inquiry;
    LOG(LOG_INFO, "operator.removed", LOG_N("topic", order->topic),
        LOG_N("id", order->subscription),
        LOG_T("host", removal->host[0] ? removal->host : "*"),
        LOG_N("count", order->removed), LOG_T("by", author(removal)),
        LOG_T("status", store_status_name(order->status)));
    if (order->status == STORE_OK)
        inquiry_answer(
            inquiry, 200,
            json_pack("{s:I}", "removed", (json_int_t)order->removed));
    else if (order->status == STORE_NOT_FOUND)
        inquiry_fail(inquiry, 404, "it has just ended by itself");
    else
        inquiry_answer(inquiry, 503,
                       json_pack("{s:s, s:I}", "error",
                                 store_status_name(order->status), "removed",
                                 (json_int_t)order->removed));
}

static void dismiss(struct removal *removal, uint64_t topic,
                    uint64_t subscription)
{
    struct dismissal *dismissal = removal->inquiry.admin->means.dismissal;
    removal->order = (struct dismissal_order){
        .topic = topic,
        .subscription = subscription,
        .reason = STORE_DENIAL_OPERATOR,
        .done = removed,
        .context = removal,
    };
    dismissal_order(dismissal, &removal->order);
}

static void topic_named(struct store_op *op)
{
    struct removal *removal = op->context;
    enum store_status status = op->status;
    uint64_t topic = status == STORE_OK ? removal->named.items[0].id : 0;
    store_release(op);
    if (status != STORE_OK && status != STORE_NOT_FOUND)
        inquiry_unable(&removal->inquiry, status);
    else if (topic == 0)
        inquiry_fail(&removal->inquiry, 404, "this topic is not known");
    else
        dismiss(removal, topic, 0);
}

static void found(struct store_op *op)
{
    struct removal *removal = op->context;
    const struct store_find *find = &removal->find;
    enum store_status status = op->status;
    bool subscribed = status == STORE_OK && find->subscribed;
    uint64_t topic = subscribed ? find->subscriber.topic : 0;
    uint64_t id = subscribed ? find->subscriber.id : 0;
    bool pending = status == STORE_OK && find->pending_count > 0;
    store_release(op);
    if (status != STORE_OK && status != STORE_NOT_FOUND)
        inquiry_unable(&removal->inquiry, status);
    else if (subscribed)
        dismiss(removal, topic, id);
    else
        inquiry_fail(&removal->inquiry, 404,
                     pending ? "there is no such subscription, only a request "
                               "that is not verified yet"
                             : "there is no such subscription");
}

static void find_one(struct removal *removal)
{
    struct inquiry *inquiry = &removal->inquiry;
    struct url *callback = inquiry_url(inquiry, "callback");
    if (!callback)
        return;
    callback_host(callback->text, callback->len, removal->host);
    removal->find = (struct store_find){ .topic_key = removal->topic_key };
    url_key(callback, removal->find.callback_key.bytes);
    free(callback);
    inquiry_submit(inquiry, &removal->find.op, STORE_FIND, found);
}

void admin_remove(void *self, struct request *request, struct moment now)
{
    struct removal *removal = inquiry_new(self, request, sizeof *removal);
    (void)now;
    if (!removal)
        return;
    struct inquiry *inquiry = &removal->inquiry;
    if (!inquiry_key(inquiry, "topic", &removal->topic_key))
        return;
    if (inquiry_text(inquiry, "callback")) {
        find_one(removal);
        return;
    }
    removal->named = (struct store_topics){
        .keys = &removal->topic_key,
        .count = 1,
    };
    inquiry_submit(inquiry, &removal->named.op, STORE_TOPICS, topic_named);
}
