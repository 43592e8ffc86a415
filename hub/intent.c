// SPDX-License-Identifier: MIT

#include "intent.h"

#include "fetcher/url.h"
#include "intent_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LEASE_DIGITS_MAX = 32 };

// `parameter` with or without its "hub."; of a field that was sent under
// another name the brackets stay away.
static void set_code(struct intent *out, const char *parameter,
                     const char *what)
{
    if (strncmp(parameter, "hub.", 4) == 0)
        parameter += 4;
    snprintf(out->code, sizeof out->code, "%.*s.%s",
             (int)strcspn(parameter, "["), parameter, what);
}

bool intent_refuse(struct intent *out, unsigned status, const char *parameter,
                   const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->reason, sizeof out->reason, format, arguments);
    va_end(arguments);
    set_code(out, parameter, what);
    out->status = status;
    return false;
}

bool intent_fail(struct intent *out)
{
    return intent_refuse(out, 503, "hub", "busy", "the hub has no memory left");
}

// ------------------------------------------------------- where fields are

enum encoding { ENCODING_FORM, ENCODING_MULTIPART, ENCODING_OTHER };

static bool charset_is_fine(const char *type)
{
    const char *charset = strcasestr(type, "charset=");
    while (charset && charset > type && !strchr("; \t", charset[-1]))
        charset = strcasestr(charset + 1, "charset=");
    if (!charset)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    size_t len = strcspn(charset, "\"; \t");
    return (len == 5 && strncasecmp(charset, "utf-8", len) == 0)
           || (len == 4 && strncasecmp(charset, "utf8", len) == 0)
           || (len == 8 && strncasecmp(charset, "us-ascii", len) == 0);
}

// A missing type passes for a form (R4): real clients leave it out.
static enum encoding encoding_of(const char *type)
{
    size_t len = type ? strcspn(type, "; \t") : 0;
    if (len == 0)
        return ENCODING_FORM;
    if (len == 19 && strncasecmp(type, "multipart/form-data", len) == 0)
        return ENCODING_MULTIPART;
    if (len == 33
        && strncasecmp(type, "application/x-www-form-urlencoded", len) == 0)
        return ENCODING_FORM;
    return ENCODING_OTHER;
}

static bool is_coded(const char *coding)
{
    return coding && *coding && strcasecmp(coding, "identity") != 0;
}

// Secrets in URLs end up in the logs of proxies (R6), also when the body
// counts.
static bool query_has_secret(const char *query)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    if (!form_read(query, strlen(query), &form, problem))
        return false;
    bool has = form_find(&form, "hub.secret") != NULL;
    form_clear(&form);
    return has;
}

// The body counts; only if there is none, the query (R6).
static bool read_form(const struct request *request, struct intent *out)
{
    const char *type = request_field(request, "Content-Type");
    enum encoding encoding = encoding_of(type);
    char problem[FORM_PROBLEM_MAX];
    bool fine;

    if (encoding == ENCODING_OTHER || (type && !charset_is_fine(type)))
        return intent_refuse(
            out, 415, "request", "type",
            "Content-Type must be application/x-www-form-urlencoded "
            "in UTF-8");
    if (is_coded(request_field(request, "Content-Encoding")))
        return intent_refuse(out, 415, "request", "encoding",
                             "Content-Encoding must be left out");
    if (*request->query && query_has_secret(request->query))
        return intent_refuse(out, 400, "secret", "query",
                             "hub.secret must not be in the query");
    if (request->body_len == 0 && encoding == ENCODING_FORM)
        fine = form_read(request->query, strlen(request->query), &out->form,
                         problem);
    else if (encoding == ENCODING_MULTIPART)
        fine = form_read_multipart(request->body, request->body_len, type,
                                   &out->form, problem);
    else
        fine = form_read(request->body, request->body_len, &out->form, problem);
    if (fine)
        return true;
    if (strcmp(problem, "out of memory") == 0)
        return intent_fail(out);
    return intent_refuse(out, 400, "request", "form", "%s", problem);
}

// ------------------------------------------------------------- parameters

bool intent_single(struct intent *out, const char *name, const char **value)
{
    const struct form_field *field = form_find(&out->form, name);
    *value = field ? field->value : NULL;
    for (const struct form_field *next = field; next;
         next = form_next(&out->form, next))
        if (strcmp(next->value, field->value) != 0)
            return intent_refuse(out, 400, name, "conflict",
                                 "%s is given twice, and differently", name);
    return true;
}

static bool read_mode(struct intent *out)
{
    static const char *const names[] = { "subscribe", "unsubscribe",
                                         "publish" };
    const char *mode;
    if (!intent_single(out, "hub.mode", &mode))
        return false;
    if (!mode || !*mode)
        return intent_refuse(out, 400, "mode", "missing",
                             "hub.mode is missing");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(mode, names[i]) == 0) {
            out->mode = (enum intent_mode)(i + 1);
            return true;
        }
    return intent_refuse(out, 400, "mode", "unknown",
                         "hub.mode is not subscribe, unsubscribe or publish");
}

bool intent_refuse_url(struct intent *out, const char *name,
                       const char *problem)
{
    static const struct {
        const char *word, *what;
    } codes[] = {
        { "fragment", "fragment" },   { "user information", "userinfo" },
        { "port", "port" },           { "too long", "long" },
        { "character", "character" }, { "line break", "character" },
        { "host", "host" },           { "http", "scheme" }
    };
    const char *what = "invalid";
    for (size_t i = sizeof codes / sizeof *codes; i > 0; i--)
        if (strstr(problem, codes[i - 1].word))
            what = codes[i - 1].what;
    return intent_refuse(out, 400, name, what, "%s %s", name, problem);
}

