// SPDX-License-Identifier: MIT

#include "doorkeeper.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPERATORS_S = 20, // of silence, at the operators' door
    SQUEEZED_S = 2,   // the same, when somebody else wants the place
};

bool doorkeeper_open(struct doorkeeper *keeper,
                     const struct turnstile_limits *limits)
{
    const struct turnstile_limits seats = {
        .expected = DOORKEEPER_OPERATORS_MAX,
        .per_address = DOORKEEPER_OPERATORS_SHARE,
        .unlimited = limits->unlimited,
        .context = limits->context,
    };
    if (!turnstile_open(&keeper->turnstile, limits))
        return false;
    if (!turnstile_open(&keeper->seats, &seats)) {
        turnstile_close(&keeper->turnstile);
        return false;
    }
    keeper->most = limits->expected;
    patience_init(&keeper->people);
    patience_init(&keeper->operators);
    atomic_init(&keeper->inside, 0);
    atomic_init(&keeper->operators_inside, 0);
    atomic_init(&keeper->coming, 0);
    return true;
}

void doorkeeper_close(struct doorkeeper *keeper)
{
    patience_clear(&keeper->people);
    patience_clear(&keeper->operators);
    turnstile_close(&keeper->seats);
    turnstile_close(&keeper->turnstile);
}

static bool is_from(void *context, const struct waiting *waiting)
{
    const struct caller *caller =
        (const struct caller *)(const void *)waiting; // its first member
    return strcmp(caller->peer, context) == 0;
}

// Nobody else has to go for one whose own address has too many.
static bool has_seat(struct doorkeeper *keeper, const struct sockaddr *address)
{
    char peer[PEER_TEXT_MAX];
    if (!turnstile_has_room(&keeper->seats, address)) {
        peer_text(address, peer);
        patience_enforce_of(&keeper->operators, SQUEEZED_S, is_from, peer);
        return false;
    }
    if (atomic_load(&keeper->operators_inside) < DOORKEEPER_OPERATORS_MAX)
        return true;
    patience_enforce(&keeper->operators, SQUEEZED_S);
    return false;
}

static bool has_room(struct doorkeeper *keeper, enum door door,
                     const struct sockaddr *address)
{
    switch (door) {
    case DOOR_PUBLIC:
        return atomic_load(&keeper->inside) < keeper->most
               && turnstile_has_room(&keeper->turnstile, address);
    case DOOR_OPERATORS:
        return has_seat(keeper, address);
    case DOOR_SOCKET:
        return true;
    }
    return false;
}

bool doorkeeper_admits(struct doorkeeper *keeper, enum door door,
                       const struct sockaddr *address)
{
    bool fine = has_room(keeper, door, address);
    atomic_fetch_add(&keeper->coming, fine);
    return fine;
}

void doorkeeper_lost(struct doorkeeper *keeper)
{
    atomic_fetch_sub(&keeper->coming, 1);
}

socklen_t doorkeeper_write(enum door door, const struct sockaddr *address,
                           union doorkeeper_note *out)
{
    memset(out, 0, sizeof *out);
    if (door == DOOR_PUBLIC) {
        socklen_t len =
            address->sa_family == AF_INET6 ? sizeof out->six : sizeof out->four;
        memcpy(out, address, len);
        return len;
    }
    out->local.sun_family = AF_UNIX;
    if (door == DOOR_OPERATORS)
        peer_text(address, out->local.sun_path);
    return sizeof out->local;
}

static enum door read_note(const struct sockaddr *note,
                           char peer[PEER_TEXT_MAX])
{
    struct sockaddr_un local;
    if (note->sa_family != AF_UNIX) {
        peer_text(note, peer);
        return DOOR_PUBLIC;
    }
    memcpy(&local, note, sizeof local);
    snprintf(peer, PEER_TEXT_MAX, "%.*s", PEER_TEXT_MAX - 1, local.sun_path);
    return peer[0] ? DOOR_OPERATORS : DOOR_SOCKET;
}

static struct patience *patience_of(struct doorkeeper *keeper,
                                    const struct caller *caller)
{
    return caller->door == DOOR_OPERATORS ? &keeper->operators
                                          : &keeper->people;
}

