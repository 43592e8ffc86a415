// SPDX-License-Identifier: MIT

#include "http.h"

#include "doorkeeper.h"
#include "framing.h"
#include "gather.h"
#include "loop.h"
#include "passed.h"
#include "sent_file.h"
#include "turn_away.h"

#include <assert.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    // Bounds the head, too: about 6 KB. Every connection that is kept alive
    // comes to own all of its pool, since libmicrohttpd zeroes it between two
    // requests; its default of 32 KiB costs 33 MB a thousand connections.
    POOL_BYTES = 8192,
    // Above its own limit libmicrohttpd answers nothing: ours strikes first.
    CONNECTIONS_SLACK = DOORKEEPER_OPERATORS_MAX + 64,
    // Of a body that is too long: read over, so that the answer is seen.
    EXCESS_MAX = 1024 * 1024,
    SHARED_MAX = 16,
    FILE_PIECE = 128 << 10,
    FAREWELL_S = 2,
};

enum stage { STAGE_HEAD, STAGE_BODY, STAGE_PASSED, STAGE_ANSWERED };

struct exchange {
    struct request request; // first: one is made into the other
    struct http *http;
    struct MHD_Connection *handle;
    struct caller *caller;
    enum stage stage;
    bool last;        // chunked: libmicrohttpd lets requests hide behind it
    unsigned refusal; // status; 0: none
    struct gather body;
    size_t body_max;
    size_t excess;        // bytes of a body that was refused
    unsigned status;      // of the answer; 0: it could not be made
    struct weight weight; // of the answer
    struct MHD_Response *response;
    bool shared; // the response is one of http's own
    struct request_field fields[REQUEST_FIELDS_MAX];
    char target[];
};

struct shared {
    unsigned status;
    bool close;
    struct MHD_Response *response;
};

struct http {
    struct http_options options;
    struct MHD_Daemon *daemon;
    atomic_bool softened;
    struct passed passed;
    struct doorkeeper keeper;
    struct gather_pool bodies; // of libmicrohttpd's thread

    pthread_mutex_t lock;
    struct shared shared[SHARED_MAX];
};

static void on_connection(void *context, struct MHD_Connection *handle,
                          void **slot, enum MHD_ConnectionNotificationCode code)
{
    struct http *http = context;
    const struct sockaddr *note =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
            ->client_addr;
    int fd = MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)
                 ->connect_fd;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        *slot = doorkeeper_enter(&http->keeper, fd, note);
    else
        doorkeeper_leave(&http->keeper, *slot, note);
}

// ---------------------------------------------------------------- answers

// The file is the response's as soon as there is one.
static struct MHD_Response *bare_response(const struct reply *reply)
{
    if (reply->file_len == 0)
        // MUST_COPY only reads, but the parameter has no const.
        return MHD_create_response_from_buffer(reply->body_len,
                                               (void *)(uintptr_t)reply->body,
                                               MHD_RESPMEM_MUST_COPY);
    struct sent_file *file = sent_file_new(reply->file);
    struct MHD_Response *response =
        file ? MHD_create_response_from_callback(
            reply->file_len, FILE_PIECE, sent_file_read, file, sent_file_end)
             : NULL;
    if (!response)
        sent_file_end(file);
    return response;
}

static struct MHD_Response *new_response(const struct reply *reply)
{
    struct MHD_Response *response = bare_response(reply);
    if (!response)
        return NULL;
    bool fine = !reply->content_type
                || MHD_add_response_header(response, "Content-Type",
                                           reply->content_type);
    for (size_t i = 0; fine && i < reply->header_count; i++) {
        char name[64];
        const char *colon = strchr(reply->headers[i], ':');
        assert(colon);
        snprintf(name, sizeof name, "%.*s", (int)(colon - reply->headers[i]),
                 reply->headers[i]);
        const char *value = colon + 1 + strspn(colon + 1, " ");
        fine = MHD_add_response_header(response, name, value);
    }
    if (fine && reply->close)
        fine = MHD_add_response_header(response, "Connection", "close");
    if (fine)
        return response;
    MHD_destroy_response(response);
    return NULL;
}

