// SPDX-License-Identifier: MIT

#include "relay_door.h"

#include "hub/ceiling.h"
#include "hub/http.h"
#include "hub/inbox.h"
#include "hub/intent.h"
#include "hub/listener.h"
#include "hub/log.h"
#include "hub/request.h"
#include "relay.h"
#include "relay_feed.h"
#include "relay_mailbox.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    CONNECTIONS = 512,
    ACCEPT_STEP = 64,
    IDLE_S = 30,
    LOOK_MS = 5000,
    BODY_MAX = 64 * 1024,
    ANSWERS_MAX = 64 * 1024 * 1024,
};

struct relay_door {
    struct relay *relay;
    struct listener listener;
    struct http *http;
    struct inbox *inbox;
    struct request *waiting; // for the book to be written
    int64_t look;
    atomic_bool closing;
};

// On libmicrohttpd's thread.
static void on_arrived(void *context, struct request *request)
{
    struct relay_door *door = context;
    if (atomic_load(&door->closing))
        request_say(request, 503, "the relay ends");
    else
        inbox_put(door->inbox, request);
}

static void wake(void *context)
{
    struct relay_door *door = context;
    relay_net_wake(door->relay->net);
}

static bool open_http(struct relay_door *door, const char **problem)
{
    struct http_options options = {
        .connections_max = CONNECTIONS,
        .answers = { ANSWERS_MAX, ANSWERS_MAX },
        .idle_seconds = IDLE_S,
        .bodies = { BODY_MAX, 0 },
        .arrived = on_arrived,
        .context = door,
    };
    door->http = http_open(&options, problem);
    return door->http != NULL;
}

struct relay_door *relay_door_open(struct relay *relay, const char *listen,
                                   char problem[RELAY_DOOR_PROBLEM_MAX])
{
    struct relay_door *door = calloc(1, sizeof *door);
    char why[LISTENER_PROBLEM_MAX] = "";
    const char *http_why = "out of memory";
    snprintf(problem, RELAY_DOOR_PROBLEM_MAX, "%s", http_why);
    if (!door)
        return NULL;
    door->relay = relay;
    door->listener.fd = -1;
    door->inbox = inbox_new(wake, door);
    if (door->inbox && open_http(door, &http_why)
        && listener_open(listen, &door->listener, why))
        return door;
    snprintf(problem, RELAY_DOOR_PROBLEM_MAX, "%s", *why ? why : http_why);
    relay_door_close(door);
    return NULL;
}

const char *relay_door_address(const struct relay_door *door)
{
    return door->listener.address;
}

int relay_door_fd(const struct relay_door *door)
{
    return door->listener.fd;
}

void relay_door_shut(struct relay_door *door)
{
    listener_close(&door->listener);
}

// ----------------------------------------------------------------- requests

// A page in somebody's browser may reach us, who are on his machine, too. No
// subscriber sends this field.
static bool is_from_a_page(const struct request *request)
{
    return request_field(request, "Origin") != NULL;
}

static bool copy_bytes(const struct bytes *from, char **out)
{
    *out = strndup(from->len > 0 ? from->at : "", from->len);
    return *out != NULL;
}

static bool read_terms(const struct intent *intent, struct relay_terms *out)
{
    const char *topic = form_value(&intent->form, "hub.topic");
    const char *callback = form_value(&intent->form, "hub.callback");
    struct relay_terms terms = {
        .topic = strdup(topic ? topic : ""),
        .callback = strdup(callback ? callback : ""),
        .topic_key = intent->topic_key,
        .callback_key = intent->callback_key,
        .origin = intent->origin,
        .method = intent->profile.method,
        .content = intent->profile.content,
    };
    bool fine =
        copy_bytes(&intent->profile.secret, &terms.secret)
        && copy_bytes(&intent->profile.verify_token, &terms.verify_token)
        && terms.topic && terms.callback;
    if (fine)
        *out = terms;
    else
        relay_terms_clear(&terms);
    return fine;
}

// The same request again, while the first is under way, is one (table B).
static bool is_joined(const struct relay_book *book,
                      const struct relay_terms *terms,
                      const struct intent *intent)
{
    for (struct relay_wish *wish = book->wishes; wish; wish = wish->next)
        if (relay_terms_equal(&wish->terms, terms)
            && wish->unsubscribe == (intent->mode == INTENT_UNSUBSCRIBE)
            && wish->lease_s == intent->lease_s)
            return true;
    return false;
}

// One mailbox for all who ask for the same.
static bool name_mailbox(struct relay_book *book, struct relay_wish *wish)
{
    const struct relay_seat *seat = relay_book_seat(book, &wish->terms);
    const struct relay_wish *other = book->wishes;
    while (other
           && (other == wish || !relay_terms_meet(&other->terms, &wish->terms)))
        other = other->next;
    if (seat)
        memcpy(wish->mailbox, seat->mailbox, sizeof wish->mailbox);
    else if (other)
        memcpy(wish->mailbox, other->mailbox, sizeof wish->mailbox);
    else
        return relay_mailbox_name(wish->mailbox);
    return true;
}

