// SPDX-License-Identifier: MIT

#include "asking.h"

#include "asking_inside.h"
#include "config.h"
#include "metrics.h"
#include "pull_problem.h"
#include "pull_query.h"
#include "request.h"
#include "served.h"
#include "websocket.h"

#include <assert.h>
#include <stdlib.h>

enum {
    INTEREST_MS = 24 * 60 * 60 * 1000, // M7
    LOOK_MS = 10 * 60 * 1000, // so long an audience is good without the store
};

// Thousands come back at a time, one after the other, and it is large.
static struct pull_query *new_query(struct askings *all)
{
    struct pull_query *query = all->spare;
    all->spare = NULL;
    return query ? query : malloc(sizeof *query);
}

static void keep_query(struct asking *asking)
{
    struct askings *all = asking->all;
    if (all->spare)
        free(asking->query);
    else
        all->spare = asking->query;
}

void asking_end(struct asking *asking)
{
    *asking->link = asking->next;
    if (asking->next)
        asking->next->link = asking->link;
    if (asking->query)
        pull_query_clear(asking->query);
    if (asking->audience)
        audience_leave(asking->all->readings->audiences, asking->audience);
    visitor_drop(asking->visitor);
    free(asking->places);
    keep_query(asking);
    free(asking->follows);
    free(asking->found);
    free(asking);
}

// Says so, and ends it.
static void refuse(struct asking *asking, const struct pull_problem *problem)
{
    struct pull_problem full = *problem;
    full.allow_origin = asking->allow_origin;
    if (asking->request)
        pull_problem_say(asking->request, &full);
    else if (asking->puller)
        asking->said(asking->puller, &full);
    asking_end(asking);
}

static void fail(struct asking *asking, unsigned status, const char *type,
                 const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    refuse(asking, &problem);
}

static void no_memory(struct asking *asking)
{
    fail(asking, 503, "out-of-memory", "the hub is out of memory");
}

// ---------------------------------------------------------------- he is let in

static struct puller_wish wish_of(const struct asking *asking)
{
    const struct pull_query *query = asking->query;
    return (struct puller_wish){
        .voice = query->voice,
        .wait_ms = query->wait_ms,
        .preferred_s = query->prefer ? (uint32_t)(query->wait_ms / 1000) : 0,
        .conditional = query->conditional,
        .heartbeat_ms = query->heartbeat_s * 1000,
        .pulse = query->pulse,
        .life_ms = (int64_t)query->life_s * 1000,
        .pad = query->pad,
        .topics = query->topic_count + query->pattern_count,
        .allow_origin = asking->allow_origin,
    };
}

static void let_in(struct asking *asking, struct audience *audience,
                   struct places *places)
{
    struct readings *readings = asking->all->readings;
    struct puller_wish wish = wish_of(asking);
    struct member here = { .audience = audience };
    char cursor[CURSOR_TEXT];
    asking_stand(&here, places);
    if (wish.voice == VOICE_EVENTS && readings_place(readings, &here, cursor))
        wish.cursor = cursor;
    const struct puller_source *source =
        wish.voice == VOICE_SOCKET ? asking->all->sockets : asking->all->polls;
    struct puller *puller =
        puller_new(readings->pullers, asking->request, &wish, asking->visitor,
                   source, NULL, asking->now);
    if (puller) {
        struct member *member = member_of(puller);
        ring_init(&member->ring);
        member->audience = audience;
        audience_use(readings->audiences, audience);
        member->number = here.number;
        member->places = here.places;
    } else {
        free(here.places);
    }
    asking_end(asking);
}

static void arrive(struct asking *asking, struct audience *audience)
{
    bool memory;
    struct places *places = asking_places(asking, audience, &memory);
    if (!asking->request && !asking->puller) {
        free(places);
        asking_end(asking);
    } else if (!places && !memory) {
        no_memory(asking);
    } else if (!places) {
        fail(asking, 400, "invalid-cursor",
             "since is not a cursor of this hub, nor latest, earliest, -N, a "
             "time or an age");
    } else if (asking->request) {
        let_in(asking, audience, places);
    } else {
        asking_turn(asking, audience, places);
    }
}

// --------------------------------------------------------------------- topics

static bool may_read(const struct asking *asking, const char *normal,
                     size_t len, enum store_reach reach)
{
    const struct config *config = asking->all->readings->services.config;
    return visitor_may_read(asking->visitor, config, normal, len, reach);
}

