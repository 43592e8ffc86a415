// SPDX-License-Identifier: MIT

#include "subscribe.h"

#include "config.h"
#include "fetcher/url.h"
#include "intent.h"
#include "lease.h"
#include "metrics.h"
#include "refusal.h"
#include "request.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>

// After this long an unverified request is forgotten (semantics, B).
enum { DEADLINE_MS = 10 * 60 * 1000 };

struct acceptance {
    struct store_take take;
    const struct services *services;
    struct request *request;
    struct intent intent; // the operation borrows from it
    void (*accepted)(void *context);
    void *context;
};

// On the store's thread: the request is durable, so it may be answered.
static void answer(struct store_op *op)
{
    struct acceptance *acceptance = op->context;
    static const struct reply accepted = { .status = 202 };
    request_reply(acceptance->request, &accepted);
    acceptance->request = NULL;
}

static void finish(struct store_op *op)
{
    struct acceptance *acceptance = op->context;
    struct metrics *metrics = acceptance->services->metrics;
    bool subscribes = acceptance->intent.mode == INTENT_SUBSCRIBE;

    if (op->status == STORE_OK) {
        metric_add(metrics,
                   subscribes ? METRIC_SUBSCRIBES : METRIC_UNSUBSCRIBES, 1);
        if (acceptance->take.taken == STORE_TAKEN_NEW)
            acceptance->accepted(acceptance->context);
    } else {
        refusal_say(metrics, acceptance->request, op->status);
    }
    intent_clear(&acceptance->intent);
    free(acceptance);
}

static struct bytes bytes_of(const struct url *url)
{
    return (struct bytes){ url->text, url->len };
}

static struct store_request record_of(const struct intent *intent,
                                      const struct config *config)
{
    struct store_request record = {
        .mode = intent->mode == INTENT_SUBSCRIBE ? STORE_SUBSCRIBE
                                                 : STORE_UNSUBSCRIBE,
        .topic = bytes_of(intent->topic),
        .callback = bytes_of(intent->callback),
        .topic_normal = { intent->topic->normal, intent->topic->normal_len },
        .topic_key = intent->topic_key,
        .callback_key = intent->callback_key,
        .origin = intent->origin,
        .lease = lease_granted(intent->lease_s, config->lease_min,
                               config->lease_default, config->lease_max),
        .profile = intent->profile,
        .deadline = DEADLINE_MS,
    };
    return record;
}

void subscribe_accept(const struct services *services, struct request *request,
                      struct intent *intent, void (*accepted)(void *context),
                      void *context)
{
    struct acceptance *acceptance = calloc(1, sizeof *acceptance);
    if (!acceptance) {
        intent_clear(intent);
        refusal_say(services->metrics, request, STORE_AGAIN);
        return;
    }
    acceptance->services = services;
    acceptance->request = request;
    acceptance->intent = *intent;
    acceptance->accepted = accepted;
    acceptance->context = context;
    acceptance->take = (struct store_take){
        .op = { .verb = STORE_TAKE,
                .durable = answer,
                .done = finish,
                .context = acceptance },
        .request = record_of(intent, services->config),
    };
    store_submit(services->store, &acceptance->take.op);
}
