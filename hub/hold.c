// SPDX-License-Identifier: MIT

#include "hold.h"

#include "errands.h"
#include "front.h"
#include "guest.h"
#include "held.h"
#include "parcel.h"
#include "parking.h"
#include "peer.h"
#include "stream.h"
#include "websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { TOGETHER_MAX = 256 }; // under one lock

// A hold is a guest that does not show what it is.
static struct guest *guest_of(const struct hold *hold)
{
    return (struct guest *)(uintptr_t)hold;
}

static void wake_holder(struct guests *all, bool needed)
{
    if (needed && all->options.wake)
        all->options.wake(all->options.context);
}

struct hold *hold_take(struct request *request, void *owner)
{
    assert(request->parkable);
    struct guest *guest = held_owner(request);
    struct guests *all = guest_all(guest);

    pthread_mutex_lock(&all->lock);
    errands_unlist(guest);
    guest->phase = GUEST_HELD;
    guest->owner = owner;
    guest->stream = NULL;
    if (guest->told)
        guest->news = NEWS_GONE;
    bool wake = errands_list(guest);
    pthread_mutex_unlock(&all->lock);

    held_free(request);
    parking_less(all);
    wake_holder(all, wake);
    return (struct hold *)guest;
}

void hold_own(struct hold *hold, void *owner)
{
    struct guest *guest = guest_of(hold);
    struct guests *all = guest_all(guest);
    pthread_mutex_lock(&all->lock);
    guest->owner = owner;
    if (!owner)
        errands_unlist(guest);
    bool wake = errands_list(guest);
    pthread_mutex_unlock(&all->lock);
    wake_holder(all, wake);
}

// ------------------------------------------------------------------ answers

// What is told to many is made at most once for each of these.
struct versions {
    struct guests *all;
    const struct reply *reply;
    bool last;
    struct answer *made[2][2]; // of HEAD or not, the last or not
};

static struct answer *version_for(struct versions *versions,
                                  const struct guest *guest)
{
    bool last = versions->last || !guest->keep_alive;
    struct answer **made = &versions->made[guest->head_only][last];
    struct crowd_member *member = guest->member;
    // One share, which is nobody's burden, is kept until all have theirs.
    if (!*made)
        *made = answer_new(versions->all->shelf, NULL, versions->reply,
                           guest->head_only, last);
    if (*made && answer_share(*made, member))
        return *made;
    return parking_too_much(guest);
}

static void drop_versions(struct versions *versions)
{
    for (size_t i = 0; i < 4; i++)
        answer_free(versions->made[i / 2][i % 2], NULL);
}

static void release(struct guest *guest, struct answer *answer)
{
    assert(guest->phase == GUEST_HELD && !guest->stream);
    errands_unlist(guest);
    guest->phase = GUEST_OURS;
    guest->answer = answer;
}

void hold_answer(struct front *front, struct hold *const holds[], size_t count,
                 const struct reply *reply)
{
    struct guests *all = front_guests(front);
    struct versions versions = { .all = all, .reply = reply };
    struct answer *answers[TOGETHER_MAX];
    versions.last = reply->close || atomic_load(&all->draining);

    for (size_t done = 0; done < count;) {
        size_t some = count - done < TOGETHER_MAX ? count - done : TOGETHER_MAX;
        bool wake = false;
        for (size_t i = 0; i < some; i++)
            answers[i] = version_for(&versions, guest_of(holds[done + i]));
        pthread_mutex_lock(&all->lock);
        for (size_t i = 0; i < some; i++) {
            struct guest *guest = guest_of(holds[done + i]);
            release(guest, answers[i]);
            wake |= errands_put(all, guest, ERRAND_ANSWER);
        }
        pthread_mutex_unlock(&all->lock);
        if (wake)
            errands_wake(all);
        done += some;
    }
    drop_versions(&versions);
}

// ------------------------------------------------------------------ streams

void hold_stream(struct front *front, struct hold *hold, enum hold_kind kind,
                 unsigned heartbeat_ms, struct parcel *head)
{
    struct guest *guest = guest_of(hold);
    struct guests *all = front_guests(front);
    struct stream *stream = stream_new(kind, heartbeat_ms);
    bool fine = stream && head && stream_put(stream, head, false);
    if (!fine) {
        stream_free(stream);
        errands_tell(guest, NEWS_GONE);
        return;
    }
    pthread_mutex_lock(&all->lock);
    assert(guest->phase == GUEST_HELD && !guest->stream);
    guest->stream = stream;
    bool wake = errands_put(all, guest, ERRAND_STREAM);
    pthread_mutex_unlock(&all->lock);
    if (wake)
        errands_wake(all);
}

