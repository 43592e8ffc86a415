// SPDX-License-Identifier: MIT

#include "selftest_stage.h"

#include "hub/form.h"
#include "hub/http.h"
#include "hub/listener.h"
#include "hub/request.h"
#include "hub/signature.h"
#include "hub/token_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 64,
    IDLE_S = 10,
    BODY_MAX = 1 << 20,
    ANSWERS_MAX = 4 << 20,
    DOCUMENT_MAX = 16384,
    ENTRY_MAX = 64,
    NAME = 16, // of the paths, which nobody guesses
};

struct stage {
    struct listener listener;
    struct http *http;
    pthread_t accepting;
    int end; // eventfd
    bool runs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char hub[STAGE_LINE_MAX], name[NAME + 1], secret[TOKEN_TEXT];
    char feed[STAGE_URL_MAX], callback[STAGE_URL_MAX];
    char misleading[STAGE_URL_MAX];
    char entry[ENTRY_MAX]; // the newest one's
    unsigned entries;
    // Under the lock.
    unsigned counts[STAGE_EVENTS];
    struct stage_delivery last;
};

static void count(struct stage *stage, enum stage_event event)
{
    stage->counts[event]++;
    pthread_cond_broadcast(&stage->changed);
}

// ---------------------------------------------------------------- publisher

static size_t write_feed(const struct stage *stage, char out[DOCUMENT_MAX])
{
    size_t len = (size_t)snprintf(
        out, DOCUMENT_MAX,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
        "<title>A test of the hub by itself</title>\n<id>urn:%s</id>\n"
        "<updated>2026-01-01T00:00:00Z</updated>\n"
        "<link rel=\"hub\" href=\"%s\"/><link rel=\"self\" href=\"%s\"/>\n",
        stage->name, stage->hub, stage->feed);
    // The newest one first, and not more than fit.
    for (unsigned i = stage->entries; i > 0 && len < DOCUMENT_MAX - 1024; i--)
        len += (size_t)snprintf(
            out + len, DOCUMENT_MAX - len,
            "<entry><id>urn:%s:%u</id><title>%s-entry-%u</title>\n"
            "<updated>2026-01-01T00:00:%02uZ</updated><content>entry %u"
            "</content></entry>\n",
            stage->name, i, stage->name, i, i % 60, i);
    len += (size_t)snprintf(out + len, DOCUMENT_MAX - len, "</feed>\n");
    return len;
}

static void show_feed(struct stage *stage, struct request *request)
{
    char document[DOCUMENT_MAX], links[2 * STAGE_LINE_MAX];
    size_t len = write_feed(stage, document);
    snprintf(links, sizeof links, "Link: <%s>; rel=\"hub\", <%s>; rel=\"self\"",
             stage->hub, stage->feed);
    const struct reply reply = {
        .status = 200,
        .content_type = "application/atom+xml",
        .body = document,
        .body_len = len,
        .headers = { links },
        .header_count = 1,
    };
    count(stage, STAGE_FETCHED);
    request_reply(request, &reply);
}

// --------------------------------------------------------------- subscriber

static void echo(struct request *request, const char *challenge)
{
    const struct reply reply = {
        .status = 200,
        .content_type = "text/plain",
        .body = challenge,
        .body_len = strlen(challenge),
    };
    request_reply(request, &reply);
}

static void answer_question(struct stage *stage, struct request *request,
                            bool misleads)
{
    struct form form;
    char problem[FORM_PROBLEM_MAX];
    if (!form_read(request->query, strlen(request->query), &form, problem)) {
        request_say(request, 400, problem);
        return;
    }
    const char *mode = form_value(&form, "hub.mode");
    const char *challenge = form_value(&form, "hub.challenge");
    const char *topic = form_value(&form, "hub.topic");
    bool ours = topic && strcmp(topic, stage->feed) == 0;
    bool asked = mode && challenge && ours;
    if (mode && strcmp(mode, "denied") == 0)
        count(stage, STAGE_ENDED);
    else if (asked && misleads)
        count(stage, STAGE_MISLED);
    else if (asked && strcmp(mode, "subscribe") == 0)
        count(stage, STAGE_ASKED);
    else if (asked && strcmp(mode, "unsubscribe") == 0)
        count(stage, STAGE_ASKED_TO_END);
    if (misleads)
        echo(request, "this is not the challenge");
    else if (asked)
        echo(request, challenge);
    else
        request_say(request, 404, "that is not wanted here");
    form_clear(&form);
}