// Under the lock. A 202 or 204 without a word is by far the most frequent
// answer; all of a kind are one object. NULL: this is none of those.
static struct MHD_Response *shared_response(struct http *http,
                                            const struct reply *reply)
{
    if (reply->content_type || reply->body_len > 0 || reply->header_count > 0
        || reply->file_len > 0)
        return NULL;
    for (size_t i = 0; i < SHARED_MAX; i++) {
        struct shared *shared = &http->shared[i];
        if (!shared->response) {
            *shared = (struct shared){ reply->status, reply->close,
                                       new_response(reply) };
            return shared->response;
        }
        if (shared->status == reply->status && shared->close == reply->close)
            return shared->response;
    }
    return NULL;
}

// From any thread; it is libmicrohttpd's again as soon as it is resumed.
static void answer(struct request *request, const struct reply *reply)
{
    struct exchange *exchange = (struct exchange *)request;
    struct http *http = exchange->http;
    struct MHD_Connection *handle = exchange->handle;

    if (!request->admin)
        reply =
            turnstile_weigh(&http->keeper.turnstile, exchange->caller->place,
                            reply, &exchange->weight);
    struct reply said = *reply;
    // Where it is crowded, nobody idles in the place of who has to say
    // something.
    said.close |= exchange->last || doorkeeper_crowded(&http->keeper)
                  || atomic_load(&http->softened);
    pthread_mutex_lock(&http->lock);
    exchange->response = shared_response(http, &said);
    pthread_mutex_unlock(&http->lock);
    exchange->shared = exchange->response != NULL;
    if (!exchange->shared)
        exchange->response = new_response(&said);
    exchange->status = exchange->response ? said.status : 0;
    exchange->stage = STAGE_ANSWERED;
    passed_answer(&http->passed);
    MHD_resume_connection(handle);
}

static enum MHD_Result queue_answer(struct exchange *exchange)
{
    if (exchange->status == 0)
        return MHD_NO;
    return MHD_queue_response(exchange->handle, exchange->status,
                              exchange->response);
}

static enum MHD_Result refuse(struct exchange *exchange, unsigned status,
                              const char *sentence)
{
    char text[160];
    (void)snprintf(text, sizeof text, "%s\n", sentence);
    struct reply reply = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = strlen(text),
        .headers = { "X-Content-Type-Options: nosniff",
                     request_trouble(status) },
        .header_count = 2,
        .close = true,
    };
    exchange->response = new_response(&reply);
    exchange->status = exchange->response ? status : 0;
    exchange->stage = STAGE_ANSWERED;
    return queue_answer(exchange);
}

// --------------------------------------------------------------- requests

// The one place where the target is seen as it was sent: what the handler gets
// was cut and decoded. What is returned here becomes the handler's slot.
static void *on_target(void *context, const char *target,
                       struct MHD_Connection *handle)
{
    size_t size = strlen(target) + 1;
    struct exchange *exchange = malloc(sizeof *exchange + size);
    if (!exchange)
        return NULL;
    memset(exchange, 0, offsetof(struct exchange, fields));
    memcpy(exchange->target, target, size);
    exchange->http = context;
    exchange->body.pool = &exchange->http->bodies;
    exchange->handle = handle;
    struct caller *caller =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    if (caller)
        atomic_store(&caller->waiting.begun, true);
    return exchange;
}

// Decoding belongs to whoever knows what is decoded.
static size_t keep_escapes(void *context, struct MHD_Connection *handle,
                           char *text)
{
    (void)context, (void)handle;
    return strlen(text);
}

