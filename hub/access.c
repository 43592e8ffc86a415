// SPDX-License-Identifier: MIT

#include "access.h"

#include "access_inside.h"
#include "access_origin.h"
#include "config.h"
#include "credential.h"
#include "request.h"
#include "token_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKS_MAX = 3 };

// One who is looked up in the store.
struct asking {
    struct store_find_token find; // first: an operation is found by it
    struct access *access;
    uint64_t removals; // when it was looked up
    unsigned looks;
    struct ticket *ticket; // that he came with; NULL: with the token itself
    uint8_t hash[TOKEN_HASH];
    void (*done)(void *context, const struct visitor *visitor,
                 const struct access_refusal *refusal);
    void *context;
};

#define REALM  "WWW-Authenticate: Bearer realm=\"websubd\""
#define WRONG  REALM ", error=\"invalid_token\""
#define BROKEN REALM ", error=\"invalid_request\""

static const struct access_refusal
    needed = { 401, "token-needed",
               "this hub tells nothing to who shows no token", REALM },
    unknown = { 401, "token-unknown", "nobody has this token", WRONG },
    expired = { 401, "token-expired", "the time of this token is over", WRONG },
    no_ticket = { 401, "ticket-unknown",
                  "this is no ticket of this hub, or whose token it was has it "
                  "no more",
                  WRONG },
    old_ticket = { 401, "ticket-expired",
                   "the time of this ticket is over: get another", WRONG },
    exposed = { 400, "token-in-url",
                "a token does not belong into a URL or a form, where it would "
                "be logged, but into the field Authorization: Bearer; who can "
                "only open a URL is given a ticket (POST /tickets)",
                BROKEN },
    twice = { 400, "two-credentials",
              "show one token or one ticket, not several", BROKEN },
    no_memory = { 503, "out-of-memory", "the hub is out of memory", NULL },
    no_store = { 503, "store", "the hub cannot look at its store just now",
                 NULL };

struct access *access_new(const struct services *services,
                          void (*revoked)(void *context, uint64_t token),
                          void *context)
{
    uint8_t secret[32];
    struct access *access = calloc(1, sizeof *access);
    if (!access)
        return NULL;
    access->services = *services;
    access->revoked = revoked;
    access->context = context;
    store_secret_key(services->store, secret);
    access->tickets = ticket_key_new(secret, store_epoch(services->store));
    access->cursors = cursor_key_new(secret);
    explicit_bzero(secret, sizeof secret);
    access->cache = token_cache_new();
    access->origins = access_origins_new(services->config);
    if (access->tickets && access->cursors && access->cache && access->origins)
        return access;
    access_free(access);
    return NULL;
}

void access_free(struct access *access)
{
    if (!access)
        return;
    token_cache_free(access->cache);
    ticket_key_free(access->tickets);
    cursor_key_free(access->cursors);
    access_origins_free(access->origins);
    free(access);
}

bool access_idle(const struct access *access)
{
    return access->under_way == 0;
}

void access_forget(struct access *access, uint64_t token)
{
    access->removals++;
    token_cache_forget(access->cache, token);
    access->revoked(access->context, token);
}

bool access_shows(const struct request *request)
{
    struct credential shown;
    credential_read(request, &shown);
    return shown.kind != CREDENTIAL_NONE;
}

bool access_knows(struct access *access, const struct request *request,
                  struct moment now)
{
    struct credential shown;
    const struct visitor *known = NULL;
    credential_read(request, &shown);
    return shown.kind == CREDENTIAL_TOKEN
           && token_cache_find(access->cache, shown.hash, now.mono, &known)
           && known;
}

// ---------------------------------------------------------------- judging

static const struct access_refusal *judge(const struct visitor *visitor,
                                          int64_t unix_ms)
{
    bool over = visitor->expires != 0 && visitor->expires <= unix_ms;
    return over ? &expired : NULL;
}

// Who it is, from what the store says. NULL: *refusal is why not.
static const struct visitor *recognise(struct asking *asking,
                                       const struct access_refusal **refusal)
{
    struct access *access = asking->access;
    *refusal = &no_memory;
    const struct visitor *visitor = visitor_of_token(&asking->find.token);
    if (!visitor)
        return NULL;
    if (!asking->ticket)
        token_cache_put(access->cache, asking->hash, loop_now().mono, visitor);
    *refusal = judge(visitor, asking->find.op.at);
    if (!*refusal && asking->ticket) {
        const struct visitor *giver = visitor;
        visitor = visitor_of_ticket(giver, asking->ticket);
        visitor_drop(giver);
        *refusal = visitor ? NULL : &no_memory;
    }
    if (!*refusal)
        return visitor;
    visitor_drop(visitor);
    return NULL;
}

// ---------------------------------------------------------------- looking up

static void on_found(struct store_op *op);

static void look(struct asking *asking)
{
    struct access *access = asking->access;
    asking->removals = access->removals;
    asking->looks++;
    asking->find.op = (struct store_op){
        .verb = STORE_FIND_TOKEN,
        .done = on_found,
    };
    store_submit(access->services.store, &asking->find.op);
}

