// SPDX-License-Identifier: MIT

#include "storage/dump.h"

#include "datafile.h"
#include "directory.h"
#include "dumping.h"
#include "graves.h"
#include "lanes.h"
#include "meta.h"
#include "rules.h"
#include "tables.h"
#include "tickets.h"
#include "tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void dump_begin(struct dump *dump, enum table table, uint64_t owner)
{
    dump->begun[table] = false;
    key_start(&dump->from[table]);
    if (owner != 0)
        key_u64(&dump->from[table], owner);
}

bool dump_row(struct dump *dump, enum table table, struct bytes *key,
              struct bytes *record)
{
    if (dump->begun[table])
        return txn_next(&dump->txn, table, key, record);
    dump->begun[table] = true;
    return txn_seek(&dump->txn, table, &dump->from[table], key, record);
}

bool dump_own_row(struct dump *dump, enum table table, struct bytes *key,
                  struct bytes *record)
{
    return dump_row(dump, table, key, record)
           && key_part(*key, 0) == dump->owner;
}

bool dump_damaged(struct dump *dump)
{
    dump->failed = true;
    return false;
}

// ------------------------------------------------------------------- steps

static bool dump_store(struct dump *dump, struct dump_record *out)
{
    struct dump_store *store = &out->store;
    struct counters counters;
    struct meta meta;
    if (dump->begun[TABLE_META])
        return false;
    dump->begun[TABLE_META] = true;
    if (!meta_read(&dump->txn, &meta))
        return dump_damaged(dump);
    counters = meta.counters;
    *store = (struct dump_store){
        .epoch = dump->env.epoch,
        .clock = counters.clock,
        .paused = meta_paused(&dump->txn),
        .topics = counters.topic,
        .subscriptions = counters.subscription,
        .requests = counters.request,
        .events = counters.event,
        .denials = counters.denial,
        .mailboxes = counters.mailbox,
        .tokens = counters.token,
    };
    memcpy(store->secret_key, meta.secret_key, sizeof store->secret_key);
    return true;
}

static bool dump_rule(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    return dump_row(dump, TABLE_RULES, &key, &record)
           && (rule_decode(record, &out->rule) || dump_damaged(dump));
}

static bool dump_token(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    if (!dump_row(dump, TABLE_TOKENS, &key, &record))
        return false;
    out->token.id = key_part(key, 0);
    return token_decode(record, &out->token) || dump_damaged(dump);
}

static bool dump_grave(struct dump *dump, struct dump_record *out)
{
    struct dump_grave *grave = &out->grave;
    struct bytes key, record;
    if (!dump_row(dump, TABLE_GRAVES, &key, &record))
        return false;
    if (key.len != sizeof grave->half
        || !grave_decode(record, &grave->number, &grave->until))
        return dump_damaged(dump);
    memcpy(grave->half, key.at, key.len);
    return true;
}

static bool dump_lane(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    if (!dump_row(dump, TABLE_LANES, &key, &record))
        return false;
    if (key.len != sizeof out->lane.origin.bytes
        || !lane_decode(record, &out->lane))
        return dump_damaged(dump);
    memcpy(out->lane.origin.bytes, key.at, key.len);
    return true;
}

static bool dump_request(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    while (dump_row(dump, TABLE_REQUESTS, &key, &record)) {
        struct request request;
        memset(&request, 0, sizeof request);
        if (!request_decode(record, &request))
            return dump_damaged(dump);
        if (request.idle)
            continue;
        request.shown.id = key_part(key, 0);
        out->request = (struct dump_request){ request.shown, request.due };
        return true;
    }
    return false;
}

static bool dump_denial(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    struct denial denial;
    memset(&denial, 0, sizeof denial);
    if (!dump_row(dump, TABLE_DENIALS, &key, &record))
        return false;
    if (!denial_decode(record, &denial))
        return dump_damaged(dump);
    denial.shown.id = key_part(key, 0);
    out->denial = (struct dump_denial){ denial.shown, denial.due };
    return true;
}

static bool dump_ticket(struct dump *dump, struct dump_record *out)
{
    struct bytes key, record;
    struct ticket ticket;
    if (!dump_row(dump, TABLE_TICKETS, &key, &record))
        return false;
    if (!ticket_decode(record, &ticket))
        return dump_damaged(dump);
    out->ticket = (struct dump_ticket){ key_part(key, 0), ticket.topic,
                                        ticket.subscription, ticket.end };
    return true;
}

