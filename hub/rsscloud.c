// SPDX-License-Identifier: MIT

#include "rsscloud.h"

#include "fetcher/url.h"
#include "form.h"
#include "intent.h"
#include "publish.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TEXT_MAX = 512, BODY_MAX = 16 * 1024 };

// ----------------------------------------------------------------- answers

// Whichever is named first; XML is what this interface began with.
static bool wants_json(const struct request *request)
{
    const char *accept = request_field(request, "Accept");
    const char *json = accept ? strcasestr(accept, "application/json") : NULL;
    const char *xml = accept ? strcasestr(accept, "/xml") : NULL;
    return json && (!xml || json < xml);
}

// The sentences are our own: nothing in them needs to be escaped.
static void say(struct request *request, unsigned status, const char *code,
                const char *message)
{
    char text[TEXT_MAX], error[96];
    bool json = wants_json(request);
    const char *success = status == 200 ? "true" : "false";
    int len = snprintf(text, sizeof text,
                       json ? "{\"success\":%s,\"msg\":\"%s\"}\n"
                            : "<?xml version=\"1.0\"?>\n"
                              "<result success=\"%s\" msg=\"%s\"/>\n",
                       success, message);
    struct reply reply = {
        .status = status,
        .content_type = json ? "application/json" : "text/xml; charset=utf-8",
        .body = text,
        .body_len = len < TEXT_MAX ? (size_t)len : TEXT_MAX - 1,
        .headers = { "X-Content-Type-Options: nosniff", "Vary: Accept" },
        .header_count = 2,
    };
    if (code) {
        snprintf(error, sizeof error, "Hub-Error: %s", code);
        reply.headers[reply.header_count++] = error;
    }
    request_reply(request, &reply);
}

static void accept(struct request *request)
{
    say(request, 200, NULL, "Thanks for the ping.");
}

static void refuse(struct request *request, unsigned status, const char *code,
                   const char *reason)
{
    say(request, status, code, reason);
}

const struct publish_face *rsscloud_face(void)
{
    static const struct publish_face face = { METRIC_PINGS_RSSCLOUD, accept,
                                              refuse };
    return &face;
}

// ----------------------------------------------------------------- reading

static bool deny(struct request *request, unsigned status, const char *code,
                 const char *message)
{
    say(request, status, code, message);
    return false;
}

// What is missing is meant as a form.
static bool is_form(const char *type)
{
    size_t len = type ? strcspn(type, "; \t") : 0;
    return len == 0
           || (len == 33
               && strncasecmp(type, "application/x-www-form-urlencoded", len)
                      == 0);
}

static bool read_url(struct request *request, const char *text,
                     struct intent *intent)
{
    *intent = (struct intent){ .mode = INTENT_PUBLISH, .lease_s = -1 };
    intent->topic = malloc(sizeof *intent->topic);
    intent->urls = calloc(1, sizeof *intent->urls);
    if (!intent->topic || !intent->urls) {
        intent_clear(intent);
        return deny(request, 503, "hub.busy", "The hub has no memory left.");
    }
    if (url_read(text, strlen(text), intent->topic)) {
        intent_clear(intent);
        return deny(request, 400, "url.invalid",
                    "The url is not an http or https URL.");
    }
    url_key(intent->topic, intent->urls[0].bytes);
    intent->url_count = 1;
    return true;
}

static bool read_form(struct request *request, const struct form *form,
                      struct intent *out)
{
    const struct form_field *url = form_find(form, "url");
    if (!url || url->value_len == 0)
        return deny(request, 400, "url.missing", "The url is missing.");
    const struct form_field *other = form_next(form, url);
    if (other && strcmp(other->value, url->value) != 0)
        return deny(request, 400, "url.conflict", "There are two urls.");
    return read_url(request, url->value, out);
}

bool rsscloud_read(struct request *request, struct intent *out)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    if (!is_form(request_field(request, "Content-Type")))
        return deny(request, 415, "request.type",
                    "Content-Type must be application/x-www-form-urlencoded.");
    if (request->body_len > BODY_MAX)
        return deny(request, 413, "request.long", "That is too long.");
    if (!form_read(request->body, request->body_len, &form, problem))
        return deny(request, 400, "request.form", "That is not a form.");
    bool fine = read_form(request, &form, out);
    form_clear(&form);
    return fine;
}
