// SPDX-License-Identifier: MIT

#include "guest.h"

#include "errands.h"
#include "parking.h"
#include "slab.h"
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 1000, LINGER_READS_MAX = 16 };

// ------------------------------------------------------- coming and going

struct guests *guest_all(const struct guest *guest)
{
    return slab_owner(guest);
}

bool guest_wait(struct guest *guest, int64_t now, unsigned ms)
{
    return deadline_set(&guest_all(guest)->deadlines, &guest->deadline,
                        now + ms);
}

static bool is_writing(const struct guest *guest)
{
    return guest->state == GUEST_WRITING
           || (guest->state == GUEST_STREAMING && guest->stream->ending);
}

void guest_become(struct guest *guest, enum guest_state state)
{
    struct guests *all = guest_all(guest);
    all->writing -= is_writing(guest);
    all->writing += state == GUEST_WRITING;
    guest->state = (uint8_t)state;
    deadline_drop(&all->deadlines, &guest->deadline);
}

// What it has in its state, or would have in the next one.
static void clear(struct guest *guest)
{
    switch ((enum guest_state)guest->state) {
    case GUEST_READING:
        intake_clear(&guest->intake);
        break;
    case GUEST_PARKED:
        if (guest->errands & ERRAND_STREAM)
            stream_free(guest->stream);
        else if (guest->errands & ERRAND_ANSWER)
            answer_free(guest->answer, guest->member);
        break;
    case GUEST_WRITING:
        answer_free(guest->answer, guest->member);
        break;
    case GUEST_STREAMING:
        stream_free(guest->stream);
        break;
    case GUEST_LEAVING:
        break;
    }
}

static void leave_queue(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    if (!guest->queueing)
        return;
    guest_list_remove(&all->queue, guest);
    guest->queueing = false;
    atomic_fetch_sub(&all->queued, 1);
}

void guest_end(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    assert(guest->phase == GUEST_OURS);
    leave_queue(guest);
    deadline_drop(&all->deadlines, &guest->deadline);
    all->writing -= is_writing(guest);
    clear(guest);
    if (guest->member)
        crowd_leave(all->crowd, guest->member);
    if (guest->fd >= 0)
        close(guest->fd);
    all->count--;
    all->turning -= guest->turned;
    atomic_fetch_sub(&all->open, 1);
    slab_give(guest);
}

struct guest *guest_new(struct guests *all, int fd)
{
    struct guest *guest = slab_take(all->slab);
    // Watched once and for all, edge-triggered: what happens in a state that
    // it does not matter to costs one look, and no call changes hands with
    // the kernel between states.
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = guest,
    };
    if (!guest)
        return NULL;
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        slab_give(guest);
        return NULL;
    }
    guest->fd = fd;
    all->count++;
    atomic_fetch_add(&all->open, 1);
    return guest;
}

// ------------------------------------------------------ writing an answer

static void give(struct guest *guest, struct answer *answer)
{
    guest_become(guest, GUEST_WRITING);
    guest->answer = answer;
    guest->sent = 0;
}

// An answer of our own; the connection ends after it.
static enum guest_step say(struct guest *guest, unsigned status,
                           const char *sentence)
{
    char text[160];
    int len = snprintf(text, sizeof text, "%s\n", sentence);
    struct reply reply = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = (size_t)len,
        .headers = { "X-Content-Type-Options: nosniff",
                     request_trouble(status) },
        .header_count = 2,
    };
    assert(len > 0 && (size_t)len < sizeof text);
    struct answer *answer =
        answer_new(guest_all(guest)->shelf, NULL, &reply, false, true);
    if (!answer)
        return STEP_END;
    clear(guest);
    give(guest, answer);
    return STEP_ON;
}

enum guest_step guest_take_leave(struct guest *guest, int64_t now)
{
    // Closed at once, what it has sent meanwhile would make the kernel break
    // the connection off, and what it was sent could be lost.
    enum guest_state before = guest->state;
    struct stream *stream = before == GUEST_STREAMING ? guest->stream : NULL;
    guest_become(guest, GUEST_LEAVING);
    stream_free(stream);
    shutdown(guest->fd, SHUT_WR);
    return guest_wait(guest, now, LINGER_MS) ? STEP_ON : STEP_END;
}

