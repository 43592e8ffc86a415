// SPDX-License-Identifier: MIT

#include "parts_inside.h"

#include "access.h"
#include "admin.h"
#include "allowance.h"
#include "channel.h"
#include "config.h"
#include "content.h"
#include "dismissal.h"
#include "distribute.h"
#include "endpoints.h"
#include "farewell.h"
#include "fetcher/engine.h"
#include "halt.h"
#include "inspect.h"
#include "janitor.h"
#include "lanes.h"
#include "ledger.h"
#include "live.h"
#include "lookout.h"
#include "loop.h"
#include "mailbox_read.h"
#include "mailboxes.h"
#include "observe.h"
#include "one_event.h"
#include "outside.h"
#include "presence.h"
#include "pull.h"
#include "pull_socket.h"
#include "pullers.h"
#include "reception.h"
#include "retry.h"
#include "status.h"
#include "timeline.h"
#include "verify.h"

#include <stdlib.h>

enum {
    STORE_STEP = 256,    // completions in one step
    STORE_STEP_MS = 5,   // of them, but for the last
    OUTCOMES_STEP = 256, // answers in one step
};

// ------------------------------------------------------------------- sources

static bool step_store(void *self, struct moment now)
{
    struct parts *parts = self;
    // One completion may write an answer of megabytes: time is the measure.
    for (int i = 0; i < STORE_STEP; i++) {
        if (store_step(parts->services.store, 1) == 0)
            return false;
        if (loop_now().mono - now.mono >= STORE_STEP_MS)
            break;
    }
    return true;
}

static bool step_network(void *self, struct moment now)
{
    struct parts *parts = self;
    (void)now;
    if (!parts->answered)
        parts->answered = engine_take(parts->services.engine);
    for (int i = 0; i < OUTCOMES_STEP && parts->answered; i++) {
        struct exchange *exchange = parts->answered;
        parts->answered = exchange->link;
        switch (exchange->class) {
        case EXCHANGE_FETCH:
            observe_answered(parts->observe, exchange);
            break;
        case EXCHANGE_VERIFY:
            if (exchange->judge_only)
                admin_answered(parts->admin, exchange);
            else if (!farewell_answered(parts->farewell, exchange))
                verify_answered(parts->verify, exchange);
            break;
        case EXCHANGE_DELIVER:
            distribute_answered(parts->distribute, exchange);
            break;
        case EXCHANGE_RETRY:
            retry_answered(parts->retry, exchange);
            break;
        case EXCHANGE_CLASSES:
            break;
        }
    }
    return parts->answered != NULL;
}

// The last of each turn: what it started goes out together.
static bool step_flush(void *self, struct moment now)
{
    struct parts *parts = self;
    (void)now;
    engine_flush(parts->services.engine);
    return false;
}

static int64_t no_hurry(void *self, struct moment now)
{
    (void)self;
    (void)now;
    return LOOP_FOR_EVER;
}

