// SPDX-License-Identifier: MIT

#include "health.h"

#include "request.h"

#include <stdio.h>
#include <string.h>

bool health_answered(int64_t stuck_ms, struct request *request)
{
    char text[80];
    if (strcmp(request->path, "/healthz") != 0
        && strcmp(request->path, "/readyz") != 0)
        return false;
    if (stuck_ms < HEALTH_STUCK_MS)
        return false;
    snprintf(text, sizeof text, "the main thread has hung for %lld seconds",
             (long long)(stuck_ms / 1000));
    request_say(request, 503, text);
    return true;
}
