// SPDX-License-Identifier: MIT

#include "refusal.h"

#include "metrics.h"

// An operator has to make room first.
enum { FULL_RETRY_S = 120 };

void refusal_blame(struct metrics *metrics, struct request *request,
                   unsigned status, const char *code, const char *reason)
{
    metric_add(metrics, METRIC_REQUESTS_REFUSED, 1);
    request_refuse(request, status, code, reason, 0);
}

void refusal_limit(struct metrics *metrics, struct request *request,
                   const char *code, const char *reason, unsigned retry_s)
{
    metric_add(metrics, METRIC_REQUESTS_LIMITED, 1);
    request_refuse(request, 429, code, reason, retry_s);
}

void refusal_say(struct metrics *metrics, struct request *request,
                 enum store_status status)
{
    if (status == STORE_CONFLICT) {
        refusal_limit(metrics, request, "subscription.pending",
                      "too many requests for this hub.topic and hub.callback "
                      "are waiting for verification",
                      0);
        return;
    }
    metric_add(metrics, METRIC_REQUESTS_FAILED, 1);
    if (status == STORE_FULL) {
        metric_add(metrics, METRIC_STORE_FULL, 1);
        request_refuse(request, 503, "hub.full",
                       "the hub has no room left, try again later",
                       FULL_RETRY_S);
    } else {
        request_refuse(request, 503, "hub.busy",
                       "the hub cannot store this now, try again", 0);
    }
}
