// SPDX-License-Identifier: MIT

#include "engine_easy.h"

#include "address.h"
#include "decode.h"
#include "engine_network.h"
#include "engine_shard.h"
#include "engine_transfer.h"
#include "guard.h"
#include "target.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    // prepare's line, the exchange's, Accept-Encoding, and what keeps curl
    // from adding its own
    NODES_MAX = EXCHANGE_HEADERS_MAX + 5,
    ORIGIN_URL_MAX = TARGET_HOST_MAX + 32,
    FETCH_BUFFER = 16384,
    OTHER_BUFFER = 2048, // answers to POSTs are short
    FETCH_SPEED_MIN = 64,
    FETCH_SPEED_S = 20,
    CONNECTION_IDLE_S = 90,
    AGENT_MAX = 1024,
    CA_CACHE_S = 86400,
};

struct easy {
    CURL *handle;
    uint64_t origin; // hash of the one that the handle's URL is of
    bool fetch;
    uint64_t subscribers; // told in the User-Agent it has
    char connect_to[ADDRESS_TEXT_MAX + 16];
    struct curl_slist pin;
    struct curl_slist nodes[NODES_MAX];
};

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    transfer->verdict = collect_line(&transfer->collect, bytes, len);
    return transfer->verdict == COLLECT_ON ? len : 0;
}

// MAXFILESIZE of 7.88 does not stop a running transfer.
static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;
    transfer->verdict = collect_body(&transfer->collect, bytes, len);
    return transfer->verdict == COLLECT_ON ? len : 0;
}

// The last word on the address, whatever curl made of the pin.
static curl_socket_t on_socket(void *context, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    (void)purpose;
    struct transfer *transfer = context;
    const struct guard *guard =
        network_guard(transfer->network, transfer->exchange->class);
    if (!guard_allows(guard, &address->addr)) {
        transfer->refused = true;
        return CURL_SOCKET_BAD;
    }
    return shard_socket(transfer, address->family);
}

static int on_close(void *network, curl_socket_t fd)
{
    return shard_close_socket(network, fd);
}

// Connected, and before the request's head is made.
static int on_send(void *context, char *remote, char *local, int remote_port,
                   int local_port)
{
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    return transfer_sends(context) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void set_safety(CURL *handle, struct transfer *transfer)
{
    // No address but the one we pin: no proxy of the environment's, no
    // resolver of curl's, no redirects of curl's, no other protocols.
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, transfer->network);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(handle, CURLOPT_CAINFO, transfer->network->ca_file);
    // With Debian's default path curl would not cache the parsed bundle and
    // spend 45 ms on each connection.
    curl_easy_setopt(handle, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, (long)CA_CACHE_S);
    // Five sessions in a handle that meets thousands of origins.
    curl_easy_setopt(handle, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static void set_constant(struct easy *easy, struct transfer *transfer)
{
    CURL *handle = easy->handle;
    set_safety(handle, transfer);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    // 7.88 fails on reused HTTP/2 connections and is slower there.
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    // Else a transfer that ends while it resolves waits for its thread.
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, transfer->network->user_agent);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, transfer);
    // Both lists are not copied: they change in place.
    curl_easy_setopt(handle, CURLOPT_CONNECT_TO, &easy->pin);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, easy->nodes);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE,
                     (long)(easy->fetch ? FETCH_BUFFER : OTHER_BUFFER));
    if (!easy->fetch)
        return;
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)FETCH_SPEED_MIN);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SPEED_S);
}

struct easy *easy_new(struct transfer *transfer, bool fetch)
{
    struct easy *easy = calloc(1, sizeof *easy);
    if (!easy)
        return NULL;
    easy->handle = curl_easy_init();
    if (!easy->handle) {
        free(easy);
        return NULL;
    }
    easy->fetch = fetch;
    easy->pin.data = easy->connect_to;
    easy->nodes[0].data = transfer->line;
    set_constant(easy, transfer);
    return easy;
}

void easy_free(struct easy *easy)
{
    if (!easy)
        return;
    curl_easy_cleanup(easy->handle);
    free(easy);
}

void *easy_handle(struct easy *easy)
{
    return easy->handle;
}

// The URL is the origin's alone; what is asked for there goes into the
// request line as it is (R90), out of reach of curl's URL parser.
static bool set_origin(struct easy *easy, const struct origin *origin)
{
    char url[ORIGIN_URL_MAX];
    if (easy->origin == origin->hash)
        return true;
    bool brackets = strchr(origin->host, ':');
    snprintf(url, sizeof url, "%s://%s%s%s:%u/",
             origin->https ? "https" : "http", brackets ? "[" : "",
             origin->host, brackets ? "]" : "", (unsigned)origin->port);
    if (curl_easy_setopt(easy->handle, CURLOPT_URL, url) != CURLE_OK)
        return false;
    easy->origin = origin->hash;
    return true;
}

static bool set_target(struct easy *easy, const char *url)
{
    char *text = malloc(target_request_length(url) + 1);
    if (!text)
        return false;
    *target_request(url, text) = '\0';
    CURLcode code =
        curl_easy_setopt(easy->handle, CURLOPT_REQUEST_TARGET, text);
    free(text);
    return code == CURLE_OK;
}

