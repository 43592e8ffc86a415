// SPDX-License-Identifier: MIT

#include "engine.h"

#include <stdlib.h>
#include <string.h>

const char *exchange_result_name(enum exchange_result result)
{
    static const char *const names[] = {
        [EXCHANGE_ANSWERED] = "answered",
        [EXCHANGE_CUT] = "body cut off",
        [EXCHANGE_TOO_LARGE] = "body too large",
        [EXCHANGE_BAD_URL] = "bad url",
        [EXCHANGE_REFUSED] = "address refused",
        [EXCHANGE_NO_NAME] = "name does not resolve",
        [EXCHANGE_NO_CONNECT] = "no connection",
        [EXCHANGE_BAD_TLS] = "tls failed",
        [EXCHANGE_TIMEOUT] = "timeout",
        [EXCHANGE_REDIRECTS] = "bad redirects",
        [EXCHANGE_BROKEN] = "broken answer",
        [EXCHANGE_BUSY] = "queue full",
        [EXCHANGE_CANCELLED] = "cancelled",
        [EXCHANGE_LIMITED] = "limited",
    };
    size_t index = (size_t)result;
    if (index >= sizeof names / sizeof *names || !names[index])
        return "?";
    return names[index];
}

const struct exchange_field *exchange_field(const struct exchange *exchange,
                                            const char *name,
                                            const struct exchange_field *after)
{
    size_t i = after ? (size_t)(after - exchange->fields) + 1 : 0;
    for (; i < exchange->field_count; i++)
        if (strcmp(exchange->fields[i].name, name) == 0)
            return &exchange->fields[i];
    return NULL;
}

// The fields and their text are one block.
void exchange_clear(struct exchange *exchange)
{
    free(exchange->response);
    free(exchange->fields);
    free(exchange->final_url);
    exchange->result = 0;
    exchange->status = 0;
    exchange->response = NULL;
    exchange->response_len = 0;
    exchange->fields = NULL;
    exchange->field_count = 0;
    exchange->final_url = NULL;
    exchange->moved_for_good = false;
    exchange->downgraded = false;
    exchange->inside = false;
    exchange->started_ms = 0;
    exchange->ended_ms = 0;
    memset(exchange->address, 0, sizeof exchange->address);
}
