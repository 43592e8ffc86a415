// SPDX-License-Identifier: MIT

#include "engine_lean.h"

#include "engine_head.h"
#include "engine_leans.h"
#include "engine_network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { READS_MAX = 4 };

static size_t body_len(const struct exchange *exchange)
{
    return exchange->post ? exchange->body_len : 0;
}

// What could not be written at once waits for the socket to take it.
static bool keep_rest(struct lean *lean, const char *head, size_t head_len,
                      size_t sent)
{
    if (sent < head_len) {
        lean->unsent = malloc(head_len - sent);
        if (!lean->unsent)
            return false;
        lean->unsent_len = head_len - sent;
        lean->unsent_at = 0;
        lean->body_at = 0;
        memcpy(lean->unsent, head + sent, lean->unsent_len);
    } else {
        lean->body_at = sent - head_len;
    }
    return true;
}

static bool all_sent(const struct lean *lean)
{
    return lean->unsent_at == lean->unsent_len
           && lean->body_at == body_len(lean->transfer->exchange);
}

static ssize_t send_parts(int fd, const void *head, size_t head_len,
                          const void *body, size_t len)
{
    // The kernel does not write to what it is told to send.
    struct iovec parts[2] = { { .iov_len = head_len }, { .iov_len = len } };
    memcpy(&parts[0].iov_base, &head, sizeof head);
    memcpy(&parts[1].iov_base, &body, sizeof body);
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = len > 0 ? 2 : 1 };
    ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return sent;
}

static void want(struct lean *lean)
{
    bool done = all_sent(lean);
    if (!watch_for(&lean->network->watches, lean->fd,
                   done ? EPOLLIN : EPOLLIN | EPOLLOUT))
        leans_finish(lean, EXCHANGE_BROKEN, false);
}

static void send_first(struct lean *lean)
{
    struct transfer *transfer = lean->transfer;
    const struct exchange *exchange = transfer->exchange;
    struct leans *leans = &lean->network->leans;
    if (!transfer_sends(transfer)) {
        leans_finish(lean, EXCHANGE_CANCELLED, false);
        return;
    }
    size_t len = engine_head_length(transfer);
    char *head = len <= sizeof leans->buffer ? leans->buffer : malloc(len);
    if (!head) {
        leans_finish(lean, EXCHANGE_BROKEN, false);
        return;
    }
    len = engine_head_write(transfer, head);
    ssize_t sent =
        send_parts(lean->fd, head, len, exchange->body, body_len(exchange));
    bool kept = sent < 0 || keep_rest(lean, head, len, (size_t)sent);
    if (head != leans->buffer)
        free(head);
    if (sent < 0)
        leans_lost(lean, EXCHANGE_BROKEN);
    else if (!kept)
        leans_finish(lean, EXCHANGE_BROKEN, false);
    else
        want(lean);
}

static void send_more(struct lean *lean)
{
    const struct exchange *exchange = lean->transfer->exchange;
    size_t head_left = lean->unsent_len - lean->unsent_at;
    const char *head = head_left > 0 ? lean->unsent + lean->unsent_at : "";
    const char *body = exchange->body;
    ssize_t sent = send_parts(lean->fd, head, head_left,
                              body ? body + lean->body_at : NULL,
                              body_len(exchange) - lean->body_at);
    if (sent < 0) {
        // It may have answered before it hung up: reading tells.
        lean->unsent_at = lean->unsent_len;
        lean->body_at = body_len(exchange);
        want(lean);
        return;
    }
    size_t of_head = (size_t)sent < head_left ? (size_t)sent : head_left;
    lean->unsent_at += of_head;
    lean->body_at += (size_t)sent - of_head;
    if (all_sent(lean))
        want(lean);
}

void lean_send(struct lean *lean)
{
    lean->heard = false;
    lean->unsent_len = 0;
    lean->unsent_at = 0;
    lean->body_at = 0;
    free(lean->unsent);
    lean->unsent = NULL;
    response_begin(&lean->response, &lean->transfer->collect);
    send_first(lean);
}

static enum exchange_result of_verdict(enum collect_verdict verdict)
{
    if (verdict == COLLECT_ENOUGH)
        return EXCHANGE_ANSWERED;
    return verdict == COLLECT_TOO_LARGE ? EXCHANGE_TOO_LARGE : EXCHANGE_BROKEN;
}

static bool has_head(const struct lean *lean)
{
    const struct collect *collect = &lean->transfer->collect;
    return collect->head_done && collect->status >= 200;
}

// True: read on.
static bool take(struct lean *lean, const char *bytes, size_t len)
{
    size_t used;
    enum response_step step = response_feed(&lean->response, bytes, len, &used);
    switch (step) {
    case RESPONSE_MORE:
        return true;
    case RESPONSE_DONE:
        leans_finish(lean, EXCHANGE_ANSWERED,
                     used == len && all_sent(lean)
                         && response_keeps(&lean->response));
        return false;
    case RESPONSE_STOP:
        leans_finish(lean, of_verdict(lean->response.verdict), false);
        return false;
    case RESPONSE_BROKEN:
        break;
    }
    leans_finish(lean, has_head(lean) ? EXCHANGE_CUT : EXCHANGE_BROKEN, false);
    return false;
}

static void hung_up(struct lean *lean)
{
    if (response_close(&lean->response) == RESPONSE_DONE)
        leans_finish(lean, EXCHANGE_ANSWERED, false);
    else if (has_head(lean))
        leans_finish(lean, EXCHANGE_CUT, false);
    else
        leans_lost(lean, EXCHANGE_BROKEN);
}

static void receive(struct lean *lean)
{
    char *buffer = lean->network->leans.buffer;
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t got = recv(lean->fd, buffer, LEANS_BUFFER, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            hung_up(lean);
            return;
        }
        lean->heard = true;
        if (!take(lean, buffer, (size_t)got) || got < LEANS_BUFFER)
            return;
    }
}

static void connected(struct lean *lean)
{
    int error = 0;
    socklen_t len = sizeof error;
    getsockopt(lean->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        leans_finish(
            lean, error == ETIMEDOUT ? EXCHANGE_TIMEOUT : EXCHANGE_NO_CONNECT,
            false);
        return;
    }
    lean->connecting = false;
    lean_send(lean);
}

void lean_event(struct network *network, int fd, uint32_t events)
{
    struct watch *watch = watch_of(&network->watches, fd);
    struct lean *lean = watch->owner;
    if (!lean->transfer) {
        leans_drop(lean); // spare, so this is its peer's farewell
        return;
    }
    if (lean->connecting) {
        connected(lean);
        return;
    }
    if ((events & EPOLLOUT) && !all_sent(lean))
        send_more(lean);
    if (watch->owner == lean && lean->transfer
        && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        receive(lean);
}
