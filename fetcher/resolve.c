// SPDX-License-Identifier: MIT

#include "resolve.h"

#include "siphash.h"

#include <ares.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <uv.h>

enum {
    BUCKETS = 4096,
    TTL_MIN_S = 5,
    TTL_MAX_S = 300,
    NO_SUCH_NAME_MS = 60000,
    SILENCE_MS = 10000,
};

enum state {
    WAITING,  // for its turn
    ASKED,    // c-ares is at it
    OVERDUE,  // it still is, but nobody waits for it any more
    ANSWERED, // to be handed out by the next step
    KNOWN,
    STATES
};

struct question {
    struct question *in_bucket;
    struct question *previous, *next;
    struct resolve *resolve;
    enum state state;
    int64_t since_ms; // waiting, or asked
    uint64_t hash, domain;
    struct resolve_waiter *waiters, **waiters_tail;
    struct resolve_answer answer;
    char name[];
};

struct list {
    struct question *first, *last;
    size_t count;
};

struct wire {
    uv_poll_t poll;
    struct resolve *resolve;
    struct wire *next;
    int fd;
};

struct resolve {
    uv_loop_t *loop;
    uv_timer_t timer;
    ares_channel channel;
    struct wire *wires;
    struct siphash_key key;
    struct list lists[STATES];
    int64_t now_ms; // of the latest call
    uint64_t lookups;
    bool closing;
    struct question *buckets[BUCKETS];
};

static void list_add(struct list *list, struct question *question)
{
    question->previous = list->last;
    question->next = NULL;
    if (list->last)
        list->last->next = question;
    else
        list->first = question;
    list->last = question;
    list->count++;
}

static void list_remove(struct list *list, struct question *question)
{
    if (question->previous)
        question->previous->next = question->next;
    else
        list->first = question->next;
    if (question->next)
        question->next->previous = question->previous;
    else
        list->last = question->previous;
    list->count--;
}

static void become(struct question *question, enum state state)
{
    struct resolve *resolve = question->resolve;
    list_remove(&resolve->lists[question->state], question);
    question->state = state;
    list_add(&resolve->lists[state], question);
}

static void drop(struct question *question)
{
    struct resolve *resolve = question->resolve;
    struct question **at = &resolve->buckets[question->hash % BUCKETS];
    while (*at != question)
        at = &(*at)->in_bucket;
    *at = question->in_bucket;
    list_remove(&resolve->lists[question->state], question);
    free(question);
}

static struct question *find(struct resolve *resolve, const char *name,
                             uint64_t hash)
{
    struct question *question = resolve->buckets[hash % BUCKETS];
    while (question
           && (question->hash != hash || strcmp(question->name, name) != 0))
        question = question->in_bucket;
    return question;
}

static uint64_t domain_of(const struct resolve *resolve, const char *name)
{
    size_t end = strlen(name);
    if (end > 0 && name[end - 1] == '.')
        end--;
    size_t start = end;
    unsigned dots = 0;
    while (start > 0 && (name[start - 1] != '.' || ++dots < 2))
        start--;
    return siphash(&resolve->key, name + start, end - start);
}

static struct question *add(struct resolve *resolve, const char *name,
                            uint64_t hash)
{
    size_t len = strlen(name);
    struct question *question = calloc(1, sizeof *question + len + 1);
    if (!question)
        return NULL;
    memcpy(question->name, name, len);
    question->resolve = resolve;
    question->hash = hash;
    question->domain = domain_of(resolve, name);
    question->waiters_tail = &question->waiters;
    question->in_bucket = resolve->buckets[hash % BUCKETS];
    resolve->buckets[hash % BUCKETS] = question;
    list_add(&resolve->lists[WAITING], question);
    return question;
}

static void set_failed(struct question *question, int64_t for_ms)
{
    question->answer.count = 0;
    question->answer.expires_ms = question->resolve->now_ms + for_ms;
}

static void set_answer(struct question *question,
                       const struct ares_addrinfo *found)
{
    struct resolve_answer *answer = &question->answer;
    int ttl = TTL_MAX_S;
    answer->count = 0;
    for (const struct ares_addrinfo_node *node = found->nodes; node;
         node = node->ai_next) {
        if (node->ai_ttl < ttl)
            ttl = node->ai_ttl;
        if (answer->count < RESOLVE_ADDRESSES_MAX
            && address_from_socket(node->ai_addr,
                                   &answer->addresses[answer->count]))
            answer->count++;
    }
    if (ttl < TTL_MIN_S)
        ttl = TTL_MIN_S;
    answer->expires_ms = question->resolve->now_ms + (int64_t)ttl * 1000;
}