static enum guest_step finish_answer(struct guest *guest, int64_t now)
{
    struct guests *all = guest_all(guest);
    bool last = answer_closes(guest->answer);
    answer_free(guest->answer, guest->member);
    guest->served = true;
    guest->begun = guest->in_body = false;
    if (last)
        return guest_take_leave(guest, now);

    guest_become(guest, GUEST_READING);
    guest->intake = (struct intake){ 0 };
    if (!guest_wait(guest, now, all->options.limits.idle_ms))
        return STEP_END;
    return guest->unread || guest->left ? STEP_ON : STEP_WAIT;
}

static enum guest_step write_answer(struct guest *guest, int64_t now)
{
    struct iovec rest[2];
    bool moved = false;
    int pieces;

    while ((pieces = answer_rest(guest->answer, guest->sent, rest)) > 0) {
        struct msghdr message = { .msg_iov = rest,
                                  .msg_iovlen = (size_t)pieces };
        ssize_t len = sendmsg(guest->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (len >= 0) {
            guest->sent += (size_t)len;
            moved = true;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            unsigned ms = guest_all(guest)->options.limits.write_ms;
            bool fine = (guest->deadline.place > 0 && !moved)
                        || guest_wait(guest, now, ms);
            return fine ? STEP_WAIT : STEP_END;
        } else if (errno != EINTR) {
            return STEP_END;
        }
    }
    return finish_answer(guest, now);
}

static enum guest_step leave(struct guest *guest)
{
    const struct intake_space *space = &guest_all(guest)->space;
    for (unsigned reads = 0; reads < LINGER_READS_MAX; reads++) {
        ssize_t len =
            recv(guest->fd, space->scratch, space->head_max, MSG_DONTWAIT);
        if (len == 0)
            return STEP_END;
        if (len < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? STEP_WAIT
                                                           : STEP_END;
    }
    return STEP_END;
}

static enum guest_step park(struct guest *guest)
{
    const struct guests *all = guest_all(guest);
    if (all->refusing)
        return say(guest, 503, "the hub is stopping");
    if (atomic_load(&all->parked) >= all->options.limits.parked)
        return say(guest, 503, "too many requests wait here");
    parking_enter(guest);
    return STEP_ON;
}

// -------------------------------------------------------------- reading

static void hand_over(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address;
    int fd = guest->fd;

    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0
        || epoll_ctl(all->epoll, EPOLL_CTL_DEL, fd, NULL) != 0)
        return;
    guest->fd = -1;
    atomic_fetch_add(&all->handed, 1);
    all->options.handed(all->options.context, fd, (struct sockaddr *)&address,
                        DOOR_PUBLIC);
}

// A head and a body each have a time to come in whole, however they trickle.
static enum guest_step wait_for_more(struct guest *guest, int64_t now)
{
    const struct front_limits *limits = &guest_all(guest)->options.limits;
    if (guest->left)
        return STEP_END;
    if (guest->intake.body && !guest->in_body) {
        guest->in_body = true;
        return guest_wait(guest, now, limits->idle_ms) ? STEP_WAIT : STEP_END;
    }
    if (!guest->begun) {
        guest->begun = true;
        // A new connection's time has run since it came.
        if (guest->served && !guest_wait(guest, now, limits->head_ms))
            return STEP_END;
    }
    return STEP_WAIT;
}

// Who waits for his turn has the time that there is for a head.
static enum guest_step queue_up(struct guest *guest, int64_t now)
{
    struct guests *all = guest_all(guest);
    if (guest->queueing)
        return STEP_WAIT;
    guest->queueing = true;
    guest_list_add(&all->queue, guest);
    atomic_fetch_add(&all->queued, 1);
    return guest_wait(guest, now, all->options.limits.head_ms) ? STEP_WAIT
                                                               : STEP_END;
}

static enum guest_step read_request(struct guest *guest, int64_t now)
{
    struct guests *all = guest_all(guest);
    struct intake_news news;
    unsigned asking = all->options.limits.asking;
    all->space.full = asking > 0 && atomic_load(&all->asking) >= asking;
    enum intake_state state =
        intake_read(&guest->intake, guest->fd, &all->space, guest, &news);
    guest->unread = news.more;
    switch (state) {
    case INTAKE_NONE:
        guest->unread = false;
        return guest->left ? STEP_END : STEP_WAIT;
    case INTAKE_MORE:
        guest->unread = false;
        return wait_for_more(guest, now);
    case INTAKE_GONE:
        return STEP_END;
    case INTAKE_REFUSED:
        return say(guest, news.status, news.sentence);
    case INTAKE_FOREIGN:
        hand_over(guest);
        return STEP_END;
    case INTAKE_FULL:
        return queue_up(guest, now);
    case INTAKE_WHOLE:
        return park(guest);
    }
    return STEP_END;
}

static void run(struct guest *guest, int64_t now)
{
    enum guest_step step = STEP_ON;
    while (step == STEP_ON) {
        switch ((enum guest_state)guest->state) {
        case GUEST_READING:
            step = guest->queueing ? STEP_WAIT : read_request(guest, now);
            break;
        case GUEST_PARKED:
            parking_look(guest);
            step = STEP_WAIT;
            break;
        case GUEST_WRITING:
            step = write_answer(guest, now);
            break;
        case GUEST_STREAMING:
            step = stream_run(guest, now);
            break;
        case GUEST_LEAVING:
            step = leave(guest);
            break;
        }
    }
    if (step == STEP_END)
        guest_end(guest);
}

void guest_event(struct guest *guest, uint32_t events, int64_t now)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        guest->left = true;
    if (events & EPOLLIN)
        guest->unread = true;
    run(guest, now);
}