static bool add_wish(struct relay *relay, const struct relay_terms *terms,
                     const struct intent *intent)
{
    struct relay_book *book = &relay->book;
    struct relay_wish *wish = relay_book_wish(book, terms);
    if (!wish)
        return false;
    wish->relay = relay;
    wish->unsubscribe = intent->mode == INTENT_UNSUBSCRIBE;
    wish->lease_s = intent->lease_s;
    wish->accepted = loop_now().unix;
    if (name_mailbox(book, wish))
        return true;
    relay_book_forget(book, wish);
    return false;
}

static size_t newcomers(const struct relay_book *book)
{
    size_t count = book->seat_count;
    for (struct relay_wish *wish = book->wishes; wish; wish = wish->next)
        count += !wish->unsubscribe && !relay_book_seat(book, &wish->terms);
    return count;
}

// What the hub would answer; 202: it is done once it is written.
static unsigned judge(struct relay *relay, const struct intent *intent,
                      const struct relay_terms *terms)
{
    struct relay_book *book = &relay->book;
    const struct relay_seat *seat = relay_book_seat(book, terms);
    bool leaves = intent->mode == INTENT_UNSUBSCRIBE;
    size_t wishes = relay_book_wishes(book, terms);
    // Who is not subscribed need not be asked whether he wants to leave.
    if (leaves && !seat && wishes == 0)
        return 202;
    if (is_joined(book, terms, intent))
        return 202;
    if (wishes >= RELAY_WISHES_EACH)
        return 429;
    if (!leaves && !seat && newcomers(book) >= RELAY_SEATS_MAX)
        return 503;
    return add_wish(relay, terms, intent) ? 202 : 503;
}

static void accept_intent(struct relay_door *door, struct request *request,
                          const struct intent *intent)
{
    struct relay_terms terms;
    if (!read_terms(intent, &terms)) {
        request_say(request, 503, "the relay is out of memory");
        return;
    }
    unsigned status = judge(door->relay, intent, &terms);
    relay_terms_clear(&terms);
    if (status == 202) {
        request->link = door->waiting;
        door->waiting = request;
    } else if (status == 429) {
        request_say(request, 429,
                    "too many requests about this subscription are under way");
    } else {
        request_say(request, 503, "the relay has no room for it");
    }
}

static void take_form(struct relay_door *door, struct request *request)
{
    struct intent intent;
    if (!intent_read(request, &intent)) {
        request_refuse(request, intent.status, intent.code, intent.reason, 0);
        return;
    }
    if (intent.mode == INTENT_PUBLISH)
        request_say(request, 400,
                    "this is a relay for subscribers: publish at the hub");
    else
        accept_intent(door, request, &intent);
    intent_clear(&intent);
}

static void answer(struct relay_door *door, struct request *request)
{
    bool get =
        request->method == REQUEST_GET || request->method == REQUEST_HEAD;
    bool hub =
        strcmp(request->path, "/") == 0 || strcmp(request->path, "/hub") == 0;
    if (door->relay->draining)
        request_say(request, 503, "the relay ends");
    else if (is_from_a_page(request))
        request_say(request, 403, "this is not for pages");
    else if (hub && request->method == REQUEST_POST)
        take_form(door, request);
    else if (hub && get)
        request_say(request, 200,
                    "A relay for WebSub subscribers: POST hub.mode=subscribe.");
    else if (strcmp(request->path, "/healthz") == 0 && get)
        request_say(request, 200, "ok");
    else if (strcmp(request->path, "/feed") == 0 && get)
        relay_feed_fetch(door->relay, request);
    else if (hub)
        request_say(request, 405, "this takes GET and POST");
    else
        request_say(request, 404, "there is nothing here");
}

// --------------------------------------------------------------------- steps

static void let_in(struct relay_door *door)
{
    for (int i = 0; i < ACCEPT_STEP && door->listener.fd >= 0; i++) {
        union {
            struct sockaddr any;
            struct sockaddr_in four;
            struct sockaddr_in6 six;
        } peer;
        socklen_t len = sizeof peer;
        int fd = accept4(door->listener.fd, &peer.any, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        http_adopt(door->http, fd, &peer.any, DOOR_PUBLIC);
    }
}

void relay_door_step(struct relay_door *door, struct moment now)
{
    let_in(door);
    if (now.mono >= door->look) {
        http_look(door->http);
        door->look = now.mono + LOOK_MS;
    }
    struct request *request = inbox_take(door->inbox);
    while (request) {
        struct request *next = request->link;
        answer(door, request);
        request = next;
    }
}

int64_t relay_door_patience(const struct relay_door *door, struct moment now)
{
    return door->look > now.mono ? door->look - now.mono : 0;
}

void relay_door_written(struct relay_door *door, bool fine)
{
    while (door->waiting) {
        struct request *request = door->waiting;
        door->waiting = request->link;
        if (fine)
            request_say(request, 202, "it will be verified");
        else
            request_say(request, 503, "the relay cannot write its state");
    }
}

// Connections that are kept alive may still bring some.
static void turn_away_rest(struct relay_door *door)
{
    atomic_store(&door->closing, true);
    struct request *request = inbox_take(door->inbox);
    while (request) {
        struct request *next = request->link;
        request_say(request, 503, "the relay ends");
        request = next;
    }
}

void relay_door_close(struct relay_door *door)
{
    if (!door)
        return;
    relay_door_shut(door);
    relay_door_written(door, false);
    if (door->inbox)
        turn_away_rest(door);
    http_close(door->http);
    inbox_free(door->inbox);
    free(door);
}
