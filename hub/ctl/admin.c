// SPDX-License-Identifier: MIT

#include "admin.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20, URL_BYTES = 16384 };

struct body {
    char *text;
    size_t len;
};

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct body *body = context;
    size_t more = size * count;
    if (more > ANSWER_MAX - body->len)
        return 0;
    char *text = realloc(body->text, body->len + more + 1);
    if (!text)
        return 0;
    memcpy(text + body->len, bytes, more);
    body->text = text;
    body->len += more;
    text[body->len] = '\0';
    return more;
}

// The host of the URL goes into the Host field and nowhere else.
static bool build_url(CURL *curl, const struct admin_question *question,
                      char url[URL_BYTES])
{
    int len = snprintf(url, URL_BYTES, "http://localhost%s", question->path);
    char mark = '?';
    for (size_t i = 0; i < question->count && len < URL_BYTES; i++) {
        const struct admin_parameter *one = &question->parameters[i];
        if (!one->value)
            continue;
        char *escaped = curl_easy_escape(curl, one->value, 0);
        if (!escaped)
            return false;
        len += snprintf(url + len, (size_t)(URL_BYTES - len), "%c%s=%s", mark,
                        one->name, escaped);
        curl_free(escaped);
        mark = '&';
    }
    return len < URL_BYTES;
}

static bool set_options(CURL *curl, const struct ctl *ctl,
                        const struct admin_question *question, const char *url,
                        struct body *body)
{
    bool post = strcmp(question->method, "POST") == 0;
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, ctl->socket)
                  == CURLE_OK
           // An http_proxy in the environment is not meant for this.
           && curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TIMEOUT, question->timeout_s)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEDATA, body) == CURLE_OK
           && (!post
               || (curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "") == CURLE_OK
                   && curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L)
                          == CURLE_OK));
}

static bool perform(CURL *curl, const struct ctl *ctl,
                    const struct admin_question *question, struct body *body)
{
    char url[URL_BYTES];
    if (!build_url(curl, question, url)) {
        fputs("websubctl: the request is too long\n", stderr);
        return false;
    }
    if (!set_options(curl, ctl, question, url, body)) {
        fputs("websubctl: libcurl does not take the options\n", stderr);
        return false;
    }
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        return true;
    fprintf(stderr,
            "websubctl: no daemon answers at %s (%s); --data=DIR or "
            "WEBSUBD_SOCKET says where it is\n",
            ctl->socket, curl_easy_strerror(code));
    return false;
}

bool admin_ask(const struct ctl *ctl, const struct admin_question *question,
               struct admin_answer *out)
{
    CURL *curl = curl_easy_init();
    struct body body = { 0 };
    struct admin_answer answer = { 0 };
    bool asked = curl && perform(curl, ctl, question, &body);
    if (asked) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        answer.text = body.text;
        answer.json = json_loads(body.text ? body.text : "",
                                 JSON_REJECT_DUPLICATES, NULL);
    } else {
        free(body.text);
    }
    curl_easy_cleanup(curl);
    if (!asked)
        return false;
    if (!json_is_object(answer.json)) {
        fprintf(stderr, "websubctl: what answers at %s is no websubd\n",
                ctl->socket);
        admin_clear(&answer);
        return false;
    }
    *out = answer;
    return true;
}

void admin_clear(struct admin_answer *answer)
{
    free(answer->text);
    json_decref(answer->json);
    *answer = (struct admin_answer){ 0 };
}

int admin_complain(const struct ctl *ctl, const struct admin_answer *answer)
{
    const char *error =
        json_string_value(json_object_get(answer->json, "error"));
    if (ctl->json)
        puts(answer->text);
    else if (error)
        fprintf(stderr, "websubctl: %s\n", error);
    else
        fprintf(stderr, "websubctl: the daemon answered %ld\n", answer->status);
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