static void on_found(struct store_op *op)
{
    struct asking *asking = (struct asking *)(void *)op;
    struct access *access = asking->access;
    const struct visitor *visitor = NULL;
    const struct access_refusal *refusal = &no_store;
    // It may have been read before it was removed.
    bool stale = asking->removals != access->removals;
    if (stale && asking->looks < LOOKS_MAX) {
        store_release(op);
        look(asking);
        return;
    }
    if (op->status == STORE_OK && !stale)
        visitor = recognise(asking, &refusal);
    else if (op->status == STORE_NOT_FOUND && asking->ticket)
        refusal = &no_ticket;
    else if (op->status == STORE_NOT_FOUND)
        refusal = &unknown;
    if (op->status == STORE_NOT_FOUND && !asking->ticket)
        token_cache_put(access->cache, asking->hash, loop_now().mono, NULL);
    store_release(op);
    access->under_way--;
    asking->done(asking->context, visitor, visitor ? NULL : refusal);
    free(asking->ticket);
    free(asking);
}

static enum access_answer refuse(struct access_refusal *out,
                                 const struct access_refusal *refusal)
{
    *out = *refusal;
    return ACCESS_REFUSED;
}

// What has to be known to look somebody up; NULL: out of memory.
static struct asking *asking_new(struct access *access,
                                 const struct credential *shown)
{
    struct asking *asking = calloc(1, sizeof *asking);
    if (!asking)
        return NULL;
    asking->access = access;
    memcpy(asking->hash, shown->hash, TOKEN_HASH);
    memcpy(asking->find.hash, shown->hash, TOKEN_HASH);
    if (shown->kind != CREDENTIAL_TICKET)
        return asking;
    asking->ticket = malloc(sizeof *asking->ticket);
    if (asking->ticket)
        return asking;
    free(asking);
    return NULL;
}

// Of one who is to be looked up; done when there is a reason not to.
static const struct access_refusal *look_at_ticket(
    struct asking *asking, const struct credential *shown, struct moment now)
{
    struct ticket *ticket = asking->ticket;
    if (!ticket_read(asking->access->tickets, shown->ticket, shown->ticket_len,
                     ticket)
        || ticket->token == 0)
        return &no_ticket;
    asking->find.id = ticket->token;
    return ticket->expires <= now.unix ? &old_ticket : NULL;
}

// The rare refusals, which need no look at anything.
static const struct access_refusal *at_once(const struct access *access,
                                            enum credential_kind kind)
{
    switch (kind) {
    case CREDENTIAL_NONE:
        return access->services.config->pull_anonymous ? NULL : &needed;
    case CREDENTIAL_FOREIGN:
        return &unknown;
    case CREDENTIAL_EXPOSED:
        return &exposed;
    case CREDENTIAL_TWICE:
        return &twice;
    case CREDENTIAL_TOKEN:
    case CREDENTIAL_TICKET:
        break;
    }
    return NULL;
}

enum access_answer access_ask(
    struct access *access, const struct request *request, struct moment now,
    const struct visitor **out, struct access_refusal *refusal,
    void (*done)(void *context, const struct visitor *visitor,
                 const struct access_refusal *refusal),
    void *context)
{
    struct credential shown;
    const struct visitor *known = NULL;
    credential_read(request, &shown);
    const struct access_refusal *why = at_once(access, shown.kind);
    if (!why && shown.kind == CREDENTIAL_NONE)
        known = visitor_anonymous();
    else if (!why && shown.kind == CREDENTIAL_TOKEN
             && token_cache_find(access->cache, shown.hash, now.mono, &known))
        why = known ? judge(known, now.unix) : &unknown;
    if (why)
        return refuse(refusal, why);
    if (known) {
        *out = visitor_share(known);
        return ACCESS_KNOWN;
    }

    struct asking *asking = asking_new(access, &shown);
    if (!asking)
        return refuse(refusal, &no_memory);
    if (asking->ticket)
        why = look_at_ticket(asking, &shown, now);
    if (why) {
        free(asking->ticket);
        free(asking);
        return refuse(refusal, why);
    }
    asking->done = done;
    asking->context = context;
    access->under_way++;
    look(asking);
    return ACCESS_ASKED;
}

// -------------------------------------------------------------------- pages

const char *access_allow_origin(const struct access *access,
                                const struct request *request)
{
    return access_origins_line(access->origins,
                               request_field(request, "Origin"));
}

void access_preflight(const struct access *access, struct request *request,
                      const char *methods)
{
    static const char fields[] =
        "Access-Control-Allow-Headers: Authorization, Content-Type, "
        "If-None-Match, Last-Event-ID, Prefer";
    char allow[96], allowed[128];
    const char *origin = access_allow_origin(access, request);
    snprintf(allow, sizeof allow, "Allow: %s, OPTIONS", methods);
    snprintf(allowed, sizeof allowed, "Access-Control-Allow-Methods: %s",
             methods);
    struct reply reply = {
        .status = 204,
        .headers = { allow, "X-Content-Type-Options: nosniff", origin, allowed,
                     fields, "Access-Control-Max-Age: 7200" },
        .header_count = origin ? 6 : 2,
    };
    request_reply(request, &reply);
}