static bool read_url(struct intent *out, const char *name, struct url *url)
{
    const char *text;
    if (!intent_single(out, name, &text))
        return false;
    if (!text || !*text)
        return intent_refuse(out, 400, name, "missing", "%s is missing", name);
    const char *problem = url_read(text, strlen(text), url);
    if (problem)
        return intent_refuse_url(out, name, problem);
    return true;
}

// What has a channel has no callback.
static bool read_urls(struct intent *out)
{
    struct url *urls = malloc(2 * sizeof *urls);
    if (!urls)
        return intent_fail(out);
    out->topic = &urls[0];
    out->callback = &urls[1];
    if (!read_url(out, "hub.topic", out->topic))
        return false;
    url_key(out->topic, out->topic_key.bytes);
    if (out->channel != INTENT_WEBHOOK)
        return true;
    if (!read_url(out, "hub.callback", out->callback))
        return false;
    url_key(out->callback, out->callback_key.bytes);
    url_origin_key(out->callback, out->origin.bytes);
    return true;
}

static bool read_bytes(struct intent *out, const char *name, size_t max,
                       struct bytes *bytes)
{
    const char *value;
    if (!intent_single(out, name, &value))
        return false;
    size_t len = value ? strlen(value) : 0;
    if (len > max)
        return intent_refuse(out, 400, name, "long",
                             "%s is longer than %zu bytes", name, max);
    *bytes = (struct bytes){ value ? value : "", len };
    return true;
}

// Seconds, saturated. What is out of range is clamped later, never refused
// (R20); but it has to be a number. Empty and 0 mean the default: an endless
// lease does not exist.
static bool read_lease(struct intent *out)
{
    const char *text;
    if (!intent_single(out, "hub.lease_seconds", &text))
        return false;
    if (!text || !*text)
        return true;
    size_t digits = strspn(text, "0123456789");
    if (text[digits])
        return intent_refuse(out, 400, "lease_seconds", "number",
                             "hub.lease_seconds is not a positive integer");
    if (digits > LEASE_DIGITS_MAX)
        return intent_refuse(out, 400, "lease_seconds", "long",
                             "hub.lease_seconds has too many digits");

    int64_t seconds = 0;
    for (; *text; text++) {
        if (__builtin_mul_overflow(seconds, 10, &seconds)
            || __builtin_add_overflow(seconds, *text - '0', &seconds)) {
            seconds = INT64_MAX;
            break;
        }
    }
    out->lease_s = seconds > 0 ? seconds : -1;
    return true;
}

// Without a secret nothing is signed, and the method does not matter.
static bool read_method(struct intent *out)
{
    static const struct {
        const char *name;
        enum store_method method;
    } methods[] = { { "sha1", STORE_SHA1 },
                    { "sha256", STORE_SHA256 },
                    { "sha384", STORE_SHA384 },
                    { "sha512", STORE_SHA512 } };
    const char *name;
    if (out->profile.secret.len == 0)
        return true;
    if (!intent_single(out, "hub.signature_method", &name))
        return false;
    if (!name || !*name)
        return true;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcasecmp(name, methods[i].name) == 0) {
            out->profile.method = methods[i].method;
            return true;
        }
    return intent_refuse(
        out, 400, "signature_method", "unknown",
        "hub.signature_method is not sha1, sha256, sha384 or sha512");
}

static bool read_content(struct intent *out)
{
    const char *content;
    if (!intent_single(out, "hub.content", &content))
        return false;
    if (!content || !*content)
        return true;
    if (strcasecmp(content, "full") == 0)
        out->profile.content = STORE_CONTENT_FULL;
    else if (strcasecmp(content, "entries") == 0)
        out->profile.content = STORE_CONTENT_ENTRIES;
    else
        return intent_refuse(out, 400, "content", "unknown",
                             "hub.content is not full or entries");
    return true;
}

static bool read_profile(struct intent *out)
{
    struct store_profile *profile = &out->profile;
    profile->old_client = form_find(&out->form, "hub.verify")
                          || form_find(&out->form, "hub.verify_token");
    // Clients of PubSubHubbub 0.3 and 0.4 know no other method than sha1.
    profile->method = profile->old_client ? STORE_SHA1 : STORE_SHA256;
    return read_bytes(out, "hub.secret", STORE_SECRET_MAX, &profile->secret)
           && read_bytes(out, "hub.verify_token", STORE_VERIFY_TOKEN_MAX,
                         &profile->verify_token);
}

// -------------------------------------------------------------------- all

static bool read_all(const struct request *request, struct intent *out)
{
    if (!read_form(request, out) || !read_mode(out))
        return false;
    if (out->mode == INTENT_PUBLISH)
        return intent_read_publish(out);
    if (!intent_read_channel(out))
        return false;
    if (out->channel != INTENT_WEBHOOK && out->mode == INTENT_UNSUBSCRIBE)
        return true;
    if (!read_urls(out) || !read_profile(out))
        return false;
    // Of a lease that ends nothing needs to be known, and WebSub 5.1 wants
    // its length ignored, however broken.
    return out->mode == INTENT_UNSUBSCRIBE
           || (read_lease(out) && read_method(out) && read_content(out));
}

bool intent_read(const struct request *request, struct intent *out)
{
    *out = (struct intent){ .lease_s = -1 };
    if (read_all(request, out))
        return true;

    struct intent refusal = { .status = out->status, .lease_s = -1 };
    memcpy(refusal.reason, out->reason, sizeof refusal.reason);
    memcpy(refusal.code, out->code, sizeof refusal.code);
    intent_clear(out);
    *out = refusal;
    return false;
}

void intent_clear(struct intent *intent)
{
    form_clear(&intent->form);
    free(intent->topic); // and the callback, which lies behind it
    free(intent->urls);
    free(intent->prefixes);
    *intent = (struct intent){ 0 };
}