static void copy_field(const struct request *request, const char *name,
                       char out[STAGE_LINE_MAX])
{
    const char *value = request_field(request, name);
    snprintf(out, STAGE_LINE_MAX, "%s", value ? value : "");
}

// Links may come in several fields.
static void copy_links(const struct request *request, char out[STAGE_LINE_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < request->field_count && len < STAGE_LINE_MAX; i++)
        if (strcasecmp(request->fields[i].name, "Link") == 0)
            len += (size_t)snprintf(out + len, STAGE_LINE_MAX - len, "%s%s",
                                    len ? ", " : "", request->fields[i].value);
}

static void expect_signature(const struct stage *stage,
                             const struct request *request,
                             char out[STAGE_LINE_MAX])
{
    static const char field[] = "X-Hub-Signature: ";
    char line[SIGNATURE_LINE_MAX];
    out[0] = '\0';
    if (signature_line(SIGNATURE_SHA256, stage->secret, strlen(stage->secret),
                       request->body, request->body_len, line))
        snprintf(out, STAGE_LINE_MAX, "%s", line + sizeof field - 1);
}

static void take_delivery(struct stage *stage, struct request *request)
{
    struct stage_delivery *last = &stage->last;
    char old[ENTRY_MAX];
    copy_field(request, "X-Hub-Signature", last->signature);
    copy_links(request, last->links);
    expect_signature(stage, request, last->expected);
    snprintf(old, sizeof old, "%s-entry-1<", stage->name);
    last->has_entry = strstr(request->body, stage->entry) != NULL;
    last->has_old = strstr(request->body, old) != NULL;
    count(stage, STAGE_DELIVERED);
    request_reply(request, &(struct reply){ .status = 204 });
}

// Is it http://.../NAME/what?
static bool is_path(const char *path, const char *url)
{
    size_t len = strlen(path), all = strlen(url);
    return len > 1 && len < all && strcmp(url + all - len, path) == 0;
}

// On libmicrohttpd's thread.
static void arrived(void *context, struct request *request)
{
    struct stage *stage = context;
    bool callback = is_path(request->path, stage->callback);
    bool misleading = is_path(request->path, stage->misleading);
    bool get = request->method == REQUEST_GET;
    pthread_mutex_lock(&stage->lock);
    if (get && is_path(request->path, stage->feed))
        show_feed(stage, request);
    else if (get && (callback || misleading))
        answer_question(stage, request, misleading);
    else if (request->method == REQUEST_POST && callback)
        take_delivery(stage, request);
    else
        request_say(request, 404, "there is nothing here");
    pthread_mutex_unlock(&stage->lock);
}

// ------------------------------------------------------------------- server

