// SPDX-License-Identifier: MIT

#include "activation.h"

#include "lagging.h"
#include "lanes.h"
#include "subscriptions.h"
#include "tickets.h"

#include <string.h>

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool profile_equal(const struct store_profile *a,
                          const struct store_profile *b)
{
    return a->method == b->method && a->content == b->content
           && a->old_client == b->old_client && equal(a->secret, b->secret)
           && equal(a->verify_token, b->verify_token);
}

static void create(struct engine_context *context, struct topic *topic,
                   struct activation *activation)
{
    const struct request *request = activation->request;
    const struct store_request *shown = &request->shown;
    if (topic->shown.id == 0)
        topic_make(context, &shown->topic_key, shown->topic,
                   shown->topic_normal, topic);
    struct subscription subscription = {
        .callback_key = shown->callback_key,
        .shown = {
            .topic = topic->shown.id,
            .id = ++context->counters.subscription,
            .rev = 1,
            .start = topic->shown.head,
            .lease_end = activation->lease_end,
            .topic_url = shown->topic,
            .callback = shown->callback,
            .origin = shown->origin,
            .profile = shown->profile,
        },
    };
    activation->topic_new = !topic_followed(topic, context->now);
    if (activation->topic_new)
        topic_follow(context, topic);
    ticket_give(context, shown->id, &subscription.shown);
    subscription_add(context, topic, &subscription);
    topic_save(context->txn, topic);
    activation->subscription = subscription.shown.id;
}

static void renew(struct engine_context *context,
                  struct subscription *subscription,
                  struct activation *activation)
{
    const struct store_request *shown = &activation->request->shown;
    struct store_subscriber *mine = &subscription->shown;
    activation->profile_changed =
        !profile_equal(&mine->profile, &shown->profile);
    mine->profile = shown->profile;
    mine->topic_url = shown->topic;
    mine->callback = shown->callback;
    mine->rev++;
    mine->suspended = false;
    mine->lease_end = activation->lease_end;
    subscription_lease(context, subscription, mine->lease_end);
    ticket_give(context, shown->id, mine);
    subscription_save(context->txn, subscription);
    activation->subscription = mine->id;
}

void activation_hurry(struct engine_context *context,
                      const struct standing *standing, bool anew)
{
    const struct store_subscriber *shown = &standing->subscription.shown;
    struct lagging lagging = standing->lagging;
    // It only tells a walk what has arrived.
    if (lagging.next > standing->topic.shown.head)
        return;
    if (anew)
        lagging.attempts = 0;
    lagging.due = context->now;
    lagging_save(context, shown, &standing->lagging, &lagging);
    if (lagging.waits && !shown->paused)
        lane_hurry(context, &shown->origin);
}

void activation_carry_out(struct engine_context *context,
                          struct standing *standing, unsigned effects,
                          struct activation *activation)
{
    activation->subscription = 0;
    activation->topic_new = activation->profile_changed = false;
    if (effects & LIFECYCLE_CREATE)
        create(context, &standing->topic, activation);
    if (effects & LIFECYCLE_RENEW)
        renew(context, &standing->subscription, activation);
    if (effects & LIFECYCLE_HURRY)
        activation_hurry(context, standing, effects & LIFECYCLE_RESET);
}