static enum guest_step obey(struct guest *guest, unsigned errands, int64_t now)
{
    if (errands & (ERRAND_ANSWER | ERRAND_END))
        atomic_fetch_sub(&guest_all(guest)->parked, 1);
    if (errands & ERRAND_ANSWER) {
        struct answer *answer = guest->answer;
        give(guest, answer);
        return answer ? write_answer(guest, now) : STEP_END;
    }
    if (errands & ERRAND_STREAM) {
        // Its stream is there, and the main thread may be looking at it.
        guest_become(guest, GUEST_STREAMING);
        stream_begin(guest, now);
    }
    if (guest->state == GUEST_STREAMING)
        return stream_obey(guest, errands, now);
    // A hold that ends without a word.
    return errands & ERRAND_END ? STEP_END : STEP_WAIT;
}

void guest_obey(struct guest *guest, unsigned errands, int64_t now)
{
    enum guest_step step = obey(guest, errands, now);
    if (step == STEP_ON)
        run(guest, now);
    else if (step == STEP_END)
        guest_end(guest);
}

void guest_due(struct guest *guest, int64_t now)
{
    if (guest->state != GUEST_STREAMING || stream_due(guest, now) == STEP_END)
        guest_end(guest);
}

void guest_retry(struct guest *guest, int64_t now)
{
    leave_queue(guest);
    run(guest, now);
}

// Has it sent something that nobody has seen yet?
static bool is_saying(const struct guest *guest)
{
    char byte;
    return recv(guest->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

// Has it been sent what its peer has not received yet?
static bool is_hearing(const struct guest *guest)
{
    int left = 0;
    return ioctl(guest->fd, SIOCOUTQ, &left) == 0 && left > 0;
}

enum settling guest_settle(struct guest *guest, int64_t now)
{
    if (guest->state == GUEST_PARKED || guest->state == GUEST_STREAMING)
        return SETTLED;
    if (guest->state == GUEST_LEAVING)
        return is_hearing(guest) ? SETTLING_THEIRS : SETTLED;
    if (guest->state == GUEST_WRITING)
        return SETTLING_THEIRS;
    if (guest->queueing || is_saying(guest))
        return SETTLING_OURS;
    if (!guest->served || guest->begun)
        return SETTLING_THEIRS;
    // Half closed, so that who says something at this very moment is not
    // reset, and learns from the end that he was not heard.
    if (guest_take_leave(guest, now) == STEP_END)
        guest_end(guest);
    else
        run(guest, now);
    return SETTLING_THEIRS;
}

void guest_refuse(struct guest *guest, unsigned status, const char *sentence,
                  int64_t now)
{
    if (say(guest, status, sentence) == STEP_END)
        guest_end(guest);
    else
        run(guest, now);
}
