// SPDX-License-Identifier: MIT

#include "refusal.h"

#include "metrics.h"

void refusal_say(struct metrics *metrics, struct request *request,
                 enum store_status status)
{
    if (status == STORE_CONFLICT) {
        metric_add(metrics, METRIC_REQUESTS_LIMITED, 1);
        request_say(request, 429,
                    "too many requests for this hub.topic and hub.callback "
                    "are waiting for verification");
        return;
    }
    metric_add(metrics, METRIC_REQUESTS_FAILED, 1);
    if (status == STORE_FULL) {
        metric_add(metrics, METRIC_STORE_FULL, 1);
        request_say(request, 503, "the hub has no room left, try again later");
    } else {
        request_say(request, 503, "the hub cannot store this now, try again");
    }
}
