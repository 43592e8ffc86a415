// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_target.h"
#include "dismissal.h"
#include "inquiry.h"
#include "log.h"
#include "storage/store.h"

#include <jansson.h>

struct removal {
    struct inquiry inquiry;
    struct admin_target target;
    struct dismissal_order order;
};

static void removed(struct dismissal_order *order)
{
    struct removal *removal = order->context;
    struct inquiry *inquiry = &removal->inquiry;
    const char *host = removal->target.host;
    LOG(LOG_INFO, "admin.subscription.removed", LOG_N("topic", order->topic),
        LOG_N("id", order->subscription), LOG_T("host", host[0] ? host : "*"),
        LOG_N("count", order->removed), LOG_T("who", inquiry_who(inquiry)),
        LOG_T("by", inquiry_by(inquiry)),
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

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct removal *removal = (struct removal *)(void *)inquiry;
    removal->order = (struct dismissal_order){
        .topic = removal->target.topic,
        .subscription = removal->target.subscription,
        .reason = STORE_DENIAL_OPERATOR,
        .done = removed,
        .context = removal,
    };
    dismissal_order(inquiry->admin->means.dismissal, &removal->order);
}

void admin_remove(void *self, struct request *request, struct moment now)
{
    struct removal *removal = inquiry_new(self, request, sizeof *removal);
    (void)now;
    if (removal)
        admin_target_find(&removal->target, &removal->inquiry, target_found);
}
