// SPDX-License-Identifier: MIT
//
// A new store, filled in transactions that are not synced one by one: nobody
// sees any of it before all of it is.

#include "storage/care.h"
#include "storage/dump.h"

#include "denials.h"
#include "due.h"
#include "graves.h"
#include "lanes.h"
#include "loading.h"
#include "requests.h"
#include "rules.h"
#include "tickets.h"
#include "tokens.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMIT_RECORDS = 4096, COMMIT_BYTES = 8 << 20 };

static const uint64_t MAP_BYTES = UINT64_C(1) << 40;
static const int64_t ROOM = INT64_MAX / 2; // the map is as good as endless

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "the new store: %s", text);
    return false;
}

bool load_refuse(struct load *load, const char *what, uint64_t number,
                 const char *why)
{
    snprintf(load->problem->text, sizeof load->problem->text, "%s %llu %s",
             what, (unsigned long long)number, why);
    return false;
}

// ------------------------------------------------------------------- steps

static void raise(uint64_t *last, uint64_t number)
{
    if (*last < number)
        *last = number;
}

static bool load_store(struct load *load, const struct dump_record *record)
{
    const struct dump_store *store = &record->store;
    if (load->begun)
        return load_refuse(load, "the record of the store", 1,
                           "is there twice");
    load->begun = true;
    // What is due at 0 is due never.
    load->context.now = store->clock > 0 ? store->clock : 1;
    load->context.counters = (struct counters){
        .topic = store->topics,
        .subscription = store->subscriptions,
        .request = store->requests,
        .event = store->events,
        .denial = store->denials,
        .clock = store->clock,
        .mailbox = store->mailboxes,
        .token = store->tokens,
    };
    meta_set_key(&load->txn, store->secret_key);
    meta_pause(&load->txn, store->paused);
    return true;
}

static bool load_rule(struct load *load, const struct dump_record *record)
{
    struct key key;
    if (!rule_key(&key, &record->rule))
        return load_refuse(load, "rule", record->rule.kind, "has no key");
    rule_save(&load->txn, &key, &record->rule);
    return true;
}

static bool load_token(struct load *load, const struct dump_record *record)
{
    raise(&load->context.counters.token, record->token.id);
    token_save(&load->txn, &record->token);
    return true;
}

static bool load_grave(struct load *load, const struct dump_record *record)
{
    const struct dump_grave *grave = &record->grave;
    struct bytes half = { (const char *)grave->half, sizeof grave->half };
    const struct lease lease = {
        .kind = LEASE_GRAVE,
        .end = grave->until,
        .topic = key_part(half, 0),
        .id = key_part(half, sizeof(uint64_t)),
    };
    grave_put(&load->txn, &lease, grave->number);
    return true;
}

static bool load_lane(struct load *load, const struct dump_record *record)
{
    if (record->lane.due <= 0)
        return load_refuse(load, "a lane", 0, "has no due time");
    lane_save(&load->context, NULL, &record->lane);
    return true;
}

static bool load_request(struct load *load, const struct dump_record *record)
{
    const struct store_request *shown = &record->request.shown;
    const struct request request = { *shown, record->request.due, false };
    struct pending pending;
    pairs_find(load->context.pairs, &shown->topic_key, &shown->callback_key,
               &pending);
    if (pending.count == STORE_WAITING_MAX)
        return load_refuse(load, "request", shown->id,
                           "is one too many for its topic and callback");
    raise(&load->context.counters.request, shown->id);
    request_add(&load->context, &request);
    return true;
}

static bool load_denial(struct load *load, const struct dump_record *record)
{
    const struct denial denial = { record->denial.shown, record->denial.due };
    raise(&load->context.counters.denial, denial.shown.id);
    denial_save(&load->txn, &denial);
    due_move(&load->context, work_denial(denial.shown.id), 0, denial.due);
    return true;
}

static bool load_ticket(struct load *load, const struct dump_record *record)
{
    const struct dump_ticket *from = &record->ticket;
    const struct ticket ticket = { from->topic, from->subscription, from->end };
    raise(&load->context.counters.request, from->request);
    ticket_put(&load->txn, from->request, &ticket);
    return true;
}

static load_step *const steps[DUMP_KINDS] = {
    [DUMP_STORE] = load_store,
    [DUMP_RULE] = load_rule,
    [DUMP_TOKEN] = load_token,
    [DUMP_GRAVE] = load_grave,
    [DUMP_LANE] = load_lane,
    [DUMP_TOPIC] = load_topic,
    [DUMP_ENTRIES] = load_entries,
    [DUMP_UPDATE] = load_update,
    [DUMP_BODY] = load_body,
    [DUMP_WALK] = load_walk,
    [DUMP_SUBSCRIPTION] = load_subscription,
    [DUMP_REQUEST] = load_request,
    [DUMP_DENIAL] = load_denial,
    [DUMP_TICKET] = load_ticket,
    [DUMP_MAILBOX] = load_mailbox,
    [DUMP_LISTEN] = load_listen,
    [DUMP_LETTER] = load_letter,
    [DUMP_DEAD] = load_dead,
    [DUMP_DEAD_BODY] = load_dead_body,
};

