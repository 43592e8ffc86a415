// SPDX-License-Identifier: MIT

#include "parts_inside.h"

#include "allowance.h"
#include "config.h"
#include "dismissal.h"
#include "distribute.h"
#include "farewell.h"
#include "given.h"
#include "janitor.h"
#include "keyring.h"
#include "log.h"
#include "mailbox_read.h"
#include "mailboxes.h"
#include "observe.h"
#include "pull.h"
#include "pullers.h"
#include "reception.h"
#include "retry.h"
#include "rules.h"
#include "verify.h"

void parts_on_accepted(void *context)
{
    struct parts *parts = context;
    verify_poke(parts->verify);
}

void parts_on_fetch_due(void *context)
{
    struct parts *parts = context;
    observe_poke(parts->observe);
}

void parts_on_given(void *context, struct given *given)
{
    struct parts *parts = context;
    observe_given(parts->observe, given);
}

void parts_on_granted(void *context, int64_t end)
{
    struct parts *parts = context;
    janitor_lease(parts->janitor, end);
    retry_poke(parts->retry); // a renewal makes who lags due (table B)
}

void parts_on_updated(void *context, uint64_t topic, uint64_t number,
                      const char *normal)
{
    struct parts *parts = context;
    pull_updated(parts->pull, topic, number, normal);
    mailbox_read_updated(mailboxes_readers(parts->mailboxes), topic, number,
                         normal);
    janitor_grown(parts->janitor);
}

void parts_on_walk(void *context, const struct store_walk *walk)
{
    struct parts *parts = context;
    distribute_begin(parts->distribute, walk);
}

void parts_on_recalled(void *context, uint64_t topic, uint64_t subscription)
{
    struct parts *parts = context;
    distribute_recall(parts->distribute, topic, subscription);
}

void parts_on_lagging(void *context)
{
    struct parts *parts = context;
    retry_poke(parts->retry);
}

void parts_on_halted(void *context, bool halted)
{
    struct parts *parts = context;
    distribute_pause(parts->distribute, halted);
    retry_pause(parts->retry, halted);
}

void parts_on_broken(void *context, const struct store_key *origin)
{
    struct parts *parts = context;
    distribute_take_back(parts->distribute, origin);
    retry_take_back(parts->retry, origin);
}

void parts_on_ended(void *context, uint64_t topic, uint64_t subscription)
{
    struct parts *parts = context;
    distribute_depart(parts->distribute, topic, subscription);
    retry_depart(parts->retry, topic, subscription);
}

void parts_on_denied(void *context)
{
    struct parts *parts = context;
    farewell_poke(parts->farewell);
}

void parts_on_mailbox_ended(void *context, uint64_t mailbox)
{
    struct parts *parts = context;
    mailbox_read_end(mailboxes_readers(parts->mailboxes), mailbox,
                     "hub.mode=denied: an operator has removed it");
}

// Who holds a connection by it is told by the end of that.
void parts_on_revoked(void *context, uint64_t token)
{
    struct parts *parts = context;
    pullers_revoke(parts->pullers, token);
}

// Operators, or the configuration, have other rules now.
void parts_on_rules(void *context)
{
    struct parts *parts = context;
    dismissal_sweep(parts->dismissal);
    pullers_judge(parts->pullers);
}

void parts_on_options(void *context)
{
    struct parts *parts = context;
    const struct services *services = &parts->services;
    observe_retune(parts->observe);
    parts_set_allowance(parts);
    if (!reception_retune(parts->reception))
        LOG(LOG_ERROR, "rules.unchanged", LOG_T("why", "out of memory"));
    uint64_t before = rules_generation(services->rules);
    if (!rules_configure(services->rules, services->config)
        || !keyring_configure(services->keyring, services->config))
        LOG(LOG_ERROR, "rules.unchanged", LOG_T("why", "out of memory"));
    if (rules_generation(services->rules) != before)
        parts_on_rules(parts);
}

void parts_on_topic_gone(void *context, uint64_t topic)
{
    struct parts *parts = context;
    dismissal_gone(parts->dismissal, topic);
}
