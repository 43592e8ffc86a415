// SPDX-License-Identifier: MIT

#include "backoff.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

int64_t backoff_delay(int64_t first, int64_t max, uint32_t step,
                      uint32_t chance)
{
    int64_t delay = first;
    for (uint32_t i = 0; i < step && delay < max; i++)
        delay = delay > max / 2 ? max : delay * 2;
    if (delay > max)
        delay = max;
    // 80 % to 120 %, in steps of a thousandth of that range.
    int64_t spread = (int64_t)(chance % 1001) * 400 / 1000;
    return delay / 1000 * (800 + spread) + delay % 1000 * (800 + spread) / 1000;
}

int64_t backoff_http_date(const char *text)
{
    // IMF-fixdate, RFC 850 and asctime, in this order of likelihood.
    static const char *const forms[] = { "%a, %d %b %Y %H:%M:%S GMT",
                                         "%A, %d-%b-%y %H:%M:%S GMT",
                                         "%a %b %e %H:%M:%S %Y" };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = { 0 };
        const char *end = strptime(text, forms[i], &tm);
        if (end && *end == '\0')
            return (int64_t)timegm(&tm);
    }
    return -1;
}

int64_t backoff_retry_after(const char *value, int64_t now_unix, int64_t max)
{
    if (!value || !*value)
        return -1;
    if (isdigit((unsigned char)*value)) {
        int64_t seconds = 0;
        for (const char *c = value; *c; c++) {
            if (!isdigit((unsigned char)*c))
                return -1;
            if (seconds <= max / 1000)
                seconds = seconds * 10 + (*c - '0');
        }
        return seconds > max / 1000 ? max : seconds * 1000;
    }
    int64_t date = backoff_http_date(value);
    if (date < 0)
        return -1;
    int64_t delay = date * 1000 - now_unix;
    if (delay < 0)
        return 0;
    return delay > max ? max : delay;
}
