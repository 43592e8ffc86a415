// SPDX-License-Identifier: MIT

#include "xmlrpc_ping.h"

#include "fetcher/url.h"
#include "intent.h"
#include "publish.h"
#include "request.h"
#include "xmlrpc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Where an address may stand among the parameters.
enum { SITE = 1, ADDRESSES_END = 4, ADDRESSES_MAX = ADDRESSES_END - SITE };

// ----------------------------------------------------------------- answers

static void say(struct request *request, const char *text, size_t len)
{
    struct reply reply = {
        .status = 200,
        .content_type = "text/xml; charset=utf-8",
        .body = text,
        .body_len = len,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    request_reply(request, &reply);
}

static void say_result(struct request *request, bool error, const char *message)
{
    char text[XMLRPC_ANSWER_MAX];
    say(request, text, xmlrpc_write_result(error, message, text));
}

static bool say_fault(struct request *request, enum xmlrpc_fault fault,
                      const char *problem)
{
    char text[XMLRPC_ANSWER_MAX];
    say(request, text, xmlrpc_write_fault(fault, problem, text));
    return false;
}

static void accept(struct request *request)
{
    say_result(request, false, "Thanks for the ping.");
}

static void refuse(struct request *request, unsigned status, const char *code,
                   const char *reason)
{
    (void)status;
    (void)code;
    say_result(request, true, reason);
}

const struct publish_face *xmlrpc_ping_face(void)
{
    static const struct publish_face face = { METRIC_PINGS_XMLRPC, accept,
                                              refuse };
    return &face;
}

// ----------------------------------------------------------------- reading

static bool ends_with(const char *text, size_t len, const char *with)
{
    size_t with_len = strlen(with);
    return len >= with_len
           && strncasecmp(text + len - with_len, with, with_len) == 0;
}

static bool is_xml(const char *type)
{
    size_t len = type ? strcspn(type, "; \t") : 0;
    return len == 0 || ends_with(type, len, "/xml")
           || ends_with(type, len, "+xml");
}

// Everything below the site, which itself is no topic.
static void add_prefix(struct intent *intent, const struct url *site)
{
    struct intent_prefix *prefix = &intent->prefixes[0];
    size_t len = site->normal_len;
    if (len >= INTENT_PREFIX_MAX || memchr(site->normal, '?', len))
        return;
    memcpy(prefix->text, site->normal, len);
    if (prefix->text[len - 1] != '/')
        prefix->text[len++] = '/';
    prefix->text[len] = '\0';
    prefix->len = len;
    intent->prefix_count = 1;
}

static bool make_room(struct intent *intent)
{
    *intent = (struct intent){ .mode = INTENT_PUBLISH, .lease_s = -1 };
    intent->topic = malloc(sizeof *intent->topic);
    intent->urls = calloc(ADDRESSES_MAX + 1, sizeof *intent->urls);
    intent->prefixes = calloc(1, sizeof *intent->prefixes);
    if (intent->topic && intent->urls && intent->prefixes)
        return true;
    intent_clear(intent);
    return false;
}

// What is no address is the name of a category, or nothing.
static void add_address(struct intent *intent, const char *text)
{
    if (!url_read(text, strlen(text), intent->topic))
        url_key(intent->topic, intent->urls[intent->url_count++].bytes);
}

static bool read_addresses(struct request *request,
                           const struct xmlrpc_call *call,
                           struct intent *intent)
{
    if (call->count < SITE + 1)
        return say_fault(request, XMLRPC_BAD_PARAMS,
                         "a ping has the weblog's name and its address");
    if (!make_room(intent))
        return say_fault(request, XMLRPC_NO_MEMORY,
                         "the hub has no memory left");
    add_address(intent, call->params[SITE]);
    if (intent->url_count == 0) {
        intent_clear(intent);
        say_result(request, true,
                   "The weblog's address is not an http or https URL.");
        return false;
    }
    add_prefix(intent, intent->topic);
    for (size_t i = SITE + 1; i < call->count && i < ADDRESSES_END; i++)
        add_address(intent, call->params[i]);
    return true;
}

static bool is_ping(const char *method)
{
    return strcmp(method, "weblogUpdates.ping") == 0
           || strcmp(method, "weblogUpdates.extendedPing") == 0;
}

bool xmlrpc_ping_read(struct request *request, struct intent *out)
{
    struct xmlrpc_call call;
    enum xmlrpc_fault fault;
    const char *problem;
    if (!is_xml(request_field(request, "Content-Type"))) {
        request_refuse(request, 415, "request.type",
                       "Content-Type must be text/xml", 0);
        return false;
    }
    if (!xmlrpc_read(request->body, request->body_len, &call, &fault, &problem))
        return say_fault(request, fault, problem);
    bool fine = false;
    if (is_ping(call.method))
        fine = read_addresses(request, &call, out);
    else
        say_fault(request, XMLRPC_NO_METHOD,
                  "there are weblogUpdates.ping and "
                  "weblogUpdates.extendedPing here");
    xmlrpc_clear(&call);
    return fine;
}
