// SPDX-License-Identifier: MIT

#include "stream.h"

#include "errands.h"
#include "parcel.h"
#include "websocket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    BLOCKED_MS = 5000,       // without progress
    ASKED_MS = 10000,        // until a ping is answered
    INPUT_MS = 30000,        // for a whole message
    UNSENT_MAX = 128 * 1024, // in the kernel, beyond what is on its way
    PIECES_MAX = 8,
    READS_MAX = 16,           // before others have their turn
    PONG_WAITING_MAX = 16384, // behind more than this none is sent
    // Of all messages that are not whole, or that nobody took yet.
    MESSAGES_MAX = 32 * 1024 * 1024,
};

enum {
    CODE_NORMAL = 1000,
    CODE_NONE = 1005,
    CODE_POLICY = 1008,
    CODE_LATER = 1013,
};

struct stream *stream_new(enum hold_kind kind, unsigned heartbeat_ms)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream) {
        stream->kind = (uint8_t)kind;
        stream->heartbeat_ms = heartbeat_ms;
    }
    return stream;
}

void stream_free(struct stream *stream)
{
    if (!stream)
        return;
    outbox_clear(&stream->outbox);
    websocket_clear(stream->input);
    free(stream->text);
    free(stream);
}

bool stream_put(struct stream *stream, struct parcel *parcel, bool tell)
{
    if (stream->closed)
        return true;
    if (!outbox_put(&stream->outbox, parcel)) {
        stream->closed = true;
        return false;
    }
    if (tell)
        stream->tell = stream->outbox.count;
    return true;
}

// --------------------------------------------------------------- deadlines

static uint32_t chance(struct guests *all)
{
    // xorshift32: spreads heartbeats, and guards nothing.
    uint32_t x = all->chance;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    all->chance = x;
    return x;
}

// Those that were sent something together do not beat together.
static int64_t next_beat(struct guest *guest)
{
    const struct stream *stream = guest->stream;
    uint32_t spread = stream->heartbeat_ms / 4;
    return stream->heartbeat_ms - chance(guest_all(guest)) % (spread + 1);
}

static bool plan(struct guest *guest, int64_t now)
{
    const struct stream *stream = guest->stream;
    uint32_t from = stream->since;
    int64_t ms = ASKED_MS;
    if (stream->blocked) {
        ms = BLOCKED_MS;
    } else if (!stream->asked) {
        if (stream->heartbeat_ms == 0) {
            deadline_drop(&guest_all(guest)->deadlines, &guest->deadline);
            return true;
        }
        from = stream->last;
        ms = next_beat(guest);
    }
    ms -= (uint32_t)now - from;
    return guest_wait(guest, now, ms > 0 ? (unsigned)ms : 0);
}

// ------------------------------------------------------------------ the end

static void say_farewell(struct guest *guest, unsigned news)
{
    struct stream *stream = guest->stream;
    if (!stream->told && !stream->ending)
        errands_tell(guest, news);
    stream->told = true;
}

static void forget_input(struct guest *guest)
{
    struct stream *stream = guest->stream;
    guest_all(guest)->weight -= websocket_weight(stream->input);
    websocket_clear(stream->input);
    stream->input = NULL;
    stream->deaf = true;
    stream->behind = false;
}

static enum guest_step die(struct guest *guest, unsigned news)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    stream->dead = true;
    forget_input(guest);
    deadline_drop(&all->deadlines, &guest->deadline);
    pthread_mutex_lock(&all->lock);
    stream->closed = true;
    outbox_clear(&stream->outbox);
    pthread_mutex_unlock(&all->lock);
    say_farewell(guest, news);
    return stream->ending ? STEP_END : STEP_WAIT;
}

// What the kernel still has for him is thrown away with the connection.
static enum guest_step cut_off(struct guest *guest)
{
    const struct linger none = { .l_onoff = 1 };
    setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    return die(guest, NEWS_SLOW);
}

// ------------------------------------------------------------------ writing

static bool put_own(struct guest *guest, struct parcel *parcel)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    pthread_mutex_lock(&all->lock);
    bool fine =
        parcel && (stream->closed || outbox_put(&stream->outbox, parcel));
    pthread_mutex_unlock(&all->lock);
    parcel_free(parcel);
    return fine;
}

// Under the lock. True: what was to be told of is out.
static bool count_sent(struct stream *stream, size_t len)
{
    uint32_t done = outbox_sent(&stream->outbox, len);
    if (stream->tell == 0)
        return false;
    stream->tell -= done < stream->tell ? done : stream->tell;
    return stream->tell == 0;
}

static bool kernel_is_full(struct guest *guest, int64_t now)
{
    struct stream *stream = guest->stream;
    if (stream->blocked)
        return true;
    stream->blocked = true;
    stream->since = (uint32_t)now;
    return plan(guest, now);
}

