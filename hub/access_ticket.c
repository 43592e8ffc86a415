// SPDX-License-Identifier: MIT

#include "access.h"
#include "access_inside.h"
#include "fetcher/url.h"
#include "grant.h"
#include "log.h"
#include "pull_problem.h"
#include "request.h"
#include "right.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    TTL_S = 60,       // until it has to be used
    TTL_MAX_S = 3600, // the most
};

// One who wants a ticket.
struct wanting {
    struct access *access;
    struct request *request;
    const struct visitor *visitor;
    struct moment now;
    struct ticket ticket;
    int64_t ttl_s;
    bool exact; // of topics URLs alone are named
    size_t topics;
    bool mailboxes, has_rights;
    struct store_key keys[TICKET_ITEMS_MAX];
    struct store_topics look;
    struct store_stats stats;
    uint16_t tag; // of the topics found
    bool tagged;
};

static void wanting_free(struct wanting *wanting)
{
    visitor_drop(wanting->visitor);
    free(wanting);
}

// Answered: the request is gone.
static void refuse(struct wanting *wanting, unsigned status, const char *type,
                   const char *detail)
{
    struct pull_problem problem = pull_problem_of(status, type, detail);
    problem.allow_origin =
        access_allow_origin(wanting->access, wanting->request);
    pull_problem_say(wanting->request, &problem);
    wanting_free(wanting);
}

// ------------------------------------------------------------ what is wanted

struct wrong {
    unsigned status;
    const char *type, *detail;
};

static bool bad(struct wrong *wrong, const char *detail)
{
    *wrong = (struct wrong){ 400, "bad-request", detail };
    return false;
}

static const char many[] = "a ticket is for at most 100 topics and mailboxes";

static bool take_topic(struct wanting *wanting, const char *text, size_t len,
                       struct wrong *wrong)
{
    const struct config *config = wanting->access->services.config;
    const struct visitor *visitor = wanting->visitor;
    struct url url;
    bool prefix;
    if (len > URL_MAX || grant_check(text, len, &url, &prefix))
        return bad(wrong, "topics are URLs, or beginnings of URLs with a * "
                          "behind them that reach over the host's slash");
    bool may =
        prefix ? visitor_may_match(visitor, config, url.normal, url.normal_len)
               : visitor_may_read(visitor, config, url.normal, url.normal_len,
                                  STORE_REACH_PUBLIC);
    if (!may) {
        *wrong = (struct wrong){ 403, "forbidden",
                                 "a topic is not in the scope of the token" };
        return false;
    }
    if (wanting->ticket.count == TICKET_ITEMS_MAX)
        return bad(wrong, many);
    wanting->exact &= !prefix;
    if (!prefix)
        url_key(&url, wanting->keys[wanting->topics].bytes);
    wanting->topics++;
    return ticket_bind(&wanting->ticket, prefix ? TICKET_PREFIX : TICKET_URL,
                       url.normal, url.normal_len);
}

static bool take_topics(struct wanting *wanting, const json_t *list,
                        struct wrong *wrong)
{
    size_t index;
    const json_t *item;
    if (!json_is_array(list))
        return bad(wrong, "topics is a list of URLs");
    json_array_foreach(list, index, item)
    {
        if (!json_is_string(item))
            return bad(wrong, "topics is a list of URLs");
        if (!take_topic(wanting, json_string_value(item),
                        json_string_length(item), wrong))
            return false;
    }
    return true;
}

static bool take_mailbox(struct wanting *wanting, const json_t *name,
                         struct wrong *wrong)
{
    size_t len = json_string_length(name);
    if (!json_is_string(name) || len == 0 || len > STORE_NAME_MAX)
        return bad(wrong, "mailboxes is a list of names");
    if (!visitor_may_open(wanting->visitor, json_string_value(name), len)) {
        *wrong = (struct wrong){ 403, "forbidden",
                                 "the token has no right to mailboxes" };
        return false;
    }
    return ticket_bind(&wanting->ticket, TICKET_MAILBOX,
                       json_string_value(name), len)
           || bad(wrong, many);
}