static enum MHD_Result add_field(void *context, enum MHD_ValueKind kind,
                                 const char *name, const char *value)
{
    struct exchange *exchange = context;
    struct request *request = &exchange->request;
    (void)kind;
    if (request->field_count == REQUEST_FIELDS_MAX) {
        exchange->refusal = 431;
        return MHD_NO;
    }
    // Both lie in the connection's pool until the exchange is over.
    exchange->fields[request->field_count++] =
        (struct request_field){ name, value ? value : "" };
    return MHD_YES;
}

static size_t body_max(const struct http *http, const struct request *request)
{
    struct ceiling bodies = http->options.bodies;
    if (http->options.document_max)
        bodies.document = atomic_load(http->options.document_max);
    if (!http->options.documents || !atomic_load(http->options.documents))
        bodies.document = 0;
    return ceiling_of(&bodies, request);
}

// The first call, with nothing but the head: the only moment at which a body
// can be refused before it is sent.
static enum MHD_Result read_head(struct exchange *exchange, const char *method,
                                 const char *version)
{
    struct http *http = exchange->http;
    struct request *request = &exchange->request;
    struct framing framing;

    exchange->caller = MHD_get_connection_info(
                           exchange->handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
                           ->socket_context;
    if (!exchange->caller)
        return MHD_NO;
    MHD_get_connection_values(exchange->handle, MHD_HEADER_KIND, add_field,
                              exchange);
    if (exchange->refusal != 0)
        return refuse(exchange, 431, "the request has too many header fields");
    const char *problem =
        framing_check(exchange->fields, request->field_count,
                      strcmp(version, "HTTP/1.0") == 0, &framing);
    if (problem)
        return refuse(exchange, 400, problem);
    if (!framing_target(exchange->target, &request->path, &request->query))
        return refuse(exchange, 400, "the request's target is malformed");
    request->method = framing_method(method);
    exchange->body_max = body_max(http, request);
    exchange->body.sender = exchange->caller->place;
    if (framing.body == FRAMING_LENGTH && framing.length > exchange->body_max)
        return refuse(exchange, 413, "the request's body is too long");
    exchange->last = framing.body == FRAMING_CHUNKED;
    exchange->stage = STAGE_BODY;
    return MHD_YES;
}

// No answer can be queued while a body comes in: it is read over, and the
// answer given at its end, unless that takes too long.
static enum MHD_Result add_body(struct exchange *exchange, const char *bytes,
                                size_t *len)
{
    size_t more = *len;
    *len = 0;
    if (exchange->refusal == 0) {
        enum gather_result result = gather_add(
            &exchange->body, bytes, more, exchange->body_max, loop_now().mono);
        if (result == GATHER_OK)
            return MHD_YES;
        exchange->refusal = result == GATHER_TOO_LONG ? 413 : 503;
    }
    gather_clear(&exchange->body);
    exchange->excess += more;
    return exchange->excess <= EXCESS_MAX ? MHD_YES : MHD_NO;
}

// Suspended in a later call than the first: an answer that follows upon the
// first counts as an early one, and would end the connection.
static enum MHD_Result pass_on(struct exchange *exchange)
{
    struct http *http = exchange->http;
    struct request *request = &exchange->request;
    if (exchange->refusal == 413)
        return refuse(exchange, 413, "the request's body is too long");
    if (exchange->refusal != 0 || exchange->body.displaced)
        return refuse(exchange, 503, "too much at once");
    if (!passed_add(&http->passed))
        return refuse(exchange, 503, "the hub is stopping");

    request->fields = exchange->fields;
    request->body = exchange->body.bytes ? exchange->body.bytes : "";
    request->body_len = exchange->body.len;
    exchange->body.whole = true;
    request->door = exchange->caller->door;
    request->admin = request->steers = request->door == DOOR_SOCKET;
    request->answer = answer;
    request->sated = turnstile_sated(exchange->caller->place);
    memcpy(request->peer, exchange->caller->peer, sizeof request->peer);
    memcpy(request->who, exchange->caller->who, sizeof exchange->caller->who);

    doorkeeper_hears(&http->keeper, exchange->caller);
    exchange->stage = STAGE_PASSED;
    MHD_suspend_connection(exchange->handle);
    http->options.arrived(http->options.context, request);
    return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *handle,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **slot)
{
    struct exchange *exchange = *slot;
    (void)context, (void)handle, (void)url;
    if (!exchange)
        return MHD_NO;
    switch (exchange->stage) {
    case STAGE_HEAD:
        return read_head(exchange, method, version);
    case STAGE_BODY:
        if (*upload_len > 0)
            return add_body(exchange, upload, upload_len);
        return pass_on(exchange);
    case STAGE_ANSWERED:
        return queue_answer(exchange);
    case STAGE_PASSED: // it is suspended, and not called
        break;
    }
    return MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *handle,
                         void **slot, enum MHD_RequestTerminationCode code)
{
    struct http *http = context;
    struct exchange *exchange = *slot;
    (void)handle, (void)code;
    if (!exchange)
        return;
    *slot = NULL;
    if (exchange->response && !exchange->shared)
        MHD_destroy_response(exchange->response);
    turnstile_relieve(&http->keeper.turnstile, &exchange->weight);
    if (exchange->request.answer) {
        doorkeeper_waits(&http->keeper, exchange->caller);
        passed_finish(&http->passed);
    }
    gather_clear(&exchange->body);
    free(exchange);
}

// ----------------------------------------------------------- from outside

struct http *http_open(const struct http_options *options, const char **problem)
{
    struct http *http = calloc(1, sizeof *http);
    struct turnstile_limits limits = {
        options->connections_max, options->per_address, options->answers,
        options->unlimited,       options->context,
    };
    *problem = "out of memory";
    if (!http || !doorkeeper_open(&http->keeper, &limits)) {
        free(http);
        return NULL;
    }
    http->options = *options;
    pthread_mutex_init(&http->lock, NULL);
    passed_init(&http->passed);
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC
            | MHD_USE_NO_LISTEN_SOCKET,
        0, NULL, NULL, on_request, http, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT,
        options->connections_max + CONNECTIONS_SLACK,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_seconds,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, http,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_END);
    if (http->daemon)
        return http;
    *problem = "libmicrohttpd does not start: out of memory, descriptors or "
               "threads";
    http_close(http);
    return NULL;
}

