// SPDX-License-Identifier: MIT

#include "pull.h"

#include "access.h"
#include "asking.h"
#include "config.h"
#include "cursor.h"
#include "metrics.h"
#include "pull_problem.h"
#include "pull_query.h"
#include "puller.h"
#include "pullers.h"
#include "reading.h"
#include "served.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

struct pull {
    struct readings readings;
    struct askings askings;
    struct puller_source polls, sockets;
    void (*socket_over)(void *slot);
};

// What the log knows of a puller. Of those that are no sockets only the first
// part is there.
struct log_member {
    struct member member; // first: see member_of()
    void *slot;
};

// ---------------------------------------------------------------- the source

static struct pull *pull_of(const struct puller *puller)
{
    return puller_context(puller);
}

static bool is_denied(struct pull *pull, struct puller *puller,
                      struct audience *audience)
{
    const struct services *services = &pull->readings.services;
    const char *topic = served_denies(services->rules, audience);
    if (!topic)
        return false;
    struct pull_problem problem = served_problem(services->metrics, topic);
    puller_refuse(puller, &problem);
    return true;
}

static void read_for(struct puller *puller)
{
    struct pull *pull = pull_of(puller);
    struct member *member = member_of(puller);
    if (puller_voice(puller) == VOICE_SOCKET)
        asking_change(&pull->askings, member);
    if (!is_denied(pull, puller, member->audience))
        readings_take(&pull->readings, member);
}

static void end_idle(struct puller *puller)
{
    readings_idle(&pull_of(puller)->readings, member_of(puller));
}

static bool tell_place(struct puller *puller, char cursor[CURSOR_TEXT])
{
    return readings_place(&pull_of(puller)->readings, member_of(puller),
                          cursor);
}

static void over(struct puller *puller)
{
    struct pull *pull = pull_of(puller);
    struct member *member = member_of(puller);
    if (puller_voice(puller) == VOICE_SOCKET) {
        struct log_member *socket = (struct log_member *)(void *)member;
        asking_forget(&pull->askings, puller);
        if (socket->slot && pull->socket_over)
            pull->socket_over(socket->slot);
    }
    member_leave(member);
    audience_leave(pull->readings.audiences, member->audience);
    free(member->places);
}

static void no_message(struct puller *puller, const char *text, size_t len)
{
    (void)puller;
    (void)text;
    (void)len;
}

// ------------------------------------------------------------- what is offered

void pull_handle(void *self, struct request *request, struct moment now)
{
    struct pull *pull = self;
    metric_add(pull->readings.services.metrics, METRIC_PULLS, 1);
    asking_begin(&pull->askings, request, now);
}

static void woken(void *context, struct audience *audience, uint64_t before)
{
    struct pull *pull = context;
    readings_wake(&pull->readings, audience, before);
}

void pull_updated(void *self, uint64_t topic, uint64_t number,
                  const char *normal)
{
    struct pull *pull = self;
    if (number > pull->readings.head)
        pull->readings.head = number;
    audiences_updated(pull->readings.audiences, topic, normal, number, woken,
                      pull);
}

bool pull_step(void *self, struct moment now)
{
    struct pull *pull = self;
    (void)now;
    return readings_step(&pull->readings);
}

int64_t pull_patience(void *self, struct moment now)
{
    const struct pull *pull = self;
    (void)now;
    return pull->readings.telling ? 0 : LOOP_FOR_EVER;
}

size_t pull_held(const struct pull *pull)
{
    struct pullers_numbers numbers;
    pullers_numbers(pull->readings.pullers, &numbers);
    return numbers.held;
}

size_t pull_topic_held(const struct pull *pull, uint64_t topic,
                       const char *normal)
{
    return audiences_of(pull->readings.audiences, topic, normal);
}

void pull_each_topic(const struct pull *pull,
                     bool (*each)(void *context, struct bytes normal,
                                  size_t held),
                     void *context)
{
    audiences_each(pull->readings.audiences, each, context);
}

struct cursor_key *pull_cursor_key(const struct pull *pull)
{
    return pull->readings.key;
}

// ------------------------------------------------------------------- sockets

void **pull_socket_slot(struct puller *puller)
{
    struct log_member *socket = puller_from(puller);
    return &socket->slot;
}

void pull_ask_again(struct puller *puller, struct pull_query *query,
                    void (*said)(struct puller *puller,
                                 const struct pull_problem *problem))
{
    asking_again(&pull_of(puller)->askings, puller, query, said);
}

struct pull_query *pull_question(struct puller *puller)
{
    const struct audience *audience = member_of(puller)->audience;
    struct pull_query *query = malloc(sizeof *query);
    if (!query)
        return NULL;
    if (audience_question(audience, query))
        return query;
    free(query);
    return NULL;
}

// ------------------------------------------------------------- making, ending

static void make_sources(struct pull *pull, const struct pull_means *means)
{
    pull->polls = (struct puller_source){
        .read = read_for,
        .message = no_message,
        .idle = end_idle,
        .over = over,
        .place = tell_place,
        .ruled = true,
        .room = sizeof(struct member),
        .context = pull,
    };
    pull->sockets = pull->polls;
    pull->sockets.room = sizeof(struct log_member);
    if (means->message)
        pull->sockets.message = means->message;
    pull->socket_over = means->socket_over;
}

struct pull *pull_new(const struct pull_means *means)
{
    uint8_t secret[32];
    struct pull *pull = calloc(1, sizeof *pull);
    if (!pull)
        return NULL;
    struct readings *readings = &pull->readings;
    store_secret_key(means->services->store, secret);
    readings->services = *means->services;
    readings->pullers = means->pullers;
    readings->audiences = audiences_new();
    readings->key = cursor_key_new(secret);
    pull->askings = (struct askings){
        .readings = readings,
        .access = means->access,
        .polls = &pull->polls,
        .sockets = &pull->sockets,
        .followed = means->followed,
        .context = means->context,
    };
    make_sources(pull, means);
    if (readings->audiences && readings->key)
        return pull;
    pull_free(pull);
    return NULL;
}

void pull_free(struct pull *pull)
{
    if (!pull)
        return;
    audiences_free(pull->readings.audiences);
    free(pull->askings.spare);
    cursor_key_free(pull->readings.key);
    free(pull);
}

bool pull_idle(const struct pull *pull)
{
    return !pull->askings.first && pull->readings.count == 0;
}