// ----------------------------------------------------------------- opening

static bool make_context(struct load *load)
{
    uint64_t seed;
    if (RAND_bytes((unsigned char *)&seed, sizeof seed) != 1)
        return false;
    load->context = (struct engine_context){
        .txn = &load->txn,
        .claims = claims_new(seed),
        .pairs = pairs_new(),
        .crowds = crowds_new(~seed),
        .options = &load->options,
        .room = ROOM,
    };
    return load->context.claims && load->context.pairs && load->context.crowds;
}

struct load *load_open(const char *url, struct problem *problem)
{
    struct meta meta;
    struct load *load = calloc(1, sizeof *load);
    if (!load) {
        say(problem, "no memory");
        return NULL;
    }
    if (!placing_open(&load->placing, url, false, problem)) {
        free(load);
        return NULL;
    }
    if (make_context(load)
        && env_make_file(&load->env, load->placing.part, MAP_BYTES, problem)
        && meta_open(&load->env, false, &meta, problem)) {
        txn_begin_write(&load->txn, &load->env);
        return load;
    }
    if (problem->text[0] == '\0')
        say(problem, "no memory");
    load_close(load);
    return NULL;
}

// ------------------------------------------------------------------ filling

static bool commit(struct load *load)
{
    struct engine_context *context = &load->context;
    load_leave_topic(load);
    load_leave_mailbox(load);
    meta_save_counters(&load->txn, &context->counters);
    enum store_status status = txn_commit(&load->txn);
    pairs_commit(context->pairs);
    crowds_commit(context->crowds);
    claims_commit(context->claims);
    load->records = load->bytes = 0;
    return status == STORE_OK || say(load->problem, store_status_name(status));
}

static size_t weight(const struct dump_record *record)
{
    switch (record->kind) {
    case DUMP_BODY:
        return record->body.piece.len;
    case DUMP_DEAD_BODY:
        return record->dead_body.piece.len;
    case DUMP_ENTRIES:
        return record->entries.count * sizeof *record->entries.items;
    case DUMP_UPDATE:
        return record->update.changed_count * 16;
    default:
        return 0;
    }
}

bool load_add(struct load *load, const struct dump_record *record,
              struct problem *problem)
{
    load->problem = problem;
    problem->text[0] = '\0';
    bool known = record->kind >= DUMP_STORE && record->kind < DUMP_KINDS;
    if (!known || (!load->begun && record->kind != DUMP_STORE))
        return load_refuse(load, "a record of kind", record->kind,
                           "does not belong here");
    if (!steps[record->kind](load, record))
        return false;
    arena_reset(&load->context.scratch);
    load->bytes += weight(record);
    if (!txn_ok(&load->txn))
        return say(problem, store_status_name(load->txn.status));
    if (++load->records < COMMIT_RECORDS && load->bytes < COMMIT_BYTES)
        return true;
    if (!commit(load))
        return false;
    txn_begin_write(&load->txn, &load->env);
    return true;
}

// ------------------------------------------------------------------- ending

static void close_env(struct load *load)
{
    txn_abort(&load->txn);
    if (load->env.handle) {
        env_settle_size(&load->env);
        env_trim_size(&load->env);
    }
    env_close(&load->env);
}

static void keep_first(void *context, const struct care_finding *finding)
{
    struct problem *problem = context;
    if (problem->text[0] == '\0')
        snprintf(problem->text, sizeof problem->text,
                 "it does not fit together: %.60s: %.150s", finding->table,
                 finding->text);
}

static bool is_sound(const struct load *load, struct problem *problem)
{
    struct care care = { .found = keep_first, .context = problem };
    problem->text[0] = '\0';
    return care_check_file(&care, load->placing.part, problem)
           && care.findings == 0;
}

bool load_finish(struct load *load, struct problem *problem)
{
    load->problem = problem;
    if (!load->begun)
        return load_refuse(load, "the record of the store", 1, "is missing");
    if (!commit(load))
        return false;
    close_env(load);
    return is_sound(load, problem) && placing_settle(&load->placing, problem);
}

void load_close(struct load *load)
{
    if (!load)
        return;
    close_env(load);
    placing_close(&load->placing);
    claims_free(load->context.claims);
    pairs_free(load->context.pairs);
    crowds_free(load->context.crowds);
    arena_clear(&load->context.scratch);
    arena_clear(&load->topic_arena);
    arena_clear(&load->mailbox_arena);
    free(load);
}
