// SPDX-License-Identifier: MIT

#include "relay_deliver.h"

#include "relay.h"
#include "relay_deliver_inside.h"

#include <string.h>

enum {
    AT_ONCE = 64,                    // seats that are read or delivered to
    PER_ORIGIN = 6,                  // of these
    LETTERS_MAX = 128 * 1024 * 1024, // bytes that are held
};

static bool wants(const struct relay_seat *seat)
{
    return seat->rings != seat->answered || seat->ack[0] != '\0';
}

// The origins of callbacks that are under way, one for each seat.
struct crowd {
    const struct store_key *origins[AT_ONCE];
    size_t count;
};

static void gather(const struct relay *relay, struct crowd *crowd)
{
    crowd->count = 0;
    for (size_t i = 0; i < relay->book.seat_count; i++)
        if (relay->book.seats[i]->call && crowd->count < AT_ONCE)
            crowd->origins[crowd->count++] =
                &relay->book.seats[i]->terms.origin;
}

static bool has_room(const struct relay *relay, const struct crowd *crowd,
                     const struct relay_seat *seat)
{
    size_t same = 0;
    for (size_t i = 0; i < crowd->count; i++)
        same += memcmp(crowd->origins[i], &seat->terms.origin,
                       sizeof seat->terms.origin)
                == 0;
    return same < PER_ORIGIN && relay->under_way < AT_ONCE
           && relay->letter_bytes < LETTERS_MAX;
}

// Table B: a lease that is over ends it, unless a renewal is being verified.
static bool is_over(struct relay *relay, struct relay_seat *seat,
                    struct moment now)
{
    if (seat->call || now.unix < seat->lease_end
        || relay_book_wishes(&relay->book, &seat->terms) > 0)
        return false;
    relay_deliver_log(seat, LOG_INFO, "subscription.ended", "lease", 0);
    relay_deliver_remove(relay, seat);
    return true;
}

static bool is_due(const struct relay *relay, const struct relay_seat *seat,
                   struct moment now)
{
    if (relay->draining)
        return seat->ack[0] != '\0';
    return wants(seat) && now.mono >= seat->due;
}

// True: it has begun.
static bool work_on(struct relay *relay, struct relay_seat *seat,
                    struct crowd *crowd, struct moment now)
{
    bool due = is_due(relay, seat, now);
    bool fades = !relay->draining && now.unix >= seat->touch;
    if (seat->call || now.unix >= seat->lease_end || (!due && !fades)
        || !has_room(relay, crowd, seat))
        return false;
    if (relay->draining)
        relay_deliver_acknowledge(relay, seat);
    else if (due)
        relay_deliver_look(relay, seat);
    else if (seat->bent)
        relay_deliver_put_again(relay, seat);
    else
        relay_deliver_touch(relay, seat);
    if (seat->call && crowd->count < AT_ONCE)
        crowd->origins[crowd->count++] = &seat->terms.origin;
    return true;
}

void relay_deliver_step(struct relay *relay, struct moment now)
{
    struct crowd crowd;
    for (size_t i = 0; i < relay->book.seat_count;)
        i += !is_over(relay, relay->book.seats[i], now);
    gather(relay, &crowd);
    // The next one is first the next time, so that everybody comes to it.
    size_t count = relay->book.seat_count, first = relay->next_seat;
    for (size_t i = 0; i < count && relay_hub_ready(relay->hub, now); i++) {
        struct relay_seat *seat = relay->book.seats[(first + i) % count];
        if (work_on(relay, seat, &crowd, now))
            relay->next_seat = (first + i + 1) % count;
    }
}

int64_t relay_deliver_patience(const struct relay *relay, struct moment now)
{
    int64_t patience = LOOP_FOR_EVER, hub = relay_hub_due(relay->hub);
    struct crowd crowd;
    gather(relay, &crowd);
    for (size_t i = 0; i < relay->book.seat_count; i++) {
        const struct relay_seat *seat = relay->book.seats[i];
        int64_t at = now.mono + seat->touch - now.unix;
        if (wants(seat) && (seat->due < at || relay->draining))
            at = seat->due;
        if (seat->call)
            continue;
        if (seat->lease_end > now.unix)
            patience = relay_sooner(patience,
                                    now.mono + seat->lease_end - now.unix, now);
        // Who finds no room is looked at when somebody has made some.
        if (has_room(relay, &crowd, seat))
            patience = relay_sooner(patience, hub > at ? hub : at, now);
    }
    return patience;
}

bool relay_deliver_idle(const struct relay *relay)
{
    // A hub that is away would be waited for in vain.
    bool tell = relay_hub_due(relay->hub) == 0;
    for (size_t i = 0; i < relay->book.seat_count; i++) {
        const struct relay_seat *seat = relay->book.seats[i];
        if (seat->call || (tell && seat->ack[0]))
            return false;
    }
    return true;
}
