// SPDX-License-Identifier: MIT

#include "relay_net.h"

#include "hub/backoff.h"
#include "hub/loop.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_MS = 10 * 1000,
    KEEPALIVE_S = 15, // what stands between forgets who is silent
    POLL_MAX_MS = 60 * 1000,
    POLLED_MAX = 4,
    KEPT_MAX = 64, // idle connections
    HOLD_MAX = 128 * 1024 * 1024,
    RETRY_AFTER_MAX_MS = 60 * 60 * 1000,
};

struct relay_call {
    struct relay_call *next, **self;
    struct relay_net *net;
    struct relay_ask ask;
    CURL *curl;
    struct curl_slist *headers;
    char *bytes;
    size_t len, room;
    bool refused, cut, excess; // by the guard; short; beyond a ceiling
    char *links[RELAY_LINKS_MAX];
    size_t link_count;
    char *location, *etag, *modified;
    char problem[CURL_ERROR_SIZE];
};

struct relay_net {
    CURLM *multi;
    const struct guard *guard;
    const char *agent;
    struct relay_call *calls;
    size_t held; // bytes of answers
};

struct relay_net *relay_net_new(const struct guard *callbacks,
                                const char *agent)
{
    struct relay_net *net = calloc(1, sizeof *net);
    if (!net)
        return NULL;
    net->guard = callbacks;
    net->agent = agent;
    net->multi = curl_multi_init();
    if (net->multi
        && curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_MAX)
               == CURLM_OK)
        return net;
    relay_net_free(net);
    return NULL;
}

static void end(struct relay_call *call)
{
    struct relay_net *net = call->net;
    *call->self = call->next;
    if (call->next)
        call->next->self = call->self;
    if (call->curl) {
        curl_multi_remove_handle(net->multi, call->curl);
        curl_easy_cleanup(call->curl);
    }
    curl_slist_free_all(call->headers);
    net->held -= call->room;
    for (size_t i = 0; i < call->link_count; i++)
        free(call->links[i]);
    free(call->location);
    free(call->etag);
    free(call->modified);
    free(call->bytes);
    free(call);
}

void relay_net_free(struct relay_net *net)
{
    if (!net)
        return;
    while (net->calls)
        end(net->calls);
    curl_multi_cleanup(net->multi);
    free(net);
}

// ------------------------------------------------- what libcurl asks and tells

static bool is_allowed(const struct guard *guard,
                       const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    const void *raw =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    // The guard lets the whole internet pass; the relay calls its neighbours.
    return guard_allows(guard, address)
           && inet_ntop(address->sa_family, raw, text, sizeof text)
           && guard_lists(guard, text);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address)
{
    struct relay_call *call = context;
    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (call->ask.side == RELAY_TO_CALLBACK
        && !is_allowed(call->net->guard, &address->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

static bool make_room(struct relay_call *call, size_t wanted)
{
    struct relay_net *net = call->net;
    size_t room = call->room ? call->room : 4096;
    while (room < wanted)
        room *= 2;
    if (room == call->room)
        return true;
    size_t others = net->held - call->room;
    if (others > 0 && others + room > HOLD_MAX)
        return false;
    char *bytes = realloc(call->bytes, room);
    if (!bytes)
        return false;
    net->held += room - call->room;
    call->bytes = bytes;
    call->room = room;
    return true;
}

static size_t collect(char *bytes, size_t size, size_t count, void *context)
{
    struct relay_call *call = context;
    size_t more = size * count, left = call->ask.answer_max - call->len;
    if (more > left && call->ask.truncate)
        call->cut = true;
    else
        call->excess = more > left;
    size_t take = more > left ? left : more;
    if (call->excess || !make_room(call, call->len + take + 1)) {
        call->excess = true;
        return 0;
    }
    memcpy(call->bytes + call->len, bytes, take);
    call->len += take;
    // Where it is cut the rest is not waited for.
    return call->cut ? 0 : more;
}

static char *field_value(const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    if (len <= name_len || strncasecmp(line, name, name_len) != 0
        || line[name_len] != ':')
        return NULL;
    const char *from = line + name_len + 1, *to = line + len;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    while (to > from && (unsigned char)to[-1] <= ' ')
        to--;
    return strndup(from, (size_t)(to - from));
}

// The first of a name counts.
static void keep(char **place, const char *line, size_t len, const char *name)
{
    if (!*place)
        *place = field_value(line, len, name);
}

static size_t read_field(char *line, size_t size, size_t count, void *context)
{
    struct relay_call *call = context;
    size_t len = size * count;
    char *link = call->link_count < RELAY_LINKS_MAX
                     ? field_value(line, len, "Link")
                     : NULL;
    if (link)
        call->links[call->link_count++] = link;
    keep(&call->location, line, len, "Location");
    keep(&call->etag, line, len, "ETag");
    keep(&call->modified, line, len, "Last-Modified");
    return len;
}

// -------------------------------------------------------------------- begin

static bool set_body(struct relay_call *call)
{
    const struct relay_ask *ask = &call->ask;
    if (!ask->body)
        return true;
    return curl_easy_setopt(call->curl, CURLOPT_POST, 1L) == CURLE_OK
           && curl_easy_setopt(call->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                               (curl_off_t)ask->body_len)
                  == CURLE_OK
           && curl_easy_setopt(call->curl, CURLOPT_POSTFIELDS, ask->body)
                  == CURLE_OK;
}

static bool set_headers(struct relay_call *call)
{
    // Neither a question before the body, nor a type that nobody named.
    static const char *const none[] = { "Expect:", "Content-Type:" };
    const struct relay_ask *ask = &call->ask;
    bool typed = false;
    for (size_t i = 0; i < ask->header_count; i++)
        typed |= strncasecmp(ask->headers[i], "Content-Type:", 13) == 0;
    for (size_t i = 0; i < ask->header_count + 2; i++) {
        size_t own = i - ask->header_count;
        const char *line = i < ask->header_count ? ask->headers[i] : none[own];
        if (i == ask->header_count + 1 && typed)
            break;
        struct curl_slist *more = curl_slist_append(call->headers, line);
        if (!more)
            return false;
        call->headers = more;
    }
    return curl_easy_setopt(call->curl, CURLOPT_HTTPHEADER, call->headers)
           == CURLE_OK;
}

static bool set_rules(struct relay_call *call)
{
    CURL *curl = call->curl;
    // A proxy is for those far away, and an environment that names one does
    // not mean our neighbours.
    if (call->ask.side == RELAY_TO_CALLBACK
        && curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK)
        return false;
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https")
               == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                               (long)CONNECT_MS)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                               (long)call->ask.timeout_ms)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_S)
                  == CURLE_OK
           // The path is the subscriber's own business (WebSub 5.1).
           && curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_USERAGENT, call->net->agent)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK;
}