// The same for what there is not and for what is not to be known (M20).
static void unknown(struct asking *asking)
{
    fail(asking, 404, "unknown-topic",
         "this hub does not follow that topic, or not for you: a verified "
         "subscription, an operator, a token with the right create, or "
         "pull-open makes it");
}

static void make_audience(struct asking *asking)
{
    struct audience *audience =
        audience_make(asking->all->readings->audiences, asking->query,
                      asking->found, asking->now.mono);
    if (audience)
        arrive(asking, audience);
    else
        no_memory(asking);
}

static void note(struct asking *asking, unsigned status, const char *type,
                 const char *detail)
{
    if (!asking->refused)
        asking->problem = pull_problem_of(status, type, detail);
    asking->refused = true;
}

static void followed(struct store_op *op)
{
    struct asking *asking = op->context;
    struct store_follow *follow = (struct store_follow *)(void *)op;
    size_t i = (size_t)(follow - asking->follows);
    const struct pull_topic *topic = &asking->query->topics[i];
    asking->found[i] = (struct audience_found){ follow->topic, follow->reach };
    if (op->status == STORE_NOT_FOUND
        || (op->status == STORE_OK
            && !may_read(asking, topic->normal, topic->normal_len,
                         follow->reach)))
        note(asking, 404, "", "");
    else if (op->status != STORE_OK)
        note(asking, 503, "store", "the hub cannot follow a topic now");
    if (op->status == STORE_OK && follow->topic_new)
        asking->all->followed(asking->all->context);
    if (--asking->left > 0)
        return;
    asking->now = loop_now();
    if (asking->refused && asking->problem.status == 404)
        unknown(asking);
    else if (asking->refused)
        refuse(asking, &asking->problem);
    else
        make_audience(asking);
}

static void follow_all(struct asking *asking)
{
    const struct services *services = &asking->all->readings->services;
    const struct pull_query *query = asking->query;
    size_t count = query->topic_count;
    asking->follows = calloc(count, sizeof *asking->follows);
    asking->found = calloc(count, sizeof *asking->found);
    if (!asking->follows || !asking->found) {
        no_memory(asking);
        return;
    }
    asking->left = count;
    for (size_t i = 0; i < count; i++) {
        const struct pull_topic *topic = &query->topics[i];
        asking->follows[i] = (struct store_follow){
            .op = { .verb = STORE_FOLLOW, .done = followed, .context = asking },
            .key = topic->key,
            .url = { topic->url, topic->url_len },
            .url_normal = { topic->normal, topic->normal_len },
            .create = visitor_may_create(asking->visitor, services->config,
                                         topic->normal, topic->normal_len),
            .public_only =
                visitor_is_stranger(asking->visitor, services->config),
            .interest_ms = INTEREST_MS,
        };
        store_submit(services->store, &asking->follows[i].op);
    }
}

// What an audience was found to be is remembered.
static const char *denied_topic(const struct asking *asking,
                                struct audience *audience)
{
    const struct rules *rules = asking->all->readings->services.rules;
    return audience ? served_denies(rules, audience)
                    : served_denies_query(rules, asking->query);
}

static void deny(struct asking *asking, const char *topic)
{
    struct metrics *metrics = asking->all->readings->services.metrics;
    struct pull_problem problem = served_problem(metrics, topic);
    refuse(asking, &problem);
}

// What an audience knows is good for a while.
static bool is_fresh(const struct audience *audience, int64_t now)
{
    return audience && now - audience->looked < LOOK_MS;
}

static bool may_read_all(const struct asking *asking,
                         const struct audience *audience)
{
    for (size_t i = 0; i < audience->count && !audience->prefixes; i++) {
        const struct audience_topic *topic = &audience->topics[i];
        if (!may_read(asking, topic->normal, topic->normal_len, topic->reach))
            return false;
    }
    return true;
}

// What he may not read is looked up like what there is not, so that the time
// it takes does not tell them apart (M20).
static void find_audience(struct asking *asking)
{
    struct audiences *audiences = asking->all->readings->audiences;
    struct audience *audience = audience_find(audiences, asking->query);
    const char *denied = denied_topic(asking, audience);
    if (denied)
        deny(asking, denied);
    else if (asking->query->topic_count == 0)
        make_audience(asking);
    else if (is_fresh(audience, asking->now.mono)
             && may_read_all(asking, audience))
        arrive(asking, audience);
    else
        follow_all(asking);
}

// --------------------------------------------------------------------- rights