// Not copied: the same option says in both forms how curl reaches the
// origin, without asking a name server and without a port of its own.
static void set_pin(struct easy *easy, const struct transfer *transfer)
{
    char text[ADDRESS_TEXT_MAX];
    bool six = !address_is_ipv4(&transfer->address);
    address_text(&transfer->address, text);
    snprintf(easy->connect_to, sizeof easy->connect_to, "::%s%s%s:%u",
             six ? "[" : "", text, six ? "]" : "",
             (unsigned)transfer->origin->port);
}

static bool is_line(const char *line)
{
    return !strpbrk(line, "\r\n");
}

// curl's lists want char * and leave it alone.
static void set_node(struct curl_slist *node, const char *line)
{
    memcpy(&node->data, &line, sizeof line);
    node[-1].next = node;
    node->next = NULL;
}

static void set_headers(struct easy *easy, const struct exchange *exchange)
{
    struct curl_slist *node = easy->nodes;
    bool typed = false;
    node->next = NULL;
    for (size_t i = 0; i < exchange->header_count; i++) {
        const char *line = exchange->headers[i];
        if (!is_line(line))
            continue; // it would be two
        set_node(++node, line);
        typed = typed || strncasecmp(line, "content-type:", 13) == 0;
    }
    // As a line of our own, else curl would undo it.
    if (exchange->decode)
        set_node(++node, DECODE_ACCEPT);
    if (exchange->class != EXCHANGE_FETCH)
        set_node(++node, "Accept:");
    if (!exchange->post)
        return;
    set_node(++node, "Expect:");
    if (!typed)
        set_node(++node, "Content-Type:");
}

// R82: "websubd/1 (+http://hub/)" says it within its last parenthesis.
static bool set_agent(struct easy *easy, const struct transfer *transfer)
{
    char agent[AGENT_MAX];
    const char *name = transfer->network->user_agent;
    uint64_t count = transfer->exchange->subscribers;
    if (easy->subscribers == count)
        return true;
    size_t len = strlen(name);
    bool open = len > 0 && name[len - 1] == ')';
    int whole = snprintf(agent, sizeof agent, "%.*s%s%" PRIu64 " subscriber%s)",
                         (int)(open ? len - 1 : len), name, open ? "; " : " (",
                         count, count == 1 ? "" : "s");
    bool fits = count > 0 && whole < (int)sizeof agent;
    easy->subscribers = count;
    return curl_easy_setopt(easy->handle, CURLOPT_USERAGENT,
                            fits ? agent : name)
           == CURLE_OK;
}

static void set_body(CURL *handle, const struct exchange *exchange)
{
    if (!exchange->post) {
        curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS,
                     exchange->body_len > 0 ? exchange->body : "");
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)exchange->body_len);
}

bool easy_set(struct easy *easy, const struct transfer *transfer)
{
    const struct exchange *exchange = transfer->exchange;
    CURL *handle = easy->handle;
    int64_t left = transfer->deadline_ms - transfer->network->now_ms;
    set_pin(easy, transfer);
    set_headers(easy, exchange);
    set_body(handle, exchange);
    // 0 would be none at all.
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(left > 0 ? left : 1));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)exchange->connect_timeout_ms);
    // Where the connection cannot be kept without pushing out another, it
    // is cheaper never to have it in the cache.
    bool cold =
        exchange->cold
        || (transfer->origin->connections == 0
            && shard_is_full(shard_of(transfer->network, transfer->origin)));
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, (long)cold);
    return set_agent(easy, transfer) && set_origin(easy, transfer->origin)
           && set_target(easy, transfer_url(transfer));
}

static bool has_status(const struct transfer *transfer)
{
    const struct collect *collect = &transfer->collect;
    return collect->head_done
           && (collect->status >= 200 || collect->status == 101);
}

bool easy_failed_to_connect(const struct transfer *transfer, int code)
{
    return !transfer->connected && !transfer->starved
           && (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT
               || code == CURLE_SSL_CONNECT_ERROR);
}

static enum exchange_result of_verdict(const struct transfer *transfer)
{
    switch (transfer->verdict) {
    case COLLECT_ENOUGH:
        return EXCHANGE_ANSWERED;
    case COLLECT_TOO_LARGE:
        return EXCHANGE_TOO_LARGE;
    case COLLECT_ON:
    case COLLECT_HOSTILE:
    case COLLECT_CODED:
    case COLLECT_NO_MEMORY:
        break;
    }
    return EXCHANGE_BROKEN;
}

enum exchange_result easy_result(const struct transfer *transfer, int code)
{
    if (transfer->late)
        return EXCHANGE_CANCELLED;
    if (transfer->verdict != COLLECT_ON)
        return of_verdict(transfer);
    switch (code) {
    case CURLE_OK:
        if (!has_status(transfer))
            return EXCHANGE_BROKEN;
        return collect_is_whole(&transfer->collect) ? EXCHANGE_ANSWERED
                                                    : EXCHANGE_CUT;
    case CURLE_OPERATION_TIMEDOUT:
        return EXCHANGE_TIMEOUT;
    case CURLE_COULDNT_CONNECT:
        if (transfer->starved)
            return EXCHANGE_BUSY;
        return transfer->refused ? EXCHANGE_REFUSED : EXCHANGE_NO_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return EXCHANGE_BAD_TLS;
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_HOST:
        return EXCHANGE_BAD_URL;
    default:
        return has_status(transfer) ? EXCHANGE_CUT : EXCHANGE_BROKEN;
    }
}
