// SPDX-License-Identifier: MIT

#include "relay.h"

#include "ctl.h"
#include "fetcher/url.h"
#include "hub/backoff.h"
#include "hub/listener.h"
#include "hub/log.h"
#include "relay_deliver.h"
#include "relay_door.h"
#include "relay_feed.h"
#include "relay_verify.h"
#include "relay_watch.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DRAIN_MS = 5 * 1000,
    WRITE_AGAIN_MS = 5 * 1000, // a full disk may have room again
};

int64_t relay_sooner(int64_t patience, int64_t at, struct moment now)
{
    if (at == LOOP_FOR_EVER)
        return patience;
    int64_t left = at > now.mono ? at - now.mono : 0;
    return left < patience ? left : patience;
}

int64_t relay_retry_at(const struct relay *relay, uint32_t failures,
                       int64_t asked, struct moment now)
{
    uint32_t chance = 0;
    RAND_bytes((unsigned char *)&chance, sizeof chance);
    int64_t delay =
        backoff_delay(relay->options.retry_first, relay->options.retry_max,
                      failures > 0 ? failures - 1 : 0, chance);
    return now.mono + (asked > delay ? asked : delay);
}

const char *relay_host(const struct relay_terms *terms, char out[256])
{
    struct url *url = malloc(sizeof *url);
    bool fine = url && !url_read(terms->callback, strlen(terms->callback), url);
    snprintf(out, 256, "%s", fine ? url->host : "");
    free(url);
    return out;
}

// ---------------------------------------------------------------------- run

// Durable before anything that it says is done is told to anybody.
static int64_t save(struct relay *relay, struct moment now, int64_t again)
{
    char problem[RELAY_FILE_PROBLEM_MAX];
    bool fine = true;
    if (relay->book.changed && now.mono >= again) {
        fine = relay_file_write(relay->file, &relay->book, problem);
        if (!fine) {
            LOG(LOG_ERROR, "state.failed", LOG_T("why", problem));
            again = now.mono + WRITE_AGAIN_MS;
        }
    } else if (relay->book.changed) {
        fine = false;
    }
    relay_door_written(relay->door, fine);
    return again;
}

static int64_t patience_of(const struct relay *relay, struct moment now)
{
    int64_t patience = relay_door_patience(relay->door, now);
    int64_t others[] = { relay_verify_patience(relay, now),
                         relay_watch_patience(relay->watch, now),
                         relay_deliver_patience(relay, now) };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        patience = others[i] < patience ? others[i] : patience;
    return patience;
}

static bool is_signalled(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info;
}

static void run(struct relay *relay, int signals)
{
    int64_t again = 0, end = LOOP_FOR_EVER;
    for (;;) {
        struct moment now = loop_now();
        relay_door_step(relay->door, now);
        relay_verify_step(relay, now);
        relay_watch_step(relay->watch, now);
        relay_deliver_step(relay, now);
        bool over =
            relay->draining && (relay_deliver_idle(relay) || now.mono >= end);
        // What is of this life alone, but good to know in the next.
        relay->book.changed |= over;
        again = save(relay, now, again);
        if (over)
            return;
        int fds[] = { signals, relay_door_fd(relay->door) };
        size_t count = fds[1] >= 0 ? 2 : 1;
        int64_t patience = patience_of(relay, now);
        if (relay->draining)
            patience = relay_sooner(patience, end, now);
        relay_net_run(relay->net, fds, count, patience);
        if (is_signalled(signals)) {
            LOG(LOG_INFO, "stopping",
                LOG_T("why", relay->draining ? "told again" : "told"));
            if (relay->draining)
                return;
            relay->draining = true;
            end = now.mono + DRAIN_MS;
            relay_door_shut(relay->door);
        }
    }
}

// -------------------------------------------------------------------- set up

static void begin(struct relay *relay)
{
    struct moment now = loop_now();
    if (relay->book.hub[0] && strcmp(relay->book.hub, relay->options.hub) != 0)
        LOG(LOG_WARN, "hub.changed",
            LOG_T("what", "the state file was another hub's: mailboxes are "
                          "made again at this one"));
    snprintf(relay->book.hub, sizeof relay->book.hub, "%s", relay->options.hub);
    for (size_t i = 0; i < relay->book.seat_count; i++) {
        struct relay_seat *seat = relay->book.seats[i];
        relay_deliver_seated(relay, seat, now);
        relay_watch_seated(relay->watch, seat);
    }
    LOG(LOG_INFO, "ready", LOG_T("listen", relay_door_address(relay->door)),
        LOG_T("hub", relay->options.hub),
        LOG_N("subscriptions", relay->book.seat_count),
        LOG_N("requests", relay->book.wish_count));
}

// Its own door is nobody's callback. At a wildcard it is known by loopback.
static void guard_door(struct relay *relay)
{
    struct guard one = { .count = 0 };
    char host[LISTENER_ADDRESS_MAX];
    snprintf(host, sizeof host, "%s", relay_door_address(relay->door));
    char *colon = strrchr(host, ':');
    *colon = '\0';
    const char *address = host + (host[0] == '[');
    host[strcspn(host, "]")] = '\0';
    if (strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0)
        address = "127.0.0.0/8";
    if (!guard_allow(&one, address))
        return;
    relay->own = (struct guard_own){
        .range = one.allowed[0],
        .port = (uint16_t)strtoul(colon + 1, NULL, 10),
    };
    relay->options.callbacks.own = &relay->own;
    relay->options.callbacks.own_count = 1;
}

static bool open_all(struct relay *relay)
{
    char problem[RELAY_FILE_PROBLEM_MAX] = "out of memory";
    const struct relay_options *options = &relay->options;
    relay->net = relay_net_new(&relay->options.callbacks,
                               "websubctl-relay/" WEBSUBD_VERSION);
    if (relay->net)
        relay->hub = relay_hub_new(relay->net, options->hub,
                                   options->token_file, problem);
    if (relay->hub)
        relay->file = relay_file_open(options->state, &relay->book, problem);
    if (relay->file)
        relay->watch = relay_watch_new(relay);
    if (relay->watch)
        relay->door = relay_door_open(relay, options->listen, problem);
    if (relay->door)
        guard_door(relay);
    else
        LOG(LOG_ERROR, "start.failed", LOG_T("why", problem));
    return relay->door != NULL;
}

static void close_all(struct relay *relay)
{
    relay_feed_end(relay);
    relay_door_close(relay->door);
    relay_watch_free(relay->watch);
    relay_net_free(relay->net);
    relay_hub_free(relay->hub);
    relay_book_clear(&relay->book);
    relay_file_close(relay->file);
}

static int hold_signals(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t set;
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int relay_run(const struct relay_options *options)
{
    struct relay *relay = calloc(1, sizeof *relay);
    // Before another thread exists: it inherits that they are held.
    int signals = hold_signals();
    int code = CTL_NO;
    umask(077);
    if (relay && signals >= 0) {
        relay->options = *options;
        if (open_all(relay)) {
            begin(relay);
            run(relay, signals);
            code = CTL_FINE;
        }
        close_all(relay);
    }
    if (signals >= 0)
        close(signals);
    free(relay);
    return code;
}
