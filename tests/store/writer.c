// SPDX-License-Identifier: MIT
//
// writer URL open    exits 0 if the store opens, 1 if it is refused
// writer URL SEED    writes until it is killed, and tells on stdout, a line
//                    each, what the store has acknowledged:
//                    "r ID" a request, "s ID" its subscription, "u SEQ" an
//                    update, "g DIRTY" a ping
//
// A process of its own, so that it can be killed at any moment.

#include "chance.h"
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOPIC "https://example.org/feed"

enum { FLIGHTS = 16 };

// One write to a pipe is whole or absent, whenever the kill comes.
static void tell(char what, uint64_t number)
{
    char line[32];
    int len = snprintf(line, sizeof line, "%c %" PRIu64 "\n", what, number);
    if (write(STDOUT_FILENO, line, (size_t)len) != len)
        _exit(2);
}

static void taken(struct store_op *op)
{
    const struct store_take *take = (const struct store_take *)op;
    if (op->status == STORE_OK)
        tell('r', take->id);
}

// Many at once, so that the kill finds some in one commit.
static void ask(struct session *s, struct chance *chance)
{
    static struct store_take takes[FLIGHTS];
    static char callbacks[FLIGHTS][64];
    for (int i = 0; i < FLIGHTS; i++) {
        snprintf(callbacks[i], sizeof callbacks[i],
                 "https://callback.example/%" PRIx64, chance_next(chance));
        takes[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, callbacks[i]);
        takes[i].op.done = taken;
        session_submit(s, &takes[i].op);
    }
    session_wait(s);
}

static void verify(struct session *s)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = FLIGHTS / 2,
        .hold_ms = HOLD,
    };
    session_run(s, &claim.op);
    for (size_t i = 0; i < claim.count; i++) {
        struct store_settle settle = {
            .op.verb = STORE_SETTLE,
            .request = claim.items[i].request.id,
            .token = claim.items[i].token,
            .verdict = STORE_VERIFIED,
            .sent_at = session_now(s),
            .lease = LEASE,
        };
        if (session_run(s, &settle.op) == STORE_OK)
            tell('s', settle.subscription);
    }
    store_release(&claim.op);
}

static void update(struct session *s)
{
    static char body[30000];
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    memset(body, (int)('a' + (publish.expected_head + 1) % 26), sizeof body);
    publish.whole.inlined = (struct bytes){ body, sizeof body };
    if (session_run(s, &publish.op) == STORE_OK)
        tell('u', publish.seq);
    scene_ping(s, TOPIC);
    tell('g', scene_topic(s, TOPIC).dirty);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    struct session *s = session_at(argv[1]);
    if (strcmp(argv[2], "open") == 0) {
        struct problem problem;
        s->store = store_open(&s->options, &problem);
        int result = s->store ? 0 : 1;
        session_free(s);
        return result;
    }
    struct chance chance = chance_from(strtoull(argv[2], NULL, 0));
    session_open(s);
    tell('r', 0);
    if (scene_topic(s, TOPIC).id == 0)
        scene_subscribe(s, TOPIC, "https://callback.example/first");
    for (;;) {
        ask(s, &chance);
        verify(s);
        update(s);
    }
}
