// SPDX-License-Identifier: MIT

#include "metrics.h"

#include <assert.h>

const char *metric_name(enum metric metric)
{
    static const char *const names[METRIC_COUNT] = {
        [METRIC_REQUESTS] = "requests",
        [METRIC_REQUESTS_REFUSED] = "requests.refused",
        [METRIC_REQUESTS_LIMITED] = "requests.limited",
        [METRIC_REQUESTS_FAILED] = "requests.failed",
        [METRIC_SUBSCRIBES] = "subscribes",
        [METRIC_UNSUBSCRIBES] = "unsubscribes",
        [METRIC_PINGS] = "pings",
        [METRIC_PINGS_KNOWN] = "pings.known",
        [METRIC_PINGS_PREFIX] = "pings.prefix",
        [METRIC_PINGS_GIVEN] = "pings.given",
        [METRIC_PINGS_FORGED] = "pings.forged",
        [METRIC_PINGS_XMLRPC] = "pings.xmlrpc",
        [METRIC_PINGS_RSSCLOUD] = "pings.rsscloud",
        [METRIC_VERIFICATIONS] = "verifications",
        [METRIC_VERIFIED] = "verifications.verified",
        [METRIC_VERIFY_FAILED] = "verifications.failed",
        [METRIC_VERIFY_LATER] = "verifications.later",
        [METRIC_DENIALS] = "denials",
        [METRIC_DISMISSED] = "subscriptions.dismissed",
        [METRIC_FETCHES] = "fetches",
        [METRIC_FETCHES_UNCHANGED] = "fetches.unchanged",
        [METRIC_FETCHES_FAILED] = "fetches.failed",
        [METRIC_FETCHES_DELAYED] = "fetches.delayed",
        [METRIC_UPDATES] = "updates",
        [METRIC_DELIVERIES] = "deliveries",
        [METRIC_RETRIES] = "deliveries.retries",
        [METRIC_DELIVERED] = "deliveries.delivered",
        [METRIC_DELIVERY_FAILED] = "deliveries.failed",
        [METRIC_DELIVERY_STOPPED] = "deliveries.stopped",
        [METRIC_GONE] = "subscriptions.gone",
        [METRIC_EXPIRED] = "subscriptions.expired",
        [METRIC_PULLS] = "pulls",
        [METRIC_PULLS_HELD] = "pulls.held",
        [METRIC_EVENTS_PULLED] = "pulls.events",
        [METRIC_CHECKPOINTS] = "checkpoints",
        [METRIC_STORE_FULL] = "store.full",
    };
    assert(metric < METRIC_COUNT);
    return names[metric];
}
