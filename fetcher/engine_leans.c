// SPDX-License-Identifier: MIT

#include "engine_leans.h"

#include "engine_lean.h"
#include "engine_network.h"
#include "guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SPARE_MS = 90000 };

bool leans_suit(const struct origin *origin, const struct exchange *exchange)
{
    return !origin->https && exchange->class != EXCHANGE_FETCH
           && !exchange->decode && exchange->redirects_max == 0;
}

static void list_add(struct lean **list, struct lean *lean)
{
    lean->previous = NULL;
    lean->next = *list;
    if (*list)
        (*list)->previous = lean;
    *list = lean;
}

static void list_remove(struct lean **list, struct lean *lean)
{
    if (lean->previous)
        lean->previous->next = lean->next;
    else
        *list = lean->next;
    if (lean->next)
        lean->next->previous = lean->previous;
}

static void spare_add(struct lean *lean)
{
    list_add(&lean->origin->spare, lean);
    lean->origin->spare_count++;
    lean->network->leans.spare_count++;
}

static void spare_remove(struct lean *lean)
{
    list_remove(&lean->origin->spare, lean);
    lean->origin->spare_count--;
    lean->network->leans.spare_count--;
}

void leans_drop(struct lean *lean)
{
    struct network *network = lean->network;
    if (lean->transfer) {
        list_remove(&network->leans.first, lean);
        lean->transfer->lean = NULL;
    } else {
        spare_remove(lean);
    }
    watch_close(&network->watches, lean->fd);
    close(lean->fd);
    lean->origin->connections--;
    origin_settle(lean->origin);
    response_clear(&lean->response);
    free(lean->unsent);
    free(lean);
}

static void make_spare(struct lean *lean)
{
    struct leans *leans = &lean->network->leans;
    list_remove(&leans->first, lean);
    lean->transfer->lean = NULL;
    lean->transfer = NULL;
    lean->spare_since_ms = lean->network->now_ms;
    response_clear(&lean->response);
    spare_add(lean);
    watch_rest(&lean->network->watches, lean->fd);
}

static void tell(struct transfer *transfer, enum exchange_result result)
{
    struct leans *leans = &transfer->network->leans;
    transfer->result = result;
    transfer->next_done = NULL;
    if (leans->done)
        leans->done_last->next_done = transfer;
    else
        leans->done = transfer;
    leans->done_last = transfer;
}

// It will be used again: by as many as the origin gets at a time, as long as
// its name has this address.
static bool is_worth_keeping(const struct lean *lean)
{
    const struct origin *origin = lean->origin;
    return !lean->transfer->exchange->cold
           && lean->network->leans.spare_count < lean->network->limits.kept
           && origin->spare_count < origin->parallel.limit
           && origin_has_address(origin, &lean->address);
}

// What it gets fewer of at a time needs fewer connections. The ones at the end
// have been idle for longest.
static void trim_spare(struct origin *origin)
{
    struct lean *lean = origin->spare;
    for (unsigned i = 0; i < origin->parallel.limit && lean; i++)
        lean = lean->next;
    while (lean) {
        struct lean *next = lean->next;
        leans_drop(lean);
        lean = next;
    }
}

void leans_forget(struct origin *origin)
{
    struct lean *next;
    for (struct lean *lean = origin->spare; lean; lean = next) {
        next = lean->next;
        if (!origin_has_address(origin, &lean->address))
            leans_drop(lean);
    }
}

void leans_finish(struct lean *lean, enum exchange_result result, bool keep)
{
    struct transfer *transfer = lean->transfer;
    transfer->elsewhere =
        lean->connecting
        && (result == EXCHANGE_NO_CONNECT || result == EXCHANGE_TIMEOUT);
    if (keep && is_worth_keeping(lean))
        make_spare(lean);
    else
        leans_drop(lean);
    if (transfer->origin->spare_count > transfer->origin->parallel.limit)
        trim_spare(transfer->origin);
    tell(transfer, result);
}

void leans_lost(struct lean *lean, enum exchange_result result)
{
    struct transfer *transfer = lean->transfer;
    if (!lean->reused || lean->heard) {
        leans_finish(lean, result, false);
        return;
    }
    transfer->afresh = true;
    leans_drop(lean);
    tell(transfer, result);
}

static void close_spare(struct network *network, int64_t before_ms)
{
    const struct watches *watches = &network->watches;
    for (size_t fd = 0; fd < watches->room; fd++) {
        struct lean *lean = watches->by_fd[fd].kind == WATCH_LEAN
                                ? watches->by_fd[fd].owner
                                : NULL;
        if (lean && !lean->transfer && lean->spare_since_ms <= before_ms)
            leans_drop(lean);
    }
}

static bool no_descriptors(void)
{
    return errno == EMFILE || errno == ENFILE;
}