static void *accept_all(void *context)
{
    struct stage *stage = context;
    struct pollfd ready[] = { { .fd = stage->listener.fd, .events = POLLIN },
                              { .fd = stage->end, .events = POLLIN } };
    for (;;) {
        union {
            struct sockaddr any;
            struct sockaddr_in four;
            struct sockaddr_in6 six;
        } peer;
        socklen_t len = sizeof peer;
        if (poll(ready, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (ready[1].revents)
            return NULL;
        int fd = accept4(stage->listener.fd, &peer.any, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            http_adopt(stage->http, fd, &peer.any, DOOR_PUBLIC);
    }
}

static bool open_server(struct stage *stage, const char *address,
                        char problem[STAGE_PROBLEM_MAX])
{
    bool six = strchr(address, ':') && address[0] != '[';
    char listen[STAGE_URL_MAX], why[LISTENER_PROBLEM_MAX] = "";
    const char *http_why = "out of memory";
    const struct http_options options = {
        .connections_max = CONNECTIONS,
        .answers = { ANSWERS_MAX, ANSWERS_MAX },
        .idle_seconds = IDLE_S,
        .bodies = { BODY_MAX, 0 },
        .arrived = arrived,
        .context = stage,
    };
    snprintf(listen, sizeof listen, six ? "[%s]:0" : "%s:0", address);
    if (!listener_open(listen, &stage->listener, why)) {
        snprintf(problem, STAGE_PROBLEM_MAX, "%s", why);
        return false;
    }
    stage->http = http_open(&options, &http_why);
    stage->end = eventfd(0, EFD_CLOEXEC);
    stage->runs =
        stage->http && stage->end >= 0
        && pthread_create(&stage->accepting, NULL, accept_all, stage) == 0;
    snprintf(problem, STAGE_PROBLEM_MAX, "%s", http_why);
    return stage->runs;
}

static void name_all(struct stage *stage)
{
    const char *base = stage->listener.address;
    snprintf(stage->feed, STAGE_URL_MAX, "http://%s/%s/feed", base,
             stage->name);
    snprintf(stage->callback, STAGE_URL_MAX, "http://%s/%s/callback", base,
             stage->name);
    snprintf(stage->misleading, STAGE_URL_MAX, "http://%s/%s/misleading", base,
             stage->name);
}

static bool make_names(struct stage *stage)
{
    char name[TOKEN_TEXT];
    if (!token_text_make(name) || !token_text_make(stage->secret))
        return false;
    // The first of its letters are in all tokens.
    snprintf(stage->name, sizeof stage->name, "t%.*s", NAME - 1, name + 4);
    return true;
}

struct stage *stage_open(const char *address, const char *hub,
                         char problem[STAGE_PROBLEM_MAX])
{
    struct stage *stage = calloc(1, sizeof *stage);
    snprintf(problem, STAGE_PROBLEM_MAX, "out of memory");
    if (!stage)
        return NULL;
    stage->listener.fd = -1;
    stage->end = -1;
    pthread_mutex_init(&stage->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&stage->changed, &clock);
    pthread_condattr_destroy(&clock);
    snprintf(stage->hub, sizeof stage->hub, "%s", hub);
    if (make_names(stage) && open_server(stage, address, problem)) {
        name_all(stage);
        stage_publish(stage);
        return stage;
    }
    stage_close(stage);
    return NULL;
}

void stage_close(struct stage *stage)
{
    if (!stage)
        return;
    if (stage->runs) {
        eventfd_write(stage->end, 1);
        pthread_join(stage->accepting, NULL);
    }
    listener_close(&stage->listener);
    if (stage->http)
        http_close(stage->http);
    if (stage->end >= 0)
        close(stage->end);
    pthread_cond_destroy(&stage->changed);
    pthread_mutex_destroy(&stage->lock);
    free(stage);
}

// ---------------------------------------------------------------- questions

const char *stage_feed(const struct stage *stage)
{
    return stage->feed;
}

const char *stage_callback(const struct stage *stage)
{
    return stage->callback;
}

const char *stage_misleading(const struct stage *stage)
{
    return stage->misleading;
}

const char *stage_secret(const struct stage *stage)
{
    return stage->secret;
}

const char *stage_publish(struct stage *stage)
{
    pthread_mutex_lock(&stage->lock);
    stage->entries++;
    snprintf(stage->entry, sizeof stage->entry, "%s-entry-%u", stage->name,
             stage->entries);
    pthread_mutex_unlock(&stage->lock);
    return stage->entry;
}

bool stage_wait(struct stage *stage, enum stage_event event, unsigned least,
                int timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + (int64_t)timeout_ms * 1000000;
    until.tv_sec += (time_t)(ns / 1000000000);
    until.tv_nsec = (long)(ns % 1000000000);
    pthread_mutex_lock(&stage->lock);
    int code = 0;
    while (stage->counts[event] < least && code == 0)
        code = pthread_cond_timedwait(&stage->changed, &stage->lock, &until);
    bool happened = stage->counts[event] >= least;
    pthread_mutex_unlock(&stage->lock);
    return happened;
}

unsigned stage_count(struct stage *stage, enum stage_event event)
{
    pthread_mutex_lock(&stage->lock);
    unsigned counted = stage->counts[event];
    pthread_mutex_unlock(&stage->lock);
    return counted;
}

void stage_last(struct stage *stage, struct stage_delivery *out)
{
    pthread_mutex_lock(&stage->lock);
    *out = stage->last;
    pthread_mutex_unlock(&stage->lock);
}
