// SPDX-License-Identifier: MIT

#include "admin.h"

#include "complain.h"
#include "gathered.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 20, URL_BYTES = 16384, BODY_MAX = 64 << 10 };

// One connection for all questions of a thread.
static _Thread_local CURL *shared;

struct body {
    CURL *curl;
    const struct admin_sink *sink; // NULL: all of it is gathered
    struct gathered all;
};

static bool pour(const struct body *body, const char *bytes, size_t len)
{
    curl_off_t total = -1;
    curl_easy_getinfo(body->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &total);
    return body->sink->take(body->sink->context, bytes, len, total);
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct body *body = context;
    size_t more = size * count;
    long status = 0;
    curl_easy_getinfo(body->curl, CURLINFO_RESPONSE_CODE, &status);
    if (body->sink && status == 200)
        return pour(body, bytes, more) ? more : 0;
    return gathered_add(&body->all, bytes, more, ANSWER_MAX) ? more : 0;
}

// Writes "?a=b&c=d" behind what is there. False: it does not fit.
static bool write_pairs(CURL *curl, const struct admin_parameter *pairs,
                        size_t count, char mark, char *out, size_t max)
{
    size_t len = strlen(out);
    for (size_t i = 0; i < count && len < max; i++) {
        if (!pairs[i].value)
            continue;
        char *escaped = curl_easy_escape(curl, pairs[i].value, 0);
        if (!escaped)
            return false;
        char sign[2] = { mark, '\0' };
        int more = snprintf(out + len, max - len, "%s%s=%s", sign,
                            pairs[i].name, escaped);
        len += (size_t)more;
        curl_free(escaped);
        mark = '&';
    }
    return len < max;
}

// The host of the URL goes into the Host field and nowhere else.
static bool build_url(CURL *curl, const struct admin_question *question,
                      char url[URL_BYTES])
{
    snprintf(url, URL_BYTES, "http://localhost%s", question->path);
    return write_pairs(curl, question->parameters, question->count, '?', url,
                       URL_BYTES);
}

static bool set_method(CURL *curl, const struct admin_question *question,
                       const char *fields)
{
    if (strcmp(question->method, "POST") != 0)
        return curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(fields))
               == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fields) == CURLE_OK;
}

static bool set_options(CURL *curl, const struct ctl *ctl,
                        const struct admin_question *question, const char *url,
                        struct body *body)
{
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, ctl->socket)
                  == CURLE_OK
           // An http_proxy in the environment is not meant for this.
           && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TIMEOUT, question->timeout_s)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK;
}

static void say_nobody(const struct ctl *ctl, CURLcode code)
{
    if (access(ctl->socket, W_OK) != 0 && errno == EACCES)
        complain("this user may not use %s: only the daemon's and root may "
                 "(sudo websubctl ...)",
                 ctl->socket);
    else
        complain("no daemon answers at %s (%s); --data=DIR or "
                 "WEBSUBD_SOCKET says where it is",
                 ctl->socket, curl_easy_strerror(code));
}

static bool perform(CURL *curl, const struct ctl *ctl,
                    const struct admin_question *question, struct body *body,
                    char *fields)
{
    char url[URL_BYTES];
    if (!build_url(curl, question, url)
        || !write_pairs(curl, question->fields, question->field_count, '&',
                        fields, BODY_MAX)) {
        complain("the request is too long");
        return false;
    }
    const char *text = *fields == '&' ? fields + 1 : fields;
    if (!set_options(curl, ctl, question, url, body)
        || !set_method(curl, question, text)) {
        complain("libcurl does not take the options");
        return false;
    }
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        return true;
    // Who pours it away says himself why.
    if (!body->sink || code != CURLE_WRITE_ERROR)
        say_nobody(ctl, code);
    return false;
}

static bool ask(const struct ctl *ctl, const struct admin_question *question,
                struct body *body)
{
    char *fields = calloc(1, BODY_MAX);
    if (!shared)
        shared = curl_easy_init();
    body->curl = shared;
    bool asked =
        shared && fields && perform(shared, ctl, question, body, fields);
    free(fields);
    if (asked)
        return true;
    free(body->all.text);
    return false;
}

// Takes the body's text.
static bool read_answer(const struct ctl *ctl, const struct body *body,
                        struct admin_answer *out)
{
    struct admin_answer answer = { .text = body->all.text };
    curl_easy_getinfo(shared, CURLINFO_RESPONSE_CODE, &answer.status);
    if (body->sink && answer.status == 200) {
        *out = answer;
        return true;
    }
    answer.json = json_loads(answer.text ? answer.text : "",
                             JSON_REJECT_DUPLICATES, NULL);
    *out = answer;
    if (json_is_object(answer.json))
        return true;
    complain("what answers at %s is no websubd", ctl->socket);
    admin_clear(out);
    return false;
}

bool admin_ask(const struct ctl *ctl, const struct admin_question *question,
               struct admin_answer *out)
{
    struct body body = { 0 };
    return ask(ctl, question, &body) && read_answer(ctl, &body, out);
}

bool admin_download(const struct ctl *ctl,
                    const struct admin_question *question,
                    const struct admin_sink *sink, struct admin_answer *out)
{
    struct body body = { .sink = sink };
    return ask(ctl, question, &body) && read_answer(ctl, &body, out);
}

void admin_clear(struct admin_answer *answer)
{
    free(answer->text);
    json_decref(answer->json);
    *answer = (struct admin_answer){ 0 };
}

void admin_close(void)
{
    curl_easy_cleanup(shared);
    shared = NULL;
}

int admin_complain(const struct ctl *ctl, const struct admin_answer *answer)
{
    const char *error =
        json_string_value(json_object_get(answer->json, "error"));
    if (ctl->json)
        puts(answer->text);
    else if (error)
        complain("%s", error);
    else
        complain("the daemon answered %ld", answer->status);
    return answer->status == 400 ? CTL_USAGE : CTL_NO;
}

int admin_show(const struct ctl *ctl, const struct admin_question *question,
               void (*print)(const json_t *answer))
{
    struct admin_answer answer;
    if (!admin_ask(ctl, question, &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    if (answer.status != 200)
        code = admin_complain(ctl, &answer);
    else if (ctl->json)
        puts(answer.text);
    else
        print(answer.json);
    admin_clear(&answer);
    return code;
}
