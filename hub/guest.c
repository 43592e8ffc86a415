// SPDX-License-Identifier: MIT

#include "guest.h"

#include "held.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 1000, LINGER_READS_MAX = 16 };

enum step { STEP_WAIT, STEP_ON, STEP_END };

// ------------------------------------------------------- coming and going

bool guest_wait(struct guest *guest, int64_t now, unsigned ms)
{
    return deadline_set(&guest->all->deadlines, &guest->deadline, now + ms);
}

static void set_state(struct guest *guest, enum guest_state state)
{
    struct guests *all = guest->all;
    all->writing -= guest->state == GUEST_WRITING;
    all->writing += state == GUEST_WRITING;
    guest->state = (uint8_t)state;
    deadline_drop(&all->deadlines, &guest->deadline);
}

static void unlink_guest(struct guest *guest)
{
    struct guests *all = guest->all;
    if (guest->before)
        guest->before->next = guest->next;
    else
        all->first = guest->next;
    if (guest->next)
        guest->next->before = guest->before;
    all->count--;
    all->turning -= guest->turned;
    atomic_fetch_sub(&all->open, 1);
}

void guest_end(struct guest *guest)
{
    assert(guest->state != GUEST_PARKED);
    set_state(guest, GUEST_LEAVING);
    unlink_guest(guest);
    intake_clear(&guest->intake);
    answer_free(guest->answer);
    if (guest->member)
        crowd_leave(guest->all->crowd, guest->member);
    if (guest->fd >= 0)
        close(guest->fd);
    free(guest);
}

struct guest *guest_new(struct guests *all, int fd)
{
    struct guest *guest = calloc(1, sizeof *guest);
    // Watched once and for all, edge-triggered: what happens in a state that
    // it does not matter to costs one look, and no call changes hands with
    // the kernel between states.
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.ptr = guest,
    };
    if (!guest || epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(guest);
        return NULL;
    }
    guest->all = all;
    guest->fd = fd;
    guest->next = all->first;
    if (all->first)
        all->first->before = guest;
    all->first = guest;
    all->count++;
    atomic_fetch_add(&all->open, 1);
    return guest;
}

// ------------------------------------------------------ writing an answer

static void give(struct guest *guest, struct answer *answer)
{
    set_state(guest, GUEST_WRITING);
    guest->answer = answer;
    guest->sent = 0;
}

// An answer of our own; the connection ends after it.
static enum step say(struct guest *guest, unsigned status, const char *sentence)
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
        answer_new(guest->all->shelf, NULL, &reply, false, true);
    if (!answer)
        return STEP_END;
    give(guest, answer);
    return STEP_ON;
}

static enum step finish_answer(struct guest *guest, int64_t now)
{
    struct guests *all = guest->all;
    bool last = answer_closes(guest->answer);
    answer_free(guest->answer);
    guest->answer = NULL;
    intake_clear(&guest->intake);
    guest->served = true;
    guest->begun = guest->in_body = false;

    if (last) {
        // Closed at once, what it has sent meanwhile would make the kernel
        // break the connection off, and the answer could be lost.
        set_state(guest, GUEST_LEAVING);
        shutdown(guest->fd, SHUT_WR);
        return guest_wait(guest, now, LINGER_MS) ? STEP_ON : STEP_END;
    }
    set_state(guest, GUEST_READING);
    if (atomic_load(&all->draining))
        return STEP_END;
    return guest_wait(guest, now, all->options.limits.idle_ms) ? STEP_ON
                                                               : STEP_END;
}

static enum step write_answer(struct guest *guest, int64_t now)
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
            bool fine =
                (guest->deadline.place > 0 && !moved)
                || guest_wait(guest, now, guest->all->options.limits.write_ms);
            return fine ? STEP_WAIT : STEP_END;
        } else if (errno != EINTR) {
            return STEP_END;
        }
    }
    return finish_answer(guest, now);
}