static bool take_mailboxes(struct wanting *wanting, const json_t *list,
                           struct wrong *wrong)
{
    size_t index;
    const json_t *item;
    if (!json_is_array(list))
        return bad(wrong, "mailboxes is a list of names");
    json_array_foreach(list, index, item)
    {
        if (!take_mailbox(wanting, item, wrong))
            return false;
    }
    wanting->mailboxes = index > 0;
    return true;
}

static bool take_rights(struct wanting *wanting, const json_t *list,
                        struct wrong *wrong)
{
    size_t index;
    const json_t *item;
    const unsigned never =
        STORE_RIGHT_TICKET | STORE_RIGHT_VIEW | STORE_RIGHT_ADMIN;
    unsigned rights = 0;
    if (!json_is_array(list))
        return bad(wrong, "rights is a list of names");
    json_array_foreach(list, index, item)
    {
        unsigned right =
            json_is_string(item)
                ? right_read(json_string_value(item), json_string_length(item))
                : 0;
        if (!right || (right & never) != 0)
            return bad(wrong, "rights of a ticket are pull, match, mailbox, "
                              "create and presence");
        rights |= right;
    }
    if (rights & ~wanting->visitor->rights) {
        *wrong = (struct wrong){ 403, "forbidden",
                                 "the token does not have these rights" };
        return false;
    }
    wanting->ticket.rights = rights;
    wanting->has_rights = true;
    return true;
}

static bool take_ttl(struct wanting *wanting, const json_t *ttl,
                     struct wrong *wrong)
{
    if (!json_is_integer(ttl) || json_integer_value(ttl) < 1
        || json_integer_value(ttl) > TTL_MAX_S)
        return bad(wrong, "ttl is a number of seconds from 1 to 3600");
    wanting->ttl_s = json_integer_value(ttl);
    return true;
}

static bool take(struct wanting *wanting, const char *key, const json_t *value,
                 struct wrong *wrong)
{
    if (strcmp(key, "topics") == 0)
        return take_topics(wanting, value, wrong);
    if (strcmp(key, "mailboxes") == 0)
        return take_mailboxes(wanting, value, wrong);
    if (strcmp(key, "rights") == 0)
        return take_rights(wanting, value, wrong);
    if (strcmp(key, "ttl") == 0)
        return take_ttl(wanting, value, wrong);
    return bad(wrong,
               "there are topics, mailboxes, rights and ttl, and nothing "
               "else");
}

static bool take_all(struct wanting *wanting, json_t *root, struct wrong *wrong)
{
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (!take(wanting, key, value, wrong))
            return false;
    }
    return true;
}

static bool read_body(struct wanting *wanting, struct wrong *wrong)
{
    const struct request *request = wanting->request;
    if (request->body_len == 0)
        return true;
    json_t *root = json_loadb(request->body, request->body_len,
                              JSON_REJECT_DUPLICATES, NULL);
    bool fine =
        json_is_object(root) || bad(wrong, "the body is no JSON object");
    fine = fine && take_all(wanting, root, wrong);
    json_decref(root);
    return fine;
}

// ----------------------------------------------------------------- the answer

static json_t *answer_json(const struct wanting *wanting, const char *text)
{
    char cursor[CURSOR_TEXT];
    const struct access *access = wanting->access;
    json_t *root = json_object();
    json_object_set_new(root, "ticket", json_string(text));
    json_object_set_new(root, "expires_in", json_integer(wanting->ttl_s));
    struct cursor place = {
        .epoch = store_epoch(access->services.store),
        .number = wanting->stats.numbers.events,
        .tag = wanting->tag,
    };
    if (wanting->tagged && cursor_write(access->cursors, &place, cursor))
        json_object_set_new(root, "cursor", json_string(cursor));
    return root;
}

