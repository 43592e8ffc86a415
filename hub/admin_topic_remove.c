// SPDX-License-Identifier: MIT

#include "admin.h"

#include "admin_target.h"
#include "dismissal.h"
#include "inquiry.h"
#include "log.h"
#include "storage/steering.h"

#include <jansson.h>

// Who subscribes while it goes is sent away too, a few times; and a topic of
// which nothing is left after so many pages will not go at all.
enum { ROUNDS = 5, PAGES = 100000 };

// A topic goes: first its subscribers, who are told, then it and its log.
struct removal {
    struct inquiry inquiry;
    struct admin_target target;
    struct dismissal_order order;
    struct store_drop_topic drop;
    uint64_t removed; // subscriptions
    unsigned rounds, pages;
};

static void log_end(const struct removal *removal, enum store_status status)
{
    const struct inquiry *inquiry = &removal->inquiry;
    LOG(LOG_INFO, "admin.topic.removed", LOG_N("topic", removal->target.topic),
        LOG_T("host", removal->target.topic_host),
        LOG_N("subscriptions", removal->removed),
        LOG_T("who", inquiry_who(inquiry)), LOG_T("by", inquiry_by(inquiry)),
        LOG_T("status", store_status_name(status)));
}

static void end(struct removal *removal, enum store_status status)
{
    struct inquiry *inquiry = &removal->inquiry;
    json_int_t removed = (json_int_t)removal->removed;
    log_end(removal, status);
    if (status == STORE_NOT_FOUND && removed == 0)
        inquiry_fail(inquiry, 404, "it has just ended by itself");
    else if (status == STORE_OK || status == STORE_NOT_FOUND)
        inquiry_answer(
            inquiry, 200,
            json_pack("{s:{s:I}}", "removed", "subscriptions", removed));
    else
        inquiry_answer(inquiry, 503,
                       json_pack("{s:s, s:{s:I}}", "error",
                                 status == STORE_CONFLICT
                                     ? "somebody subscribes again and again; "
                                       "a deny-topic rule keeps them away"
                                     : store_status_name(status),
                                 "removed", "subscriptions", removed));
}

static void dismiss(struct removal *removal);

static void dropped(struct store_op *op)
{
    struct removal *removal = op->context;
    if (op->status == STORE_OK && removal->drop.more
        && ++removal->pages < PAGES)
        inquiry_submit(&removal->inquiry, op, STORE_DROP_TOPIC, dropped);
    else if (op->status == STORE_CONFLICT && ++removal->rounds < ROUNDS)
        dismiss(removal);
    else
        end(removal, removal->pages == PAGES ? STORE_AGAIN : op->status);
}

static void dismissed(struct dismissal_order *order)
{
    struct removal *removal = order->context;
    removal->removed += order->removed;
    if (order->status != STORE_OK) {
        end(removal, order->status);
        return;
    }
    removal->drop = (struct store_drop_topic){ .topic = order->topic };
    inquiry_submit(&removal->inquiry, &removal->drop.op, STORE_DROP_TOPIC,
                   dropped);
}

static void dismiss(struct removal *removal)
{
    removal->order = (struct dismissal_order){
        .topic = removal->target.topic,
        .reason = STORE_DENIAL_OPERATOR,
        .done = dismissed,
        .context = removal,
    };
    dismissal_order(removal->inquiry.admin->means.dismissal, &removal->order);
}

static void target_found(struct inquiry *inquiry)
{
    // The inquiry is its first member.
    dismiss((struct removal *)(void *)inquiry);
}

void admin_remove_topic(void *self, struct request *request, struct moment now)
{
    struct removal *removal = inquiry_new(self, request, sizeof *removal);
    (void)now;
    if (!removal)
        return;
    if (inquiry_text(&removal->inquiry, "callback"))
        inquiry_fail(&removal->inquiry, 400,
                     "one subscription is ended by /admin/remove");
    else
        admin_target_find(&removal->target, &removal->inquiry, target_found);
}