// False: the connection is broken.
static bool write_all(struct guest *guest, int64_t now)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    struct iovec rest[PIECES_MAX];
    for (;;) {
        pthread_mutex_lock(&all->lock);
        int pieces = outbox_rest(&stream->outbox, rest, PIECES_MAX);
        pthread_mutex_unlock(&all->lock);
        if (pieces == 0)
            break;
        struct msghdr message = { .msg_iov = rest,
                                  .msg_iovlen = (size_t)pieces };
        ssize_t len = sendmsg(guest->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return kernel_is_full(guest, now);
        if (len < 0 && errno != EINTR)
            return false;
        if (len < 0)
            continue;
        stream->last = (uint32_t)now;
        if (stream->blocked)
            stream->since = (uint32_t)now;
        pthread_mutex_lock(&all->lock);
        bool tell = count_sent(stream, (size_t)len);
        pthread_mutex_unlock(&all->lock);
        if (tell)
            errands_tell(guest, NEWS_DRAINED);
    }
    bool was_blocked = stream->blocked;
    stream->blocked = false;
    return !was_blocked || plan(guest, now);
}

// ------------------------------------------------------------------ reading

static void close_socket(struct guest *guest, unsigned code)
{
    struct guests *all = guest_all(guest);
    put_own(guest, websocket_close(code, NULL));
    pthread_mutex_lock(&all->lock);
    guest->stream->closed = true;
    pthread_mutex_unlock(&all->lock);
    forget_input(guest);
    say_farewell(guest, NEWS_GONE);
}

// One at a time: who sends more waits in the kernel's buffers, and then at
// his own end.
static void pass_text(struct guest *guest, struct websocket_message *message)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    pthread_mutex_lock(&all->lock);
    bool wanted = guest->phase == GUEST_HELD;
    if (wanted) {
        stream->text = message->text;
        stream->text_len = (uint32_t)message->len;
        all->messages += message->len;
    }
    pthread_mutex_unlock(&all->lock);
    if (wanted)
        errands_tell(guest, NEWS_MESSAGE);
    else
        free(message->text);
}

static void answer_ping(struct guest *guest, struct websocket_message *message)
{
    struct guests *all = guest_all(guest);
    pthread_mutex_lock(&all->lock);
    size_t waiting = guest->stream->outbox.bytes;
    pthread_mutex_unlock(&all->lock);
    // RFC 6455, 5.5.3: only the last of many needs an answer.
    if (waiting <= PONG_WAITING_MAX)
        put_own(guest, websocket_pong(message->text, message->len));
    free(message->text);
}

static void heed(struct guest *guest, enum websocket_event event,
                 struct websocket_message *message)
{
    switch (event) {
    case WEBSOCKET_TEXT:
        pass_text(guest, message);
        break;
    case WEBSOCKET_PING:
        answer_ping(guest, message);
        break;
    case WEBSOCKET_CLOSED:
        close_socket(guest,
                     message->code == CODE_NONE ? CODE_NORMAL : message->code);
        break;
    case WEBSOCKET_BROKEN:
        close_socket(guest, message->code);
        break;
    case WEBSOCKET_PONG:
    case WEBSOCKET_MORE:
        break;
    }
}

// Is there a message that nobody took yet?
static bool must_pause(struct guest *guest)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    pthread_mutex_lock(&all->lock);
    stream->paused = stream->text != NULL;
    bool pause = stream->paused;
    pthread_mutex_unlock(&all->lock);
    stream->behind = pause && guest->unread;
    return pause;
}

static enum websocket_event take(struct guest *guest, size_t len,
                                 struct websocket_message *message, int64_t now)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    bool had = stream->input != NULL;
    all->weight -= websocket_weight(stream->input);
    enum websocket_event event = websocket_take(
        &stream->input, all->space.scratch, len, HOLD_MESSAGE_MAX, message);
    all->weight += websocket_weight(stream->input);
    if (!had || event != WEBSOCKET_MORE)
        stream->input_since = (uint32_t)now;
    return event;
}

static bool weighs_too_much(struct guests *all)
{
    pthread_mutex_lock(&all->lock);
    bool much = all->weight + all->messages > MESSAGES_MAX;
    pthread_mutex_unlock(&all->lock);
    return much;
}

