// SPDX-License-Identifier: MIT
//
// bench-accept-server -- websubd without a store: it reads a request as the
// hub does, on the hub's threads and with the hub's own code, hands it to the
// main loop, checks its form there, and says 202 at once.

#include "hub/front.h"
#include "hub/http.h"
#include "hub/inbox.h"
#include "hub/intent.h"
#include "hub/loop.h"
#include "hub/request.h"

#include <stdio.h>

enum { CONNECTIONS = 4096, BODY_MAX = 1 << 20, IDLE_SECONDS = 60 };

struct server {
    struct loop *loop;
    struct inbox *inbox;
    struct http *http;
    struct front *front;
};

static void wake(void *context)
{
    struct server *server = context;
    loop_wake(server->loop);
}

static void arrived(void *context, struct request *request)
{
    struct server *server = context;
    inbox_put(server->inbox, request);
}

static void gone(void *context, struct request *request)
{
    (void)context;
    (void)request;
}

static void handed(void *context, int fd, const struct sockaddr *address,
                   enum door door)
{
    struct server *server = context;
    http_adopt(server->http, fd, address, door);
}

static void answer(struct request *request)
{
    static const struct reply accepted = { .status = 202 };
    struct intent intent;
    if (request->method != REQUEST_POST) {
        request_say(request, 200, "ok");
    } else if (intent_read(request, &intent)) {
        request_reply(request, &accepted);
        intent_clear(&intent);
    } else {
        request_say(request, intent.status, intent.reason);
    }
}

static bool step(void *self, struct moment now)
{
    struct server *server = self;
    (void)now;
    struct request *request = inbox_take(server->inbox);
    while (request != NULL) {
        struct request *next = request->link;
        answer(request);
        request = next;
    }
    return false;
}

static int64_t patience(void *self, struct moment now)
{
    (void)self;
    (void)now;
    return LOOP_FOR_EVER;
}

static bool open_front(struct server *server, const char *listens,
                       const char **problem)
{
    struct front_options options = {
        .listen = &listens,
        .listen_count = 1,
        .limits = { .connections = CONNECTIONS,
                    .per_address = CONNECTIONS,
                    .parked = CONNECTIONS,
                    .head_ms = 10000,
                    .idle_ms = 1000 * IDLE_SECONDS,
                    .write_ms = 10000,
                    .head_max = 8192,
                    .body_max = BODY_MAX },
        .arrived = arrived,
        .gone = gone,
        .handed = handed,
        .context = server,
    };
    server->front = front_open(&options, problem);
    return server->front != NULL;
}

static bool open_http(struct server *server, const char **problem)
{
    struct http_options options = { .connections_max = CONNECTIONS,
                                    .idle_seconds = IDLE_SECONDS,
                                    .bodies = { BODY_MAX, 0 },
                                    .arrived = arrived,
                                    .context = server };
    server->http = http_open(&options, problem);
    return server->http != NULL;
}

static void stop(void *context)
{
    struct server *server = context;
    loop_stop(server->loop);
}

static void reload(void *context)
{
    (void)context;
}

int main(int argc, char *argv[])
{
    struct server server = { .loop = loop_open() };
    const char *problem = "usage: bench-accept-server ADDRESS:PORT";
    if (argc != 2 || server.loop == NULL
        || (server.inbox = inbox_new(wake, &server)) == NULL
        || !open_http(&server, &problem)
        || !open_front(&server, argv[1], &problem)
        || !front_start(server.front)) {
        fprintf(stderr, "bench-accept-server: %s\n", problem);
        return 1;
    }
    struct source source = { "inbox", &server, step, patience };
    loop_add(server.loop, &source);
    // The bench ends it with a signal; what is still open goes with it.
    loop_run(server.loop, stop, reload, &server);
    return 0;
}
