// SPDX-License-Identifier: MIT

#include "intent.h"
#include "intent_parts.h"

#include <string.h>
#include <strings.h>

static const char type_name[] = "hub.channel.type";
static const char endpoint_name[] = "hub.channel.endpoint";

static bool read_type(struct intent *out)
{
    static const char *const types[] = {
        [INTENT_WEBHOOK] = "webhook",     [INTENT_MAILBOX] = "mailbox",
        [INTENT_POLL] = "poll",           [INTENT_SSE] = "sse",
        [INTENT_WEBSOCKET] = "websocket",
    };
    const char *type;
    if (!intent_single(out, type_name, &type))
        return false;
    if (!type || !*type)
        return true;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcasecmp(type, types[i]) == 0) {
            out->channel = (enum intent_channel)i;
            return true;
        }
    return intent_refuse(out, 400, type_name, "unknown",
                         "hub.channel.type is not webhook, mailbox, poll, sse "
                         "or websocket");
}

bool intent_read_channel(struct intent *out)
{
    if (!read_type(out))
        return false;
    if (out->mode != INTENT_UNSUBSCRIBE)
        return true;
    if (!intent_single(out, endpoint_name, &out->endpoint))
        return false;
    bool has_endpoint = out->endpoint && *out->endpoint;
    if (!has_endpoint && out->channel != INTENT_WEBHOOK)
        return intent_refuse(out, 400, endpoint_name, "missing",
                             "hub.channel.endpoint is missing: which channel "
                             "is to end?");
    // The endpoint alone names a channel.
    if (has_endpoint && out->channel == INTENT_WEBHOOK)
        out->channel = INTENT_MAILBOX;
    return true;
}
