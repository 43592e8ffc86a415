// SPDX-License-Identifier: MIT

#include "visitor.h"

#include "config.h"
#include "fetcher/sha256.h"
#include "grant.h"
#include "ticket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// What is behind a visitor, who is its first member. `self` is itself, to be
// counted and freed; NULL: nobody.
struct inside {
    struct visitor visitor;
    struct inside *self;
    size_t shares;
    struct grant *scope;         // of a token
    const struct visitor *giver; // of a ticket
    struct ticket *ticket;
    char *name;
};

static const struct inside nobody = { .visitor = { .name = "" } };

const struct visitor *visitor_anonymous(void)
{
    return &nobody.visitor;
}

static const struct inside *inside_of(const struct visitor *visitor)
{
    return (const struct inside *)(const void *)visitor;
}

uint64_t visitor_owner(struct bytes name)
{
    uint8_t digest[SHA256_SIZE];
    uint64_t number;
    sha256(name.at, name.len, digest);
    memcpy(&number, digest, sizeof number);
    return number ? number : 1;
}

static void inside_free(struct inside *inside)
{
    if (!inside)
        return;
    grant_free(inside->scope);
    free(inside->ticket);
    free(inside->name);
    free(inside);
}

static struct inside *inside_new(const char *name, size_t len)
{
    struct inside *inside = calloc(1, sizeof *inside);
    if (!inside)
        return NULL;
    inside->self = inside;
    inside->shares = 1;
    inside->name = strndup(name, len);
    inside->visitor.name = inside->name;
    if (inside->name)
        return inside;
    inside_free(inside);
    return NULL;
}

const struct visitor *visitor_of_token(const struct store_token *token)
{
    struct bytes name = token->name;
    struct inside *inside = inside_new(name.len > 0 ? name.at : "", name.len);
    if (!inside)
        return NULL;
    inside->visitor.owner = visitor_owner(token->owner);
    inside->visitor.token = token->id;
    inside->visitor.rights = token->rights;
    inside->visitor.expires = token->expires;
    inside->scope = grant_new(token->scope);
    if (inside->scope)
        return &inside->visitor;
    inside_free(inside);
    return NULL;
}

const struct visitor *visitor_of_ticket(const struct visitor *giver,
                                        const struct ticket *ticket)
{
    struct inside *inside = inside_new(giver->name, strlen(giver->name));
    if (!inside)
        return NULL;
    const char *name = inside->visitor.name;
    inside->visitor = *giver;
    inside->visitor.name = name;
    inside->visitor.rights &= ticket->rights;
    inside->visitor.ticket = true;
    inside->giver = visitor_share(giver);
    inside->ticket = malloc(sizeof *inside->ticket);
    if (!inside->ticket) {
        visitor_drop(&inside->visitor);
        return NULL;
    }
    *inside->ticket = *ticket;
    return &inside->visitor;
}

const struct visitor *visitor_giver(const struct visitor *visitor)
{
    const struct visitor *giver = inside_of(visitor)->giver;
    return giver ? giver : visitor;
}

const struct visitor *visitor_share(const struct visitor *visitor)
{
    struct inside *self = inside_of(visitor)->self;
    if (self)
        self->shares++;
    return visitor;
}

void visitor_drop(const struct visitor *visitor)
{
    while (visitor) {
        struct inside *self = inside_of(visitor)->self;
        if (!self || --self->shares > 0)
            return;
        visitor = self->giver; // whom it has shared
        inside_free(self);
    }
}

// ------------------------------------------------------------------- rights

static bool has(const struct visitor *visitor, enum store_right right)
{
    return (visitor->rights & (unsigned)right) != 0;
}

static bool covers(const struct inside *inside, const char *normal, size_t len)
{
    if (inside->ticket && !ticket_covers(inside->ticket, normal, len))
        return false;
    if (inside->giver)
        inside = inside_of(inside->giver);
    return grant_covers(inside->scope, normal, len);
}

static bool covers_all(const struct inside *inside, const char *prefix,
                       size_t len)
{
    if (inside->ticket && !ticket_covers_all(inside->ticket, prefix, len))
        return false;
    if (inside->giver)
        inside = inside_of(inside->giver);
    return grant_covers_all(inside->scope, prefix, len);
}

bool visitor_may_read(const struct visitor *visitor,
                      const struct config *config, const char *normal,
                      size_t len, enum store_reach reach)
{
    if (visitor->token == 0)
        return config->pull_open || reach == STORE_REACH_PUBLIC;
    return has(visitor, STORE_RIGHT_PULL)
           && covers(inside_of(visitor), normal, len);
}

bool visitor_may_match(const struct visitor *visitor,
                       const struct config *config, const char *prefix,
                       size_t len)
{
    if (visitor->token == 0)
        return config->pull_open;
    return has(visitor, STORE_RIGHT_PULL) && has(visitor, STORE_RIGHT_MATCH)
           && covers_all(inside_of(visitor), prefix, len);
}

bool visitor_may_open(const struct visitor *visitor, const char *name,
                      size_t len)
{
    const struct inside *inside = inside_of(visitor);
    if (visitor->owner == 0 || !has(visitor, STORE_RIGHT_MAILBOX))
        return false;
    return !inside->ticket || ticket_opens(inside->ticket, name, len);
}

bool visitor_is_stranger(const struct visitor *visitor,
                         const struct config *config)
{
    return visitor->token == 0 && !config->pull_open;
}

bool visitor_may_create(const struct visitor *visitor,
                        const struct config *config, const char *normal,
                        size_t len)
{
    if (visitor->token == 0)
        return config->pull_open;
    return has(visitor, STORE_RIGHT_CREATE)
           && covers(inside_of(visitor), normal, len);
}