// One after the other; `back` is where to go on when one is over: what belongs
// to a topic is read before the next topic.
static const struct {
    enum dump_kind kind;
    dump_step *step;
} steps[] = {
    { DUMP_STORE, dump_store },
    { DUMP_RULE, dump_rule },
    { DUMP_TOKEN, dump_token },
    { DUMP_GRAVE, dump_grave },
    { DUMP_LANE, dump_lane },
    { DUMP_TOPIC, dump_topic },
    { DUMP_ENTRIES, dump_entries },
    { DUMP_UPDATE, dump_update },
    { DUMP_BODY, dump_body },
    { DUMP_WALK, dump_walk },
    { DUMP_SUBSCRIPTION, dump_subscription },
    { DUMP_REQUEST, dump_request },
    { DUMP_DENIAL, dump_denial },
    { DUMP_TICKET, dump_ticket },
    { DUMP_MAILBOX, dump_mailbox },
    { DUMP_LISTEN, dump_listen },
    { DUMP_LETTER, dump_letter },
    { DUMP_DEAD, dump_dead },
    { DUMP_DEAD_BODY, dump_dead_body },
};

enum { STEPS = sizeof steps / sizeof *steps };

static size_t step_of(enum dump_kind kind)
{
    size_t step = 0;
    while (steps[step].kind != kind)
        step++;
    return step;
}

// What is read after a record of that kind was found: what belongs to it.
static size_t step_below(enum dump_kind found)
{
    switch (found) {
    case DUMP_TOPIC:
    case DUMP_UPDATE:
    case DUMP_MAILBOX:
    case DUMP_DEAD:
        return step_of(found) + 1;
    default:
        return step_of(found);
    }
}

// What is read when there are no more of that kind. An update's pieces are
// followed by the next update, a topic's last subscription by the next topic.
static size_t step_after(enum dump_kind over)
{
    switch (over) {
    case DUMP_TOPIC:
        return step_of(DUMP_REQUEST);
    case DUMP_UPDATE:
        return step_of(DUMP_WALK);
    case DUMP_BODY:
        return step_of(DUMP_UPDATE);
    case DUMP_SUBSCRIPTION:
        return step_of(DUMP_TOPIC);
    case DUMP_MAILBOX:
        return STEPS;
    case DUMP_DEAD:
        return step_of(DUMP_MAILBOX);
    case DUMP_DEAD_BODY:
        return step_of(DUMP_DEAD);
    default:
        return step_of(over) + 1;
    }
}

// ------------------------------------------------------------ from outside

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "the store: %s", text);
    return false;
}

struct dump *dump_open(const char *file, struct problem *problem)
{
    struct dump *dump = calloc(1, sizeof *dump);
    if (!dump) {
        say(problem, "no memory");
        return NULL;
    }
    dump->lock_file = -1;
    if (datafile_look(file, problem)
        && env_open_file(&dump->env, file, problem)) {
        txn_begin_read(&dump->txn, &dump->env);
        if (txn_ok(&dump->txn) && meta_known(&dump->txn, problem))
            return dump;
    }
    dump_close(dump);
    return NULL;
}

// Locking would make it.
static const char *existing(const char *url)
{
    const char *directory = directory_of(url);
    return directory && access(directory, F_OK) == 0 ? directory : NULL;
}

bool dump_in_use(const char *url)
{
    struct problem problem;
    const char *directory = existing(url);
    if (!directory)
        return false;
    int lock_file = directory_lock(directory, &problem);
    if (lock_file < 0)
        return errno == EWOULDBLOCK;
    close(lock_file);
    return false;
}

struct dump *dump_open_at(const char *url, struct problem *problem)
{
    const char *directory = existing(url);
    struct dump *dump = NULL;
    if (!directory) {
        say(problem, "there is no such directory");
        return NULL;
    }
    int lock_file = directory_lock(directory, problem);
    if (lock_file < 0)
        return NULL;
    char *file = directory_file(directory, "data.mdb");
    if (file)
        dump = dump_open(file, problem);
    else
        say(problem, "no memory");
    free(file);
    if (dump)
        dump->lock_file = lock_file;
    else
        close(lock_file);
    return dump;
}

void dump_close(struct dump *dump)
{
    if (!dump)
        return;
    if (dump->lock_file >= 0)
        close(dump->lock_file);
    txn_abort(&dump->txn);
    env_close(&dump->env);
    arena_clear(&dump->arena);
    free(dump);
}

bool dump_next(struct dump *dump, struct dump_record *out,
               struct problem *problem)
{
    problem->text[0] = '\0';
    arena_reset(&dump->arena);
    while (dump->step < STEPS) {
        enum dump_kind kind = steps[dump->step].kind;
        memset(out, 0, sizeof *out);
        out->kind = kind;
        if (steps[dump->step].step(dump, out)) {
            dump->step = step_below(kind);
            return true;
        }
        if (dump->failed || !txn_ok(&dump->txn))
            return say(problem, "a record in it is damaged");
        if (dump->arena.failed)
            return say(problem, "no memory");
        dump->step = step_after(kind);
    }
    return false;
}
