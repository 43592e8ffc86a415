// SPDX-License-Identifier: MIT

#include "publish.h"

#include "intent.h"
#include "metrics.h"
#include "refusal.h"
#include "request.h"
#include "services.h"

#include <stdlib.h>

struct ping {
    struct store_ping op;
    const struct services *services;
    struct request *request;
    struct intent intent; // the operation borrows its keys
    void (*pinged)(void *context);
    void *context;
};

// On the store's thread: 204 is what publishers expect (R72).
static void answer(struct store_op *op)
{
    struct ping *ping = op->context;
    static const struct reply accepted = {
        .status = 204,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    request_reply(ping->request, &accepted);
    ping->request = NULL;
}

static void finish(struct store_op *op)
{
    struct ping *ping = op->context;
    struct metrics *metrics = ping->services->metrics;

    if (op->status == STORE_OK) {
        metric_add(metrics, METRIC_PINGS, ping->op.count);
        metric_add(metrics, METRIC_PINGS_KNOWN, ping->op.known);
        if (ping->op.known > 0)
            ping->pinged(ping->context);
    } else {
        refusal_say(metrics, ping->request, op->status);
    }
    intent_clear(&ping->intent);
    free(ping);
}

void publish_accept(const struct services *services, struct request *request,
                    struct intent *intent, void (*pinged)(void *context),
                    void *context)
{
    struct ping *ping = calloc(1, sizeof *ping);
    if (!ping) {
        intent_clear(intent);
        refusal_say(services->metrics, request, STORE_AGAIN);
        return;
    }
    ping->services = services;
    ping->request = request;
    ping->intent = *intent;
    ping->pinged = pinged;
    ping->context = context;
    ping->op = (struct store_ping){
        .op = { .verb = STORE_PING,
                .durable = answer,
                .done = finish,
                .context = ping },
        .keys = ping->intent.urls,
        .count = ping->intent.url_count,
    };
    store_submit(services->store, &ping->op.op);
}