static bool send_one(struct guests *all, struct guest *guest,
                     struct parcel *parcel, bool tell)
{
    struct stream *stream = guest->stream;
    if (!stream || stream->closed)
        return false;
    bool fine = stream_put(stream, parcel, tell);
    return errands_put(all, guest, fine ? ERRAND_WRITE : ERRAND_CUT);
}

void hold_send(struct front *front, struct hold *const holds[], size_t count,
               struct parcel *parcel, bool tell)
{
    struct guests *all = front_guests(front);
    for (size_t done = 0; done < count;) {
        size_t some = count - done < TOGETHER_MAX ? count - done : TOGETHER_MAX;
        bool wake = false;
        pthread_mutex_lock(&all->lock);
        for (size_t i = 0; i < some; i++)
            wake |= send_one(all, guest_of(holds[done + i]), parcel, tell);
        pthread_mutex_unlock(&all->lock);
        if (wake)
            errands_wake(all);
        done += some;
    }
}

// Under the lock.
static void drop_message(struct guests *all, struct stream *stream)
{
    if (stream->text)
        all->messages -= stream->text_len;
    free(stream->text);
    stream->text = NULL;
}

void hold_end(struct front *front, struct hold *hold, struct parcel *last,
              unsigned code, const char *reason)
{
    struct guest *guest = guest_of(hold);
    struct guests *all = front_guests(front);
    struct stream *stream = guest->stream;
    bool socket = stream && stream->kind == HOLD_SOCKET;
    struct parcel *close = socket ? websocket_close(code, reason) : NULL;

    pthread_mutex_lock(&all->lock);
    assert(guest->phase == GUEST_HELD);
    errands_unlist(guest);
    guest->phase = GUEST_OURS;
    unsigned errands = ERRAND_END;
    if (stream) {
        drop_message(all, stream);
        if (last)
            stream_put(stream, last, false);
        if (close)
            stream_put(stream, close, false);
        stream->closed = true;
    }
    bool wake = errands_put(all, guest, errands);
    pthread_mutex_unlock(&all->lock);
    parcel_free(close);
    if (wake)
        errands_wake(all);
}

// ------------------------------------------------------------------- events

// Under the lock. True: front is to read on.
static bool take_message(struct guests *all, struct guest *guest,
                         struct hold_event *out)
{
    struct stream *stream = guest->stream;
    out->kind = HOLD_MESSAGE;
    out->text = stream->text;
    out->len = stream->text_len;
    all->messages -= stream->text_len;
    stream->text = NULL;
    guest->news &= (uint8_t)~NEWS_MESSAGE;
    return stream->paused && errands_put(all, guest, ERRAND_READ);
}

static void take_other(struct guest *guest, struct hold_event *out)
{
    static const struct {
        unsigned news;
        enum hold_event_kind kind;
    } kinds[] = { { NEWS_DRAINED, HOLD_DRAINED },
                  { NEWS_SLOW, HOLD_SLOW },
                  { NEWS_GONE, HOLD_GONE } };
    size_t i = 0;
    while (!(guest->news & kinds[i].news))
        i++;
    out->kind = kinds[i].kind;
    guest->news &= (uint8_t)~kinds[i].news;
}

bool hold_next(struct front *front, struct hold_event *out)
{
    struct guests *all = front_guests(front);
    bool wake = false;
    pthread_mutex_lock(&all->lock);
    struct guest *guest = all->news.first;
    if (guest) {
        *out = (struct hold_event){ .hold = (struct hold *)guest,
                                    .owner = guest->owner };
        if (guest->news & NEWS_MESSAGE)
            wake = take_message(all, guest, out);
        else
            take_other(guest, out);
        // Others have their turn before its next.
        errands_unlist(guest);
        errands_list(guest);
    }
    pthread_mutex_unlock(&all->lock);
    if (wake)
        errands_wake(all);
    return guest != NULL;
}

void hold_peer(const struct hold *hold, char out[48])
{
    struct sockaddr_storage peer = { 0 };
    socklen_t len = sizeof peer;
    out[0] = '\0';
    if (getpeername(guest_of(hold)->fd, (struct sockaddr *)&peer, &len) == 0)
        peer_text((const struct sockaddr *)&peer, out);
}