// May run from within ares_getaddrinfo(), so it only records.
static void on_answer(void *context, int status, int timeouts,
                      struct ares_addrinfo *found)
{
    (void)timeouts;
    struct question *question = context;
    bool closing = question->resolve->closing;
    if (!closing) {
        question->resolve->now_ms = (int64_t)(uv_hrtime() / 1000000);
        bool silence = status != ARES_ENOTFOUND && status != ARES_ENODATA;
        if (status == ARES_SUCCESS && found)
            set_answer(question, found);
        else
            set_failed(question, silence ? SILENCE_MS : NO_SUCH_NAME_MS);
        become(question, question->waiters ? ANSWERED : KNOWN);
    }
    if (found)
        ares_freeaddrinfo(found);
}

static void on_wire_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_wire(uv_poll_t *poll, int status, int events)
{
    struct wire *wire = poll->data;
    struct resolve *resolve = wire->resolve;
    ares_socket_t fd = wire->fd;
    bool in = status < 0 || (events & UV_READABLE);
    bool out = status < 0 || (events & UV_WRITABLE);
    ares_process_fd(resolve->channel, in ? fd : ARES_SOCKET_BAD,
                    out ? fd : ARES_SOCKET_BAD);
}

static struct wire *wire_open(struct resolve *resolve, int fd)
{
    struct wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    if (uv_poll_init(resolve->loop, &wire->poll, fd) != 0) {
        free(wire);
        return NULL;
    }
    wire->poll.data = wire;
    wire->resolve = resolve;
    wire->fd = fd;
    wire->next = resolve->wires;
    resolve->wires = wire;
    return wire;
}

// c-ares closes the socket right after it says that it wants nothing of it,
// so the poll must have let go of it before this returns.
static void on_wire_wanted(void *context, ares_socket_t fd, int in, int out)
{
    struct resolve *resolve = context;
    struct wire **at = &resolve->wires;
    while (*at && (*at)->fd != fd)
        at = &(*at)->next;
    struct wire *wire = *at;
    if (!in && !out) {
        if (!wire)
            return;
        *at = wire->next;
        uv_poll_stop(&wire->poll);
        uv_close((uv_handle_t *)&wire->poll, on_wire_closed);
        return;
    }
    if (!wire)
        wire = wire_open(resolve, fd);
    // Out of memory: this try of the question runs into its time-out.
    if (wire)
        uv_poll_start(&wire->poll,
                      (in ? UV_READABLE : 0) | (out ? UV_WRITABLE : 0),
                      on_wire);
}

static void on_timer(uv_timer_t *timer)
{
    struct resolve *resolve = timer->data;
    ares_process_fd(resolve->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static bool channel_open(struct resolve *resolve, const char *servers)
{
    struct ares_options options = { 0 };
    char lookups[] = "fb";
    options.timeout = RESOLVE_TRY_MS;
    options.tries = 2;
    options.lookups = lookups; // files first, whatever nsswitch.conf says
    options.sock_state_cb = on_wire_wanted;
    options.sock_state_cb_data = resolve;
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS
               | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&resolve->channel, &options, mask) != ARES_SUCCESS)
        return false;
    if (!servers
        || ares_set_servers_ports_csv(resolve->channel, servers)
               == ARES_SUCCESS)
        return true;
    ares_destroy(resolve->channel);
    return false;
}

struct resolve *resolve_open(struct uv_loop_s *loop, const char *servers,
                             const char **problem)
{
    struct resolve *resolve = calloc(1, sizeof *resolve);
    *problem = "out of memory";
    if (!resolve)
        return NULL;
    resolve->loop = loop;
    if (getrandom(&resolve->key, sizeof resolve->key, 0)
        != (ssize_t)sizeof resolve->key) {
        *problem = "no random bytes";
        free(resolve);
        return NULL;
    }
    if (!channel_open(resolve, servers)) {
        *problem = "a name server's address is not ADDR:PORT";
        free(resolve);
        return NULL;
    }
    uv_timer_init(loop, &resolve->timer);
    resolve->timer.data = resolve;
    return resolve;
}

void resolve_close(struct resolve *resolve)
{
    if (!resolve)
        return;
    resolve->closing = true;
    ares_destroy(resolve->channel);
    for (int state = 0; state < STATES; state++)
        while (resolve->lists[state].first)
            drop(resolve->lists[state].first);
    uv_close((uv_handle_t *)&resolve->timer, on_timer_closed);
}

bool resolve_known(struct resolve *resolve, const char *name, int64_t now_ms,
                   struct resolve_answer *out)
{
    uint64_t hash = siphash(&resolve->key, name, strlen(name));
    const struct question *question = find(resolve, name, hash);
    if (!question || question->answer.expires_ms <= now_ms
        || (question->state != KNOWN && question->state != OVERDUE))
        return false;
    *out = question->answer;
    return true;
}

static void wait_for(struct question *question, struct resolve_waiter *waiter)
{
    waiter->next = NULL;
    *question->waiters_tail = waiter;
    question->waiters_tail = &waiter->next;
}

