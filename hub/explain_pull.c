// SPDX-License-Identifier: MIT

#include "explain_pull.h"

#include "config.h"
#include "explain.h"

const char *explain_pull(const struct explain_facts *facts)
{
    const struct config *config = facts->config;
    if (facts->rule)
        return "Nobody may pull it, for a rule forbids that, too.";
    if (!config->pull_anonymous)
        return "To pull it, a token is needed whose scope covers it: "
               "pull-anonymous is off.";
    if (config->pull_open)
        return "Anybody may pull it: pull-open is on.";
    if (!explain_followed(facts))
        return "To pull it, a token with the right create is needed, which "
               "makes the hub follow it.";
    switch (facts->topic->reach) {
    case STORE_REACH_PUBLIC:
        break;
    case STORE_REACH_INSIDE:
        return "To pull it, a token is needed whose scope covers it; to all "
               "others it is unknown, for the hub reaches it only by "
               "allow-address.";
    case STORE_REACH_UNTOLD:
        return "To pull it, a token is needed whose scope covers it, until a "
               "fetch has shown that anybody could have made it.";
    }
    return "Anybody may pull it.";
}