// Where descriptors run out, connections in use go before spare ones.
int leans_socket(struct transfer *transfer, int family)
{
    struct network *network = transfer->network;
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int fd = socket(family, type, IPPROTO_TCP);
    if (fd < 0 && no_descriptors() && network->leans.spare_count > 0) {
        close_spare(network, INT64_MAX);
        fd = socket(family, type, IPPROTO_TCP);
    }
    transfer->starved = fd < 0 && no_descriptors();
    return fd;
}

static int open_socket(struct transfer *transfer)
{
    struct sockaddr_storage to;
    unsigned len =
        address_to_socket(&transfer->address, transfer->origin->port, &to);
    const struct sockaddr *address = (const struct sockaddr *)&to;
    const struct guard *guard =
        network_guard(transfer->network, transfer->exchange->class);
    // The last word, right before the call.
    if (!guard_allows(guard, address))
        return -1;
    int fd = leans_socket(transfer, to.ss_family);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, address, len) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

static bool is_open(struct network *network, int fd)
{
    if (watch_open(&network->watches, fd)) {
        network->watches.by_fd[fd].kind = WATCH_LEAN;
        if (watch_for(&network->watches, fd, EPOLLOUT))
            return true;
        watch_close(&network->watches, fd);
    }
    close(fd);
    return false;
}

static void set_check(struct leans *leans, int64_t deadline_ms)
{
    if (leans->check_ms == 0 || deadline_ms < leans->check_ms)
        leans->check_ms = deadline_ms;
}

static int64_t deadline(const struct lean *lean)
{
    int64_t whole = lean->transfer->deadline_ms;
    return lean->connecting && lean->connect_by_ms < whole ? lean->connect_by_ms
                                                           : whole;
}

static bool start_new(struct transfer *transfer)
{
    struct network *network = transfer->network;
    struct lean *lean = calloc(1, sizeof *lean);
    if (!lean)
        return false;
    int fd = open_socket(transfer);
    if (fd < 0 || !is_open(network, fd)) {
        free(lean);
        transfer->elsewhere = !transfer->starved;
        tell(transfer, transfer->starved ? EXCHANGE_BUSY : EXCHANGE_NO_CONNECT);
        return true;
    }
    network->watches.by_fd[fd].owner = lean;
    lean->network = network;
    lean->origin = transfer->origin;
    lean->transfer = transfer;
    lean->address = transfer->address;
    lean->fd = fd;
    lean->connecting = true;
    uint32_t patience_ms = transfer->exchange->connect_timeout_ms;
    lean->connect_by_ms =
        patience_ms > 0 ? network->now_ms + patience_ms : transfer->deadline_ms;
    transfer->lean = lean;
    transfer->origin->connections++;
    network->leans.opened++;
    list_add(&network->leans.first, lean);
    set_check(&network->leans, deadline(lean));
    network_keep(network);
    atomic_fetch_add_explicit(&network->numbers.connections, 1,
                              memory_order_relaxed);
    return true;
}

static struct lean *find_spare(const struct transfer *transfer)
{
    struct lean *lean = transfer->origin->spare;
    while (lean && !address_same(&lean->address, &transfer->address))
        lean = lean->next;
    return lean;
}

bool leans_start(struct transfer *transfer)
{
    struct leans *leans = &transfer->network->leans;
    struct lean *lean = transfer->afresh ? NULL : find_spare(transfer);
    transfer->afresh = false;
    transfer->elsewhere = false;
    if (!lean)
        return start_new(transfer);
    spare_remove(lean);
    lean->transfer = transfer;
    lean->reused = true;
    transfer->lean = lean;
    list_add(&leans->first, lean);
    set_check(leans, deadline(lean));
    lean_send(lean);
    return true;
}

void leans_stop(struct transfer *transfer)
{
    if (transfer->lean)
        leans_drop(transfer->lean);
}

void leans_check(struct network *network)
{
    struct leans *leans = &network->leans;
    if (leans->check_ms == 0 || network->now_ms < leans->check_ms)
        return;
    leans->check_ms = 0;
    struct lean *next;
    for (struct lean *lean = leans->first; lean; lean = next) {
        next = lean->next;
        if (deadline(lean) <= network->now_ms)
            leans_finish(lean, EXCHANGE_TIMEOUT, false);
        else
            set_check(leans, deadline(lean));
    }
}

bool leans_reap(struct network *network)
{
    struct leans *leans = &network->leans;
    struct transfer *done = leans->done;
    leans->done = NULL;
    bool any = done;
    while (done) {
        struct transfer *transfer = done;
        done = transfer->next_done;
        if (transfer->afresh && leans_start(transfer))
            continue;
        transfer_finished(transfer, transfer->result, transfer->elsewhere);
    }
    if (!leans->first)
        leans->check_ms = 0;
    return any;
}

bool leans_tidy(struct network *network, int64_t now_ms)
{
    close_spare(network, now_ms - SPARE_MS);
    return network->leans.spare_count > 0 || network->leans.first;
}

void leans_close(struct network *network)
{
    close_spare(network, INT64_MAX);
}