static void add_sources(struct parts *parts)
{
    const struct source sources[] = {
        { "store", parts, step_store, no_hurry },
        { "requests", parts->endpoints, endpoints_step, no_hurry },
        { "network", parts, step_network, no_hurry },
        { "verify", parts->verify, verify_step, verify_patience },
        { "farewell", parts->farewell, farewell_step, farewell_patience },
        { "dismissal", parts->dismissal, dismissal_step, dismissal_patience },
        { "observe", parts->observe, observe_step, observe_patience },
        { "halt", parts->halt, halt_step, halt_patience },
        { "content", parts->contents, contents_step, contents_patience },
        { "distribute", parts->distribute, distribute_step,
          distribute_patience },
        { "ledger", parts->ledger, ledger_step, ledger_patience },
        { "retry", parts->retry, retry_step, retry_patience },
        { "pullers", parts->pullers, pullers_step, pullers_patience },
        { "pull", parts->pull, pull_step, pull_patience },
        { "mailboxes", parts->mailboxes, mailboxes_step, mailboxes_patience },
        { "janitor", parts->janitor, janitor_step, janitor_patience },
        { "lookout", parts->lookout, lookout_step, lookout_patience },
        { "flush", parts, step_flush, no_hurry },
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        loop_add(parts->services.loop, &sources[i]);
}

// -------------------------------------------------------------------- making

static bool made(const struct parts *parts)
{
    return parts->reception && parts->allowance && parts->verify
           && parts->farewell && parts->dismissal && parts->observe
           && parts->retry && parts->ledger && parts->distribute
           && parts->access && parts->one_event && parts->pullers && parts->pull
           && parts->mailboxes && parts->presence && parts->channels
           && parts->janitor && parts->lookout && parts->admin && parts->inspect
           && parts->status && parts->endpoints && parts->halt;
}

static void make_doors(struct parts *parts, const struct parts_means *means)
{
    struct admin_means inside = {
        .services = &parts->services,
        .front = means->front,
        .pull = parts->pull,
        .pullers = parts->pullers,
        .access = parts->access,
        .dismissal = parts->dismissal,
        .verify = parts->verify,
        .descriptors = means->descriptors,
        .halt = parts->halt,
        .lanes = parts->lanes,
        .lookout = parts->lookout,
        .pinged = parts_on_fetch_due,
        .owed = parts_on_lagging,
        .recalled = parts_on_recalled,
        .mailbox_ended = parts_on_mailbox_ended,
        .accepted = parts_on_accepted,
        .granted = parts_on_granted,
        .ruled = parts_on_rules,
        .context = parts,
    };
    parts->admin = admin_new(&inside);
    parts->inspect = inspect_new(&parts->services, parts->access);
    parts->status = status_new(&parts->services);
    struct endpoints_means doors = {
        .inbox = means->inbox,
        .front = means->front,
        .metrics = parts->services.metrics,
        .reception = parts->reception,
        .access = parts->access,
        .pull = parts->pull,
        .mailboxes = parts->mailboxes,
        .presence = parts->presence,
        .one_event = parts->one_event,
        .admin = parts->admin,
        .inspect = parts->inspect,
        .status = parts->status,
        .lookout = parts->lookout,
    };
    parts->endpoints = endpoints_new(&doors);
}

static struct allowance_rates rates_of(const struct config *config)
{
    struct verify_slots slots = verify_slots(config->verifications);
    return (struct allowance_rates){
        .strangers = (uint32_t)config->stranger_verifications,
        .strangers_a_second = (uint32_t)config->stranger_rate,
        .strangers_at_once = (uint32_t)slots.strangers,
        .host_at_once = (uint32_t)config->verify_per_host,
    };
}

void parts_set_allowance(struct parts *parts)
{
    const struct allowance_rates rates = rates_of(parts->services.config);
    allowance_set(parts->allowance, &rates);
    outside_set_strangers(parts->services.config, parts->services.engine);
}

static void make_presence(struct parts *parts)
{
    const struct presence_means there = {
        .services = &parts->services,
        .access = parts->access,
        .pull = parts->pull,
        .pullers = parts->pullers,
        .mailbox_read = mailboxes_readers(parts->mailboxes),
    };
    parts->presence = presence_new(&there);
}

static void make_mailboxes(struct parts *parts)
{
    const struct mailboxes_means means = {
        .services = &parts->services,
        .access = parts->access,
        .pullers = parts->pullers,
        .key = pull_cursor_key(parts->pull),
        .followed = parts_on_fetch_due,
        .context = parts,
    };
    parts->mailboxes = mailboxes_new(&means);
    const struct channels_means doors = {
        .services = &parts->services,
        .access = parts->access,
        .mailboxes = parts->mailboxes,
        .key = means.key,
        .followed = parts_on_fetch_due,
        .context = parts,
    };
    parts->channels = channels_new(&doors);
    if (parts->reception)
        reception_use(parts->reception, parts->channels);
}

static void make(struct parts *parts)
{
    const struct services *services = &parts->services;
    const struct reception_listener asked = { parts_on_accepted,
                                              parts_on_fetch_due,
                                              parts_on_given, parts };
    const struct verify_listener verified = {
        parts_on_fetch_due,
        parts_on_granted,
        parts_on_ended,
        parts_on_denied,
        parts,
    };
    const struct dismissal_listener dismissed = { parts_on_ended,
                                                  parts_on_denied, parts };
    struct verify_slots slots = verify_slots(services->config->verifications);
    const struct observe_listener observed = { parts_on_updated, parts_on_walk,
                                               parts_on_topic_gone, parts };

    parts->reception = reception_new(services, &asked);
    const struct allowance_rates rates = rates_of(services->config);
    parts->allowance = allowance_new(&rates);
    if (parts->allowance) {
        parts->verify = verify_new(services, parts->allowance, &verified);
        parts->farewell =
            farewell_new(services, parts->allowance, slots.farewells);
    }
    parts->dismissal = dismissal_new(services, &dismissed);
    parts->observe = observe_new(services, &observed);
    parts->contents = contents_new(services);
    parts->lanes = lanes_new(services);
    if (parts->contents && parts->lanes)
        parts->retry = retry_new(services, parts->contents, parts->lanes);
    parts->ledger = ledger_new(services, retry_poke, parts->retry);
    parts->distribute = distribute_new(services, parts->contents, parts->ledger,
                                       parts->lanes, parts_on_lagging, parts);
    parts->halt = halt_new(services, parts_on_halted, parts);
    parts->access = access_new(services, parts_on_revoked, parts);
    parts->one_event = one_event_new(services, parts->access);
    const struct pull_means pulling = {
        .services = services,
        .access = parts->access,
        .pullers = parts->pullers,
        .followed = parts_on_fetch_due,
        .context = parts,
        .message = pull_socket_message,
        .socket_over = pull_socket_over,
    };
    parts->pull = pull_new(&pulling);
    if (parts->pull)
        make_mailboxes(parts);
    if (parts->mailboxes)
        make_presence(parts);
    parts->lookout = lookout_new(services);
    parts->janitor = janitor_new(services, parts_on_denied, parts);
}

struct parts *parts_new(const struct parts_means *means)
{
    struct parts *parts = calloc(1, sizeof *parts);
    if (!parts)
        return NULL;
    parts->services = *means->services;
    // Without memory for it nothing is traced.
    parts->services.timeline = timeline_new();
    parts->pullers = pullers_new(&parts->services, means->front);
    make(parts);
    make_doors(parts, means);
    if (!made(parts)) {
        parts_free(parts);
        return NULL;
    }
    retry_use(parts->retry, parts->ledger);
    live_listen(parts->services.live, parts_on_options, parts);
    lanes_tell(parts->lanes, parts_on_broken, parts);
    distribute_pause(parts->distribute, true);
    retry_pause(parts->retry, true);
    add_sources(parts);
    return parts;
}

void parts_drain(struct parts *parts)
{
    endpoints_drain(parts->endpoints);
    verify_drain(parts->verify);
    farewell_drain(parts->farewell);
    dismissal_drain(parts->dismissal);
    observe_drain(parts->observe);
    distribute_drain(parts->distribute);
    retry_drain(parts->retry);
    janitor_drain(parts->janitor);
    lookout_drain(parts->lookout);
    admin_drain(parts->admin);
}

bool parts_rested(const struct parts *parts)
{
    return verify_idle(parts->verify) && farewell_idle(parts->farewell)
           && dismissal_idle(parts->dismissal) && observe_idle(parts->observe)
           && distribute_idle(parts->distribute) && retry_idle(parts->retry)
           && ledger_idle(parts->ledger);
}

void parts_close(struct parts *parts, int64_t spread_ms)
{
    pullers_drain(parts->pullers, spread_ms);
    mailboxes_drain(parts->mailboxes);
}

bool parts_idle(const struct parts *parts)
{
    return endpoints_idle(parts->endpoints) && verify_idle(parts->verify)
           && farewell_idle(parts->farewell) && dismissal_idle(parts->dismissal)
           && observe_idle(parts->observe) && distribute_idle(parts->distribute)
           && retry_idle(parts->retry) && ledger_idle(parts->ledger)
           && access_idle(parts->access) && one_event_idle(parts->one_event)
           && pullers_idle(parts->pullers) && pull_idle(parts->pull)
           && mailboxes_idle(parts->mailboxes) && presence_idle(parts->presence)
           && channels_idle(parts->channels) && janitor_idle(parts->janitor)
           && lookout_idle(parts->lookout) && halt_idle(parts->halt)
           && admin_idle(parts->admin) && inspect_idle(parts->inspect)
           && status_idle(parts->status);
}

void parts_free(struct parts *parts)
{
    if (!parts)
        return;
    endpoints_free(parts->endpoints);
    inspect_free(parts->inspect);
    status_free(parts->status);
    admin_free(parts->admin);
    janitor_free(parts->janitor);
    lookout_free(parts->lookout);
    channels_free(parts->channels);
    mailboxes_free(parts->mailboxes);
    presence_free(parts->presence);
    pull_free(parts->pull);
    pullers_free(parts->pullers);
    one_event_free(parts->one_event);
    access_free(parts->access);
    distribute_free(parts->distribute);
    ledger_free(parts->ledger);
    retry_free(parts->retry);
    lanes_free(parts->lanes);
    halt_free(parts->halt);
    contents_free(parts->contents);
    observe_free(parts->observe);
    dismissal_free(parts->dismissal);
    farewell_free(parts->farewell);
    verify_free(parts->verify);
    allowance_free(parts->allowance);
    reception_free(parts->reception);
    timeline_free(parts->services.timeline);
    free(parts);
}
