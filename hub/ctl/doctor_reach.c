// SPDX-License-Identifier: MIT

#include "doctor.h"

#include "hub/literal.h"
#include "show.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum {
    TIMEOUT_S = 15,
    DAYS_SOON = 14,
    DAYS_NOW = 3,
    DAY_S = 86400,
    URL_BYTES = 600,
    HOST_BYTES = 300,
};

static const char authorities[] = "/etc/ssl/certs/ca-certificates.crt";

// The host and port of "http://HOST:PORT/PATH" with a port in any case.
static void place_of(const char *url, char out[HOST_BYTES])
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    int len = (int)strcspn(host, "/");
    const char *bracket = memchr(host, ']', (size_t)len);
    bool port = memchr(bracket ? bracket : host, ':',
                       (size_t)(host + len - (bracket ? bracket : host)))
                != NULL;
    snprintf(out, HOST_BYTES, port ? "%.*s" : "%.*s:80", len, host);
}

static bool is_loopback(const char *url)
{
    char place[HOST_BYTES];
    place_of(url, place);
    return (!literal_check_port(place) && literal_is_loopback(place))
           || strncasecmp(place, "localhost:", 10) == 0;
}

// -------------------------------------------------------------- certificate

// "Expire date:Feb  1 12:00:00 2027 GMT" of the first one, the hub's own.
// Unix seconds; 0: it does not say.
static int64_t end_of_certificate(CURL *curl)
{
    static const char label[] = "Expire date:";
    struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info
        || info->num_of_certs < 1)
        return 0;
    for (struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
        struct tm end = { 0 };
        if (strncmp(line->data, label, sizeof label - 1) == 0
            && strptime(line->data + sizeof label - 1, "%b %d %T %Y", &end))
            return timegm(&end);
    }
    return 0;
}

static void tell_certificate(struct doctor *doctor, CURL *curl)
{
    int64_t end = end_of_certificate(curl);
    int64_t days = (end - (int64_t)time(NULL)) / DAY_S;
    char when[24];
    enum doctor_state state = days < DAYS_NOW    ? DOCTOR_PROBLEM
                              : days < DAYS_SOON ? DOCTOR_WARNING
                                                 : DOCTOR_OK;
    if (end > 0)
        doctor_tell(doctor, "certificate", state,
                    "good until %s UTC, %" PRId64 " days",
                    show_time(end * 1000, when), days);
}

// ---------------------------------------------------------------- public-url

static size_t drop(char *bytes, size_t size, size_t count, void *context)
{
    (void)bytes;
    (void)context;
    return size * count;
}

// Where the daemon looks for them, if it was told the same.
static const char *authorities_file(void)
{
    const char *told = getenv("SSL_CERT_FILE");
    return told && *told ? told : authorities;
}

static void set_options(CURL *curl, const char *url)
{
    curl_easy_setopt(curl, CURLOPT_CAINFO, authorities_file());
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_USERAGENT,
                     "websubctl-doctor/" WEBSUBD_VERSION);
}

static void tell_answer(struct doctor *doctor, CURL *curl, CURLcode code,
                        const char *url)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        doctor_tell(doctor, "public-url", DOCTOR_PROBLEM,
                    "%s: its certificate is not trusted here: it is for "
                    "another name, over, or signed by nobody in %s",
                    url, authorities_file());
    else if (code != CURLE_OK)
        doctor_tell(doctor, "public-url", DOCTOR_PROBLEM,
                    "%s is not reached from here: %s", url,
                    curl_easy_strerror(code));
    else if (status != 200)
        doctor_tell(doctor, "public-url", DOCTOR_PROBLEM,
                    "%s answers %ld: what stands before the hub does not lead "
                    "there",
                    url, status);
    else
        doctor_tell(doctor, "public-url", DOCTOR_OK, "%s answers", url);
}

static void look_at_url(struct doctor *doctor, const char *url)
{
    char health[URL_BYTES];
    CURL *curl = curl_easy_init();
    if (!curl)
        return;
    snprintf(health, sizeof health, "%s%shealthz", url,
             *url && url[strlen(url) - 1] == '/' ? "" : "/");
    set_options(curl, health);
    CURLcode code = curl_easy_perform(curl);
    tell_answer(doctor, curl, code, url);
    if (code == CURLE_OK)
        tell_certificate(doctor, curl);
    curl_easy_cleanup(curl);
}

static void look_at_name(struct doctor *doctor, const char *url)
{
    if (is_loopback(url))
        doctor_tell(doctor, "public-url", DOCTOR_WARNING,
                    "%s: only this machine can use this hub; set public-url",
                    url);
    else if (strncmp(url, "https://", 8) != 0)
        doctor_tell(doctor, "public-url", DOCTOR_WARNING,
                    "%s: secrets of subscribers travel in the clear; put TLS "
                    "before the hub",
                    url);
    look_at_url(doctor, url);
}

// -------------------------------------------------------- what is let through

// What is given for both is in the options for each, too.
static void look_at_guard(struct doctor *doctor)
{
    static const char *const names[] = { "allow-address", "allow-topic-address",
                                         "allow-callback-address" };
    const char *both = doctor_option(doctor, names[0]);
    bool closed = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *range = doctor_option(doctor, names[i]);
        if (!*range || (i > 0 && strcmp(range, both) == 0))
            continue;
        closed = false;
        doctor_tell(doctor, "guard", DOCTOR_WARNING,
                    "strangers can have the hub call private addresses: "
                    "%s = %s",
                    names[i], range);
    }
    if (closed)
        doctor_tell(doctor, "guard", DOCTOR_OK,
                    "private addresses are not called");
}

static void look_at_listeners(struct doctor *doctor)
{
    const char *admin = doctor_option(doctor, "admin-listen");
    const char *proxy = doctor_option(doctor, "trusted-proxy");
    const char *url = show_string(doctor->status, "public_url");
    if (*admin && !literal_is_loopback(admin))
        doctor_tell(doctor, "admin", DOCTOR_WARNING,
                    "admin-listen = %s is reached from outside without TLS: "
                    "tokens travel in the clear",
                    admin);
    // TLS ends somewhere else: then all come from there.
    if (strncmp(url, "https://", 8) == 0 && !*proxy)
        doctor_tell(doctor, "proxy", DOCTOR_WARNING,
                    "public-url is https, but trusted-proxy is not set: all "
                    "who ask share the budget of one address");
}

static void look_at_authorities(struct doctor *doctor)
{
    if (access(authorities_file(), R_OK) != 0)
        doctor_tell(doctor, "authorities", DOCTOR_WARNING,
                    "%s is not there: no https topic or callback can be "
                    "trusted; install ca-certificates",
                    authorities_file());
}

void doctor_reach(struct doctor *doctor)
{
    look_at_name(doctor, show_string(doctor->status, "public_url"));
    look_at_guard(doctor);
    look_at_listeners(doctor);
    look_at_authorities(doctor);
}