bool resolve_ask(struct resolve *resolve, const char *name, int64_t now_ms,
                 struct resolve_waiter *waiter)
{
    resolve->now_ms = now_ms;
    uint64_t hash = siphash(&resolve->key, name, strlen(name));
    struct question *question = find(resolve, name, hash);
    if (!question)
        question = add(resolve, name, hash);
    else if (question->state == KNOWN)
        become(question, WAITING);
    if (!question)
        return false;
    if (!question->waiters)
        question->since_ms = now_ms;
    wait_for(question, waiter);
    return true;
}

static void hand_out(struct question *question)
{
    struct resolve_waiter *waiter = question->waiters;
    question->waiters = NULL;
    question->waiters_tail = &question->waiters;
    // Nobody may change what the others are about to read.
    const struct resolve_answer answer = question->answer;
    while (waiter) {
        struct resolve_waiter *next = waiter->next;
        waiter->done(waiter, &answer);
        waiter = next;
    }
}

static unsigned asked_of(const struct list *list, uint64_t domain)
{
    unsigned count = 0;
    for (const struct question *q = list->first; q; q = q->next)
        count += q->domain == domain;
    return count;
}

static void put_waiting(struct resolve *resolve)
{
    struct list *asked = &resolve->lists[ASKED];
    struct list *overdue = &resolve->lists[OVERDUE];
    struct question *next = resolve->lists[WAITING].first;
    while (next && asked->count + overdue->count < RESOLVE_AT_ONCE_MAX) {
        struct question *question = next;
        next = question->next;
        if (asked_of(asked, question->domain)
                + asked_of(overdue, question->domain)
            >= RESOLVE_DOMAIN_MAX)
            continue;
        become(question, ASKED);
        question->since_ms = resolve->now_ms;
        resolve->lookups++;
        struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
                                             .ai_socktype = SOCK_STREAM };
        ares_getaddrinfo(resolve->channel, question->name, NULL, &hints,
                         on_answer, question);
    }
}

static void give_up(struct resolve *resolve)
{
    struct question *question;
    while ((question = resolve->lists[ASKED].first)
           && resolve->now_ms - question->since_ms >= RESOLVE_ANSWER_MS) {
        become(question, OVERDUE);
        set_failed(question, SILENCE_MS);
        hand_out(question);
    }
    for (question = resolve->lists[OVERDUE].first; question;
         question = question->next)
        if (question->waiters) {
            set_failed(question, SILENCE_MS);
            hand_out(question);
        }
    while ((question = resolve->lists[WAITING].first)
           && resolve->now_ms - question->since_ms >= RESOLVE_WAIT_MS) {
        set_failed(question, SILENCE_MS);
        become(question, ANSWERED);
    }
}

static void forget_old(struct resolve *resolve)
{
    struct list *known = &resolve->lists[KNOWN];
    while (known->first
           && (known->count > RESOLVE_KNOWN_MAX
               || known->first->answer.expires_ms <= resolve->now_ms))
        drop(known->first);
}

static int64_t until(const struct resolve *resolve,
                     const struct question *question, int64_t limit_ms)
{
    if (!question)
        return limit_ms;
    int64_t left = question->since_ms + limit_ms - resolve->now_ms;
    return left > 0 ? left : 0;
}

static void set_timer(struct resolve *resolve)
{
    const struct question *asked = resolve->lists[ASKED].first;
    const struct question *waiting = resolve->lists[WAITING].first;
    if (!asked && !waiting && !resolve->lists[OVERDUE].first) {
        uv_timer_stop(&resolve->timer);
        return;
    }
    int64_t ms = until(resolve, asked, RESOLVE_ANSWER_MS);
    int64_t other = until(resolve, waiting, RESOLVE_WAIT_MS);
    if (other < ms)
        ms = other;
    struct timeval most = { .tv_sec = RESOLVE_ANSWER_MS / 1000 };
    struct timeval room;
    const struct timeval *wish = ares_timeout(resolve->channel, &most, &room);
    int64_t wish_ms = (int64_t)wish->tv_sec * 1000 + wish->tv_usec / 1000 + 1;
    uv_timer_start(&resolve->timer, on_timer,
                   (uint64_t)(wish_ms < ms ? wish_ms : ms), 0);
}

bool resolve_step(struct resolve *resolve, int64_t now_ms)
{
    resolve->now_ms = now_ms;
    bool any = false;
    give_up(resolve);
    put_waiting(resolve);
    struct question *question;
    while ((question = resolve->lists[ANSWERED].first)) {
        any = true;
        become(question, KNOWN);
        hand_out(question);
    }
    forget_old(resolve);
    set_timer(resolve);
    return any;
}

uint64_t resolve_lookups(const struct resolve *resolve)
{
    return resolve->lookups;
}