static void give(struct wanting *wanting)
{
    char ticket[TICKET_TEXT_MAX];
    bool fine =
        ticket_write(wanting->access->tickets, &wanting->ticket, ticket);
    json_t *root = fine ? answer_json(wanting, ticket) : NULL;
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (!text) {
        refuse(wanting, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    const char *origin = access_allow_origin(wanting->access, wanting->request);
    struct reply reply = {
        .status = 201,
        .content_type = "application/json",
        .body = text,
        .body_len = strlen(text),
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff", origin },
        .header_count = origin ? 3 : 2,
    };
    request_reply(wanting->request, &reply);
    free(text);
    wanting_free(wanting);
}

static void on_stats(struct store_op *op)
{
    struct wanting *wanting = op->context;
    wanting->tagged &= op->status == STORE_OK;
    wanting->access->under_way--;
    give(wanting);
}

static void on_topics(struct store_op *op)
{
    struct wanting *wanting = op->context;
    uint64_t topics[TICKET_ITEMS_MAX];
    wanting->tagged = op->status == STORE_OK;
    for (size_t i = 0; wanting->tagged && i < wanting->look.count; i++) {
        topics[i] = wanting->look.items[i].id;
        wanting->tagged = topics[i] != 0;
    }
    if (wanting->tagged)
        wanting->tag = cursor_tag(topics, wanting->look.count);
    store_release(op);
    wanting->stats.op = (struct store_op){
        .verb = STORE_STATS,
        .done = on_stats,
        .context = wanting,
    };
    store_submit(wanting->access->services.store, &wanting->stats.op);
}

// A place from where nothing is missed, however long he takes to connect.
static void find_place(struct wanting *wanting)
{
    wanting->look = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = on_topics, .context = wanting },
        .keys = wanting->keys,
        .count = wanting->topics,
    };
    wanting->access->under_way++;
    store_submit(wanting->access->services.store, &wanting->look.op);
}

// For what is named: who names mailboxes alone wants no topics.
static unsigned usual_rights(const struct wanting *wanting)
{
    unsigned rights = 0;
    if (wanting->topics > 0 || !wanting->mailboxes)
        rights |= STORE_RIGHT_PULL | STORE_RIGHT_MATCH;
    if (wanting->mailboxes)
        rights |= STORE_RIGHT_MAILBOX;
    return rights & wanting->visitor->rights;
}

static void serve(struct wanting *wanting)
{
    const struct visitor *visitor = wanting->visitor;
    struct wrong wrong;
    if (!(visitor->rights & STORE_RIGHT_TICKET)) {
        refuse(wanting, 403, "forbidden",
               "this is no token that may give tickets");
        return;
    }
    wanting->ttl_s = TTL_S;
    wanting->exact = true;
    wanting->ticket.token = visitor->token;
    if (!read_body(wanting, &wrong)) {
        refuse(wanting, wrong.status, wrong.type, wrong.detail);
        return;
    }
    if (!wanting->has_rights)
        wanting->ticket.rights = usual_rights(wanting);
    wanting->ticket.expires = wanting->now.unix + wanting->ttl_s * 1000;
    LOG(LOG_INFO, "ticket.given", LOG_T("token", visitor->name),
        LOG_N("items", wanting->ticket.count),
        LOG_N("seconds", wanting->ttl_s));
    if (wanting->exact && wanting->topics > 0)
        find_place(wanting);
    else
        give(wanting);
}

static void on_known(void *context, const struct visitor *visitor,
                     const struct access_refusal *refusal)
{
    struct wanting *wanting = context;
    wanting->visitor = visitor;
    if (visitor && visitor->token != 0) {
        serve(wanting);
        return;
    }
    struct pull_problem problem = pull_problem_of(
        refusal ? refusal->status : 401,
        refusal ? refusal->type : "token-needed",
        refusal ? refusal->detail : "tickets are given to holders of tokens");
    problem.challenge = refusal ? refusal->challenge
                                : "WWW-Authenticate: Bearer realm=\"websubd\"";
    problem.allow_origin =
        access_allow_origin(wanting->access, wanting->request);
    pull_problem_say(wanting->request, &problem);
    wanting_free(wanting);
}

void access_ticket(struct access *access, struct request *request,
                   struct moment now)
{
    struct access_refusal refusal;
    const struct visitor *visitor = NULL;
    struct wanting *wanting = calloc(1, sizeof *wanting);
    if (!wanting) {
        pull_problem(request, 503, "out-of-memory", "the hub is out of memory");
        return;
    }
    wanting->access = access;
    wanting->request = request;
    wanting->now = now;
    switch (access_ask(access, request, now, &visitor, &refusal, on_known,
                       wanting)) {
    case ACCESS_ASKED:
        break;
    case ACCESS_KNOWN:
        on_known(wanting, visitor, NULL);
        break;
    case ACCESS_REFUSED:
        on_known(wanting, NULL, &refusal);
        break;
    }
}