static bool set_up(struct relay_call *call)
{
    CURL *curl = call->curl;
    return curl_easy_setopt(curl, CURLOPT_URL, call->ask.url) == CURLE_OK
           && set_rules(call) && set_body(call) && set_headers(call)
           && curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->ask.method)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->problem)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_WRITEDATA, call) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, read_field)
                  == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_HEADERDATA, call) == CURLE_OK
           && curl_easy_setopt(curl, CURLOPT_PRIVATE, call) == CURLE_OK
           && curl_multi_add_handle(call->net->multi, curl) == CURLM_OK;
}

struct relay_call *relay_net_begin(struct relay_net *net,
                                   const struct relay_ask *ask)
{
    struct relay_call *call = calloc(1, sizeof *call);
    if (!call)
        return NULL;
    call->net = net;
    call->ask = *ask;
    call->next = net->calls;
    call->self = &net->calls;
    if (call->next)
        call->next->self = &call->next;
    net->calls = call;
    call->curl = curl_easy_init();
    if (call->curl && set_up(call))
        return call;
    end(call);
    return NULL;
}

void relay_net_cancel(struct relay_net *net, struct relay_call *call)
{
    (void)net;
    if (call)
        end(call);
}

// ---------------------------------------------------------------------- end

static const char *why(const struct relay_call *call, CURLcode code)
{
    if (call->refused)
        return "its address is not allowed";
    if (call->excess)
        return "the answer is too long";
    return curl_easy_strerror(code);
}

static void finish(struct relay_call *call, CURLcode code)
{
    struct relay_answer answer = { .why = "", .retry_after_ms = -1 };
    struct curl_header *field;
    char *type = NULL;
    long status = 0;
    bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && call->cut);
    if (whole) {
        curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(call->curl, CURLINFO_CONTENT_TYPE, &type);
    } else {
        answer.why = why(call, code);
        answer.excess = call->excess;
        answer.refused = call->refused;
    }
    if (whole
        && curl_easy_header(call->curl, "Retry-After", 0, CURLH_HEADER, -1,
                            &field)
               == CURLHE_OK)
        answer.retry_after_ms = backoff_retry_after(
            field->value, loop_now().unix, RETRY_AFTER_MAX_MS);
    if (call->bytes)
        call->bytes[call->len] = '\0';
    answer.status = (unsigned)status;
    answer.body = call->bytes ? call->bytes : "";
    answer.len = call->len;
    answer.content_type = type;
    answer.location = call->location;
    answer.etag = call->etag;
    answer.modified = call->modified;
    answer.links = (const char *const *)call->links;
    answer.link_count = call->link_count;
    call->ask.done(call->ask.context, &answer);
    end(call);
}

// False: there was nothing.
static bool harvest(struct relay_net *net)
{
    int left;
    bool any = false;
    CURLMsg *message;
    while ((message = curl_multi_info_read(net->multi, &left))) {
        struct relay_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        finish(call, code);
        any = true;
    }
    return any;
}

void relay_net_run(struct relay_net *net, const int *fds, size_t fd_count,
                   int64_t timeout_ms)
{
    struct curl_waitfd polled[POLLED_MAX];
    int running;
    for (size_t i = 0; i < fd_count && i < POLLED_MAX; i++)
        polled[i] =
            (struct curl_waitfd){ .fd = fds[i], .events = CURL_WAIT_POLLIN };
    if (timeout_ms > POLL_MAX_MS)
        timeout_ms = POLL_MAX_MS;
    // What was begun since the last run has to be started before the wait, and
    // may have ended at once: poll() would never tell.
    curl_multi_perform(net->multi, &running);
    if (harvest(net))
        return;
    curl_multi_poll(net->multi, polled, (unsigned)fd_count,
                    timeout_ms < 0 ? 0 : (int)timeout_ms, NULL);
    curl_multi_perform(net->multi, &running);
    harvest(net);
}

void relay_net_wake(struct relay_net *net)
{
    curl_multi_wakeup(net->multi);
}

bool relay_net_later(unsigned status)
{
    return status < 200 || status / 100 == 3 || status == 401 || status == 408
           || status == 425 || status == 429 || status >= 500;
}