// > 0: so many bytes are in the scratch space; 0: there is nothing to be had.
static size_t receive(struct guest *guest)
{
    const struct intake_space *space = &guest_all(guest)->space;
    size_t max = space->head_max < WEBSOCKET_TAKE_MAX ? space->head_max
                                                      : WEBSOCKET_TAKE_MAX;
    ssize_t len;
    do
        len = recv(guest->fd, space->scratch, max, MSG_DONTWAIT);
    while (len < 0 && errno == EINTR);
    if (len > 0)
        return (size_t)len;
    guest->unread = false;
    if (len == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
        guest->left = true;
    return 0;
}

static void read_socket(struct guest *guest, int64_t now)
{
    struct stream *stream = guest->stream;
    size_t len = 0;
    for (unsigned reads = 0; !stream->deaf && !must_pause(guest);) {
        struct websocket_message message;
        enum websocket_event event = take(guest, len, &message, now);
        len = 0;
        if (event != WEBSOCKET_MORE) {
            stream->asked = false;
            heed(guest, event, &message);
            continue;
        }
        if (stream->input && weighs_too_much(guest_all(guest))) {
            close_socket(guest, CODE_LATER);
            return;
        }
        if (reads++ == READS_MAX) {
            errands_give(guest, ERRAND_READ);
            return;
        }
        len = receive(guest);
        if (len == 0)
            return;
    }
}

// Nothing that it says matters; much of it waits until more of it comes.
static void read_over(struct guest *guest)
{
    for (unsigned reads = 0; reads < READS_MAX && receive(guest) > 0; reads++)
        continue;
    guest->unread = false;
}

static bool read_all(struct guest *guest, int64_t now)
{
    struct stream *stream = guest->stream;
    bool asked = stream->asked;
    if (stream->kind == HOLD_SOCKET && !stream->deaf)
        read_socket(guest, now);
    if (stream->kind != HOLD_SOCKET || stream->deaf)
        read_over(guest);
    // What reading has put there goes out at once.
    bool fine = write_all(guest, now);
    return fine && (asked == stream->asked || plan(guest, now));
}

// --------------------------------------------------------------- altogether

enum guest_step stream_run(struct guest *guest, int64_t now)
{
    struct stream *stream = guest->stream;
    if (stream->dead)
        return stream->ending ? STEP_END : STEP_WAIT;
    if (!write_all(guest, now))
        return die(guest, NEWS_GONE);
    if (guest->unread && !stream->ending && !read_all(guest, now))
        return die(guest, NEWS_GONE);
    if (stream->ending && !stream->blocked)
        return guest_take_leave(guest, now);
    // What it said before it left is heard.
    if (guest->left && !stream->ending && !stream->behind)
        return die(guest, NEWS_GONE);
    return STEP_WAIT;
}

void stream_begin(struct guest *guest, int64_t now)
{
    const int unsent = UNSENT_MAX;
    setsockopt(guest->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
               sizeof unsent);
    guest->stream->last = (uint32_t)now;
    guest->unread = true;
    if (!plan(guest, now))
        die(guest, NEWS_GONE);
}

enum guest_step stream_obey(struct guest *guest, unsigned errands, int64_t now)
{
    struct stream *stream = guest->stream;
    if (errands & ERRAND_END) {
        stream->ending = true;
        guest_all(guest)->writing++;
    }
    if ((errands & ERRAND_CUT) && !stream->dead)
        return cut_off(guest);
    if (errands & ERRAND_READ)
        guest->unread = true;
    return stream_run(guest, now);
}

static enum guest_step beat(struct guest *guest, int64_t now)
{
    struct guests *all = guest_all(guest);
    struct stream *stream = guest->stream;
    if (stream->input && (uint32_t)now - stream->input_since > INPUT_MS) {
        close_socket(guest, CODE_POLICY);
        return stream_run(guest, now);
    }
    if ((uint32_t)now - stream->last
        >= stream->heartbeat_ms - stream->heartbeat_ms / 4) {
        stream->last = (uint32_t)now;
        stream->asked = stream->kind == HOLD_SOCKET;
        stream->since = (uint32_t)now;
        put_own(guest, parcel_share(all->beats[stream->kind - 1]));
    }
    if (!plan(guest, now))
        return die(guest, NEWS_GONE);
    return stream_run(guest, now);
}

enum guest_step stream_due(struct guest *guest, int64_t now)
{
    struct stream *stream = guest->stream;
    uint32_t waited = (uint32_t)now - stream->since;
    if (stream->dead)
        return STEP_WAIT;
    if (stream->blocked && waited >= BLOCKED_MS)
        return cut_off(guest);
    if (!stream->blocked && !stream->asked)
        return beat(guest, now);
    // Who is not read because his message was not taken cannot answer.
    bool silent = !stream->blocked && waited >= ASKED_MS;
    if (silent && !must_pause(guest))
        return die(guest, NEWS_GONE);
    if (silent)
        stream->since = (uint32_t)now;
    return plan(guest, now) ? STEP_WAIT : die(guest, NEWS_GONE);
}