static void forbid(struct asking *asking)
{
    if (asking->visitor->token != 0 && asking->query->pattern_count > 0)
        fail(asking, 403, "forbidden-topic",
             "the token has not the right match, or does not cover all that "
             "begins so");
    else if (asking->visitor->token != 0)
        fail(asking, 403, "forbidden-topic",
             "the token is not good for one of these topics");
    else
        fail(asking, 403, "forbidden-topic",
             "patterns are for those who show a token");
}

// What can be said without the store. A token's scope decides whatever the
// topic is; nobody is told of what is not his whether it exists.
static bool is_allowed(const struct asking *asking)
{
    const struct config *config = asking->all->readings->services.config;
    const struct pull_query *query = asking->query;
    for (size_t i = 0; i < query->pattern_count; i++)
        if (!visitor_may_match(asking->visitor, config,
                               query->patterns[i].normal,
                               query->patterns[i].len))
            return false;
    for (size_t i = 0; asking->visitor->token != 0 && i < query->topic_count;
         i++)
        if (!may_read(asking, query->topics[i].normal,
                      query->topics[i].normal_len, STORE_REACH_PUBLIC))
            return false;
    return true;
}

static void go(struct asking *asking)
{
    if (!is_allowed(asking))
        forbid(asking);
    else
        find_audience(asking);
}

static void refuse_visitor(struct asking *asking,
                           const struct access_refusal *refusal)
{
    assert(refusal);
    struct pull_problem problem =
        pull_problem_of(refusal->status, refusal->type, refusal->detail);
    problem.challenge = refusal->challenge;
    refuse(asking, &problem);
}

static void known(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    struct asking *asking = context;
    asking->visitor = visitor;
    if (visitor)
        go(asking);
    else
        refuse_visitor(asking, refusal);
}

static void identify(struct asking *asking, struct moment now)
{
    struct access_refusal refusal;
    const struct visitor *visitor;
    switch (access_ask(asking->all->access, asking->request, now, &visitor,
                       &refusal, known, asking)) {
    case ACCESS_KNOWN:
        known(asking, visitor, NULL);
        break;
    case ACCESS_REFUSED:
        refuse_visitor(asking, &refusal);
        break;
    case ACCESS_ASKED:
        break;
    }
}

// ------------------------------------------------------------------ beginning

static struct asking *asking_new(struct askings *all)
{
    struct asking *asking = calloc(1, sizeof *asking);
    if (!asking)
        return NULL;
    asking->all = all;
    asking->next = all->first;
    asking->link = &all->first;
    if (all->first)
        all->first->link = &asking->next;
    all->first = asking;
    return asking;
}

// A socket without what makes it one. True: it was refused.
static bool is_no_socket(struct asking *asking)
{
    const struct config *config = asking->all->readings->services.config;
    const char *problem;
    if (asking->query->voice != VOICE_SOCKET)
        return false;
    if (!websocket_asked(asking->request, &problem))
        problem = "this is for WebSockets: the handshake is missing";
    if (problem) {
        fail(asking, 400, "bad-request", problem);
        return true;
    }
    if (access_allows_origin(config, request_field(asking->request, "Origin")))
        return false;
    fail(asking, 403, "forbidden-origin",
         "a page of this origin may not read here");
    return true;
}

void asking_begin(struct askings *all, struct request *request,
                  struct moment now)
{
    struct asking *asking = asking_new(all);
    struct pull_query *query = asking ? new_query(all) : NULL;
    if (!query) {
        pull_problem(request, 503, "out-of-memory", "the hub is out of memory");
        if (asking)
            asking_end(asking);
        return;
    }
    asking->request = request;
    asking->now = now;
    asking->allow_origin = access_allow_origin(all->access, request);
    if (!pull_query_read(request, now.unix, query)) {
        struct pull_problem problem =
            pull_problem_of(query->status, "bad-request", query->reason);
        refuse(asking, &problem);
        free(query);
        return;
    }
    asking->query = query;
    if (!is_no_socket(asking))
        identify(asking, now);
}

void asking_again(struct askings *all, struct puller *puller,
                  struct pull_query *query,
                  void (*said)(struct puller *puller,
                               const struct pull_problem *problem))
{
    struct asking *asking = asking_new(all);
    if (!asking) {
        struct pull_problem problem =
            pull_problem_of(503, "out-of-memory", "the hub is out of memory");
        pull_query_clear(query);
        free(query);
        said(puller, &problem);
        return;
    }
    asking->now = loop_now();
    asking->puller = puller;
    asking->query = query;
    query->own_positions = query->topic_count > 0;
    asking->said = said;
    asking->visitor = visitor_share(puller_visitor(puller));
    go(asking);
}
