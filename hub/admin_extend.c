// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_target.h"
#include "inquiry.h"
#include "log.h"
#include "span.h"
#include "storage/steering.h"

#include <jansson.h>

// Moves the end of a lease, from now on.
struct extension {
    struct inquiry inquiry;
    struct admin_target target;
    int64_t lease;
    struct store_extend extend;
};

static void extended(struct store_op *op)
{
    struct extension *extension = op->context;
    struct inquiry *inquiry = &extension->inquiry;
    const struct admin_means *means = &inquiry->admin->means;
    const struct store_extend *extend = &extension->extend;
    enum store_status status = op->status;
    LOG(LOG_INFO, "admin.subscription.extended", LOG_N("topic", extend->topic),
        LOG_N("id", extend->subscription),
        LOG_T("host", extension->target.host),
        LOG_N("lease_ms", extension->lease), LOG_T("who", inquiry_who(inquiry)),
        LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
    if (status == STORE_NOT_FOUND) {
        inquiry_fail(inquiry, 404, "it has just ended by itself");
    } else if (status != STORE_OK) {
        inquiry_unable(inquiry, status);
    } else {
        means->granted(means->context, extend->lease_end);
        inquiry_answer(inquiry, 200,
                       json_pack("{s:I, s:I, s:I}", "id",
                                 (json_int_t)extend->subscription, "topic_id",
                                 (json_int_t)extend->topic, "lease_end",
                                 (json_int_t)extend->lease_end));
    }
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    struct extension *extension = (struct extension *)(void *)inquiry;
    extension->extend = (struct store_extend){
        .topic = extension->target.topic,
        .subscription = extension->target.subscription,
        .lease_end = loop_now().unix + extension->lease,
    };
    inquiry_submit(inquiry, &extension->extend.op, STORE_EXTEND, extended);
}

void admin_extend(void *self, struct request *request, struct moment now)
{
    struct extension *extension = inquiry_new(self, request, sizeof *extension);
    (void)now;
    if (!extension)
        return;
    struct inquiry *inquiry = &extension->inquiry;
    const char *lease = inquiry_text(inquiry, "lease");
    if (!inquiry_text(inquiry, "callback"))
        inquiry_fail(inquiry, 400, "callback is missing");
    else if (!lease || !span_read(lease, &extension->lease)
             || extension->lease <= 0)
        inquiry_blame(inquiry, "lease", "a time such as 10d, or seconds");
    else if (!admin_target_lacks_topic(inquiry))
        admin_target_find(&extension->target, inquiry, target_found);
}