// Whoever has opened the socket may do everything; who it was is for the log.
static void name_owner(struct caller *caller)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(caller->waiting.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len)
        == 0)
        snprintf(caller->who, sizeof caller->who, "uid %lu",
                 (unsigned long)peer.uid);
}

static bool read_peer(const char *peer, union doorkeeper_note *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, peer, &out->four.sin_addr) == 1)
        out->four.sin_family = AF_INET;
    else if (inet_pton(AF_INET6, peer, &out->six.sin6_addr) == 1)
        out->six.sin6_family = AF_INET6;
    return out->any.sa_family != AF_UNSPEC;
}

// Many who come at once are all admitted before the first of them is inside:
// here they are looked at one by one. Who is one too many takes nobody's place
// until he is gone.
static void take_seat(struct doorkeeper *keeper, struct caller *caller)
{
    union doorkeeper_note address;
    if (!read_peer(caller->peer, &address))
        return;
    if (turnstile_has_room(&keeper->seats, &address.any)
        && atomic_load(&keeper->operators_inside) <= DOORKEEPER_OPERATORS_MAX) {
        caller->seat = turnstile_enter(&keeper->seats, &address.any);
        return;
    }
    caller->refused = true;
    atomic_fetch_sub(&keeper->operators_inside, 1);
    shutdown(caller->waiting.fd, SHUT_RDWR);
}

struct caller *doorkeeper_enter(struct doorkeeper *keeper, int fd,
                                const struct sockaddr *note)
{
    char peer[PEER_TEXT_MAX];
    enum door door = read_note(note, peer);
    atomic_fetch_add(door == DOOR_OPERATORS ? &keeper->operators_inside
                                            : &keeper->inside,
                     1);
    atomic_fetch_sub(&keeper->coming, 1);
    struct caller *caller = calloc(1, sizeof *caller);
    if (!caller)
        return NULL;
    caller->waiting.fd = fd;
    caller->door = door;
    memcpy(caller->peer, peer, sizeof peer);
    if (door == DOOR_PUBLIC)
        caller->place = turnstile_enter(&keeper->turnstile, note);
    if (door == DOOR_OPERATORS)
        take_seat(keeper, caller);
    if (door == DOOR_SOCKET)
        name_owner(caller);
    doorkeeper_waits(keeper, caller);
    return caller;
}

void doorkeeper_leave(struct doorkeeper *keeper, struct caller *caller,
                      const struct sockaddr *note)
{
    char peer[PEER_TEXT_MAX];
    enum door door = read_note(note, peer);
    if (!caller || !caller->refused)
        atomic_fetch_sub(door == DOOR_OPERATORS ? &keeper->operators_inside
                                                : &keeper->inside,
                         1);
    if (!caller)
        return;
    doorkeeper_hears(keeper, caller);
    turnstile_leave(&keeper->turnstile, caller->place);
    turnstile_leave(&keeper->seats, caller->seat);
    free(caller);
}

void doorkeeper_hears(struct doorkeeper *keeper, struct caller *caller)
{
    patience_end(patience_of(keeper, caller), &caller->waiting);
    caller->waiting.heard = true;
}

void doorkeeper_waits(struct doorkeeper *keeper, struct caller *caller)
{
    atomic_store(&caller->waiting.begun, false);
    patience_begin(patience_of(keeper, caller), &caller->waiting);
}

bool doorkeeper_look(struct doorkeeper *keeper, int64_t seconds)
{
    bool operators = patience_enforce(
        &keeper->operators, seconds < OPERATORS_S ? seconds : OPERATORS_S);
    return patience_enforce(&keeper->people, seconds) || operators;
}

enum settling doorkeeper_dismiss(struct doorkeeper *keeper)
{
    // First: who comes in meanwhile is among those who wait.
    bool coming = atomic_load(&keeper->coming) > 0;
    enum settling settling =
        settling_of_both(patience_dismiss(&keeper->people),
                         patience_dismiss(&keeper->operators));
    return coming ? SETTLING_OURS : settling;
}

size_t doorkeeper_count(const struct doorkeeper *keeper)
{
    return atomic_load(&keeper->coming) + atomic_load(&keeper->inside)
           + atomic_load(&keeper->operators_inside);
}

bool doorkeeper_crowded(const struct doorkeeper *keeper)
{
    return atomic_load(&keeper->inside) > keeper->most - keeper->most / 4;
}
