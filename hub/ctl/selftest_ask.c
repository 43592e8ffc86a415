// SPDX-License-Identifier: MIT

#include "selftest.h"

#include "gathered.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 4 << 20, FORM_MAX = 8192, HEADER_MAX = 160 };

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    size_t more = size * count;
    return gathered_add(context, bytes, more, BODY_MAX) ? more : 0;
}

bool selftest_fail(struct selftest *test, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(test->detail, sizeof test->detail, format, arguments);
    va_end(arguments);
    return false;
}

static void set_options(CURL *curl, const struct selftest *test,
                        const char *url, const char *form,
                        struct gathered *body)
{
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)test->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_USERAGENT,
                     "websubctl-selftest/" WEBSUBD_VERSION);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
    if (form)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
}

static struct curl_slist *make_headers(const struct selftest *test)
{
    char line[HEADER_MAX];
    if (!test->token)
        return NULL;
    snprintf(line, sizeof line, "Authorization: Bearer %s", test->secret);
    return curl_slist_append(NULL, line);
}

long selftest_ask(struct selftest *test, const char *path, const char *form,
                  char **out)
{
    CURL *curl = curl_easy_init();
    struct gathered body = { 0 };
    char url[2 * SELFTEST_URL_MAX];
    long status = 0;
    if (!curl) {
        selftest_fail(test, "out of memory");
        return 0;
    }
    snprintf(url, sizeof url, "%s%s", test->hub, path);
    struct curl_slist *headers = make_headers(test);
    set_options(curl, test, url, form, &body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    else
        selftest_fail(test, "%s: %s", test->hub, curl_easy_strerror(code));
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (out)
        *out = body.text;
    else
        free(body.text);
    return status;
}

char *selftest_form(const char *const pairs[][2])
{
    char *form = calloc(1, FORM_MAX);
    size_t len = 0;
    for (size_t i = 0; form && pairs[i][0] && len < FORM_MAX; i++) {
        char *value = curl_easy_escape(NULL, pairs[i][1], 0);
        len += (size_t)snprintf(form + len, FORM_MAX - len, "%s%s=%s",
                                i ? "&" : "", pairs[i][0], value ? value : "");
        curl_free(value);
    }
    return form;
}