bool http_adopt(struct http *http, int fd, const struct sockaddr *address,
                enum door door)
{
    union doorkeeper_note note;
    if (!doorkeeper_admits(&http->keeper, door, address)) {
        turn_away(fd);
        return false;
    }
    socklen_t len = doorkeeper_write(door, address, &note);
    if (MHD_add_connection(http->daemon, fd, &note.any, len) == MHD_YES)
        return true;
    doorkeeper_lost(&http->keeper);
    return false;
}

bool http_look(struct http *http)
{
    return doorkeeper_look(&http->keeper,
                           2 * (int64_t)http->options.idle_seconds);
}

void http_soften(struct http *http)
{
    atomic_store(&http->softened, true);
}

size_t http_connections(const struct http *http)
{
    return doorkeeper_count(&http->keeper);
}

enum settling http_settle(struct http *http)
{
    return doorkeeper_dismiss(&http->keeper);
}

size_t http_pending(const struct http *http)
{
    return atomic_load(&http->passed.pending);
}

void http_end(struct http *http)
{
    passed_end(&http->passed);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    if (http->daemon) {
        // libmicrohttpd panics at its end over a suspended connection.
        assert(http_pending(http) == 0);
        passed_await(&http->passed, FAREWELL_S);
        MHD_stop_daemon(http->daemon);
    }
    for (size_t i = 0; i < SHARED_MAX; i++)
        if (http->shared[i].response)
            MHD_destroy_response(http->shared[i].response);
    doorkeeper_close(&http->keeper);
    passed_clear(&http->passed);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
