// SPDX-License-Identifier: MIT

#include "diagnosis.h"

#include "fetcher/engine.h"

#include <string.h>

static const char *of_body(const char *body, size_t len, const char *challenge)
{
    size_t whole = strlen(challenge);
    if (len == 0)
        return "the body is empty";
    if (len > whole && memcmp(body, challenge, whole) == 0)
        return "the body is the challenge and more";
    if (len > whole && body[0] == '"'
        && memcmp(body + 1, challenge, whole) == 0)
        return "the body is the challenge in quotes";
    return "the body is not the challenge";
}

static const char *of_status(unsigned status)
{
    if (status >= 300 && status < 400)
        return "the answer is a redirect";
    if (status == 404 || status == 410)
        return "the subscriber does not want it";
    if (status >= 400 && status < 500)
        return "the answer is a client error";
    if (status >= 500)
        return "the answer is a server error";
    return "the answer is not a success";
}

const char *diagnosis(const struct exchange *exchange, const char *challenge)
{
    if (exchange->result != EXCHANGE_ANSWERED)
        return exchange_result_name(exchange->result);
    if (exchange->status < 200 || exchange->status >= 300)
        return of_status(exchange->status);
    return of_body(exchange->response, exchange->response_len, challenge);
}