static enum step leave(struct guest *guest)
{
    const struct intake_space *space = &guest->all->space;
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

// ------------------------------------------------------- a request is held

static void wake(struct guests *all)
{
    // Full means that a wake-up is due anyway.
    (void)eventfd_write(all->wake_fd, 1);
}

void guest_unlist(struct guest *guest)
{
    if (!guest->listed)
        return;
    if (guest->link_before)
        guest->link_before->link = guest->link;
    else
        guest->all->gone = guest->link;
    if (guest->link)
        guest->link->link_before = guest->link_before;
    guest->listed = false;
}

// From any thread. Until front's has taken it from the list, the guest cannot
// end; the request ends here, but not before front's thread can no longer
// speak of it.
static void answer_request(struct request *request, const struct reply *reply)
{
    static const char text[] = "too much is on its way already\n";
    static const struct reply later = {
        .status = 503,
        .content_type = "text/plain; charset=utf-8",
        .body = text,
        .body_len = sizeof text - 1,
        .headers = { "X-Content-Type-Options: nosniff", "Retry-After: 5" },
        .header_count = 2,
    };
    struct guest *guest = held_owner(request);
    struct guests *all = guest->all;
    bool head_only = request->method == REQUEST_HEAD;
    bool last = reply->close || !guest->intake.keep_alive
                || atomic_load(&all->draining);
    struct answer *answer =
        answer_new(all->shelf, guest->member, reply, head_only, last);
    if (!answer)
        answer = answer_new(all->shelf, NULL, &later, head_only, true);

    pthread_mutex_lock(&all->lock);
    guest_unlist(guest);
    guest->request = NULL;
    guest->answer = answer;
    guest->link = NULL;
    bool first = !all->answered;
    if (first)
        all->answered = guest;
    else
        all->answered_last->link = guest;
    all->answered_last = guest;
    pthread_mutex_unlock(&all->lock);

    held_free(request);
    if (first)
        wake(all);
}

static void tell_gone(struct guest *guest)
{
    struct guests *all = guest->all;
    pthread_mutex_lock(&all->lock);
    if (guest->request && !guest->told) {
        guest->told = guest->listed = true;
        atomic_store(&guest->request->gone, true);
        guest->link = all->gone;
        guest->link_before = NULL;
        if (all->gone)
            all->gone->link_before = guest;
        all->gone = guest;
        all->options.gone(all->options.context, guest->request);
    }
    pthread_mutex_unlock(&all->lock);
}

static enum step park(struct guest *guest)
{
    struct guests *all = guest->all;
    struct request *request = guest->intake.request;
    if (atomic_load(&all->parked) >= all->options.limits.parked)
        return say(guest, 503, "too many requests wait here");

    guest->intake.request = NULL;
    set_state(guest, GUEST_PARKED);
    atomic_fetch_add(&all->parked, 1);
    guest->told = false;
    guest->request = request;
    request->answer = answer_request;
    request->sated = guest->member ? crowd_sated(guest->member) : NULL;
    all->options.arrived(all->options.context, request);
    return STEP_ON;
}

static enum step stay_parked(struct guest *guest)
{
    if (guest->left)
        tell_gone(guest);
    return STEP_WAIT;
}

// -------------------------------------------------------------- reading

static void hand_over(struct guest *guest)
{
    struct guests *all = guest->all;
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof address;
    int fd = guest->fd;

    if (getpeername(fd, (struct sockaddr *)&address, &len) != 0
        || epoll_ctl(all->epoll, EPOLL_CTL_DEL, fd, NULL) != 0)
        return;
    guest->fd = -1;
    atomic_fetch_add(&all->handed, 1);
    all->options.handed(all->options.context, fd, (struct sockaddr *)&address,
                        false);
}

// A head and a body each have a time to come in whole, however they trickle.
static enum step wait_for_more(struct guest *guest, int64_t now)
{
    const struct front_limits *limits = &guest->all->options.limits;
    if (guest->left)
        return STEP_END;
    if (guest->intake.body && !guest->in_body) {
        guest->in_body = true;
        return guest_wait(guest, now, limits->idle_ms) ? STEP_WAIT : STEP_END;
    }
    if (guest->intake.begun && !guest->begun) {
        guest->begun = true;
        // A new connection's time has run since it came.
        if (guest->served && !guest_wait(guest, now, limits->head_ms))
            return STEP_END;
    }
    return STEP_WAIT;
}

static enum step read_request(struct guest *guest, int64_t now)
{
    struct intake_problem problem;
    switch (intake_read(&guest->intake, guest->fd, &guest->all->space, guest,
                        &problem)) {
    case INTAKE_MORE:
        return wait_for_more(guest, now);
    case INTAKE_GONE:
        return STEP_END;
    case INTAKE_REFUSED:
        return say(guest, problem.status, problem.sentence);
    case INTAKE_FOREIGN:
        hand_over(guest);
        return STEP_END;
    case INTAKE_WHOLE:
        return park(guest);
    }
    return STEP_END;
}

static void run(struct guest *guest, int64_t now)
{
    enum step step = STEP_ON;
    while (step == STEP_ON) {
        switch ((enum guest_state)guest->state) {
        case GUEST_READING:
            step = read_request(guest, now);
            break;
        case GUEST_PARKED:
            step = stay_parked(guest);
            break;
        case GUEST_WRITING:
            step = write_answer(guest, now);
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
    run(guest, now);
}

void guest_answer(struct guest *guest, struct answer *answer, int64_t now)
{
    if (!answer) {
        set_state(guest, GUEST_LEAVING);
        guest_end(guest);
        return;
    }
    give(guest, answer);
    run(guest, now);
}

void guest_refuse(struct guest *guest, unsigned status, const char *sentence,
                  int64_t now)
{
    if (say(guest, status, sentence) == STEP_END)
        guest_end(guest);
    else
        run(guest, now);
}
