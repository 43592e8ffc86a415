// SPDX-License-Identifier: MIT

#include "donation.h"

#include "given.h"
#include "intent.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "refusal.h"
#include "replay_log.h"
#include "replays.h"
#include "request.h"
#include "services.h"

#include <stdlib.h>

struct donation {
    struct given given; // borrows from the intent
    struct donations *owner;
    struct request *request;
    struct intent intent;
    int64_t now_s;
    bool kept; // in the log
};

static void say_taken(struct donation *donation)
{
    static const struct reply accepted = {
        .status = 204,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    request_reply(donation->request, &accepted);
}

static void say(struct donation *donation)
{
    const struct given *given = &donation->given;
    struct metrics *metrics = donation->owner->services->metrics;
    switch (given->result) {
    case GIVEN_TAKEN:
    case GIVEN_UNKNOWN:
        metric_add(metrics, METRIC_PINGS, 1);
        metric_add(metrics, METRIC_PINGS_GIVEN, 1);
        if (given->result == GIVEN_TAKEN)
            metric_add(metrics, METRIC_PINGS_KNOWN, 1);
        LOG(LOG_DEBUG, "document.given", LOG_N("topic", given->topic),
            LOG_N("seq", given->seq));
        say_taken(donation);
        return;
    case GIVEN_REFUSED:
        refusal_blame(metrics, donation->request, 422, "content.refused",
                      "hub.content is no feed, and this topic has been one");
        return;
    case GIVEN_FULL:
        refusal_say(metrics, donation->request, STORE_FULL);
        return;
    case GIVEN_LATER:
        refusal_say(metrics, donation->request, STORE_AGAIN);
        return;
    }
}

static void finish(struct given *given)
{
    struct donation *donation = given->context;
    struct donations *owner = donation->owner;
    if (given->result != GIVEN_TAKEN && given->result != GIVEN_UNKNOWN)
        replays_forget(owner->replays, donation->intent.mac);
    say(donation);
    intent_clear(&donation->intent);
    free(donation);
    owner->under_way--;
}

// On a worker thread.
static void keep(void *context)
{
    struct donation *donation = context;
    const struct intent *intent = &donation->intent;
    donation->kept =
        replay_log_add(donation->owner->log, intent->mac,
                       intent->signed_at + REPLAYS_WINDOW_S, donation->now_s);
}

static void kept(void *context)
{
    struct donation *donation = context;
    struct donations *owner = donation->owner;
    if (donation->kept) {
        owner->give(owner->context, &donation->given);
        return;
    }
    LOG(LOG_WARN, "replays.unwritten",
        LOG_T("why", "the disk is full, or memory is"));
    donation->given.result = GIVEN_LATER;
    finish(&donation->given);
}

static struct donation *new_donation(struct donations *donations,
                                     struct request *request,
                                     struct intent *intent)
{
    struct donation *donation = NULL;
    if (donations->under_way < DONATIONS_MAX)
        donation = calloc(1, sizeof *donation);
    if (!donation)
        return NULL;
    donation->owner = donations;
    donation->request = request;
    donation->intent = *intent;
    donation->given = (struct given){
        .key = donation->intent.urls[0],
        .document = donation->intent.message.content,
        .content_type = donation->intent.content_type,
        .done = finish,
        .context = donation,
    };
    donations->under_way++;
    return donation;
}

void donation_accept(struct donations *donations, struct request *request,
                     struct intent *intent, struct moment now)
{
    struct donation *donation = new_donation(donations, request, intent);
    if (!donation) {
        replays_forget(donations->replays, intent->mac);
        intent_clear(intent);
        refusal_say(donations->services->metrics, request, STORE_AGAIN);
        return;
    }
    donation->now_s = now.unix / 1000;
    if (!loop_job(donations->services->loop, keep, kept, donation))
        kept(donation);
}
