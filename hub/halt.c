// SPDX-License-Identifier: MIT

#include "halt.h"

#include "services.h"
#include "storage/store.h"

#include <stdlib.h>

enum { AGAIN_MS = 1000 };

struct halt {
    struct services services;
    void (*told)(void *context, bool halted);
    void *context;
    bool halted, known, asking;
    int64_t next; // monotonic: when to ask
    struct store_stats stats;
};

struct halt *halt_new(const struct services *services,
                      void (*told)(void *context, bool halted), void *context)
{
    struct halt *halt = calloc(1, sizeof *halt);
    if (!halt)
        return NULL;
    halt->services = *services;
    halt->told = told;
    halt->context = context;
    halt->halted = true;
    return halt;
}

void halt_free(struct halt *halt)
{
    free(halt);
}

void halt_set(struct halt *halt, bool halted)
{
    halt->known = true;
    halt->halted = halted;
    halt->told(halt->context, halted);
}

bool halt_is(const struct halt *halt)
{
    return halt->halted;
}

static void on_read(struct store_op *op)
{
    struct halt *halt = op->context;
    halt->asking = false;
    halt->next = loop_now().mono + AGAIN_MS;
    // What an operator has said meanwhile is newer.
    if (op->status == STORE_OK && !halt->known)
        halt_set(halt, halt->stats.numbers.paused);
}

bool halt_step(void *self, struct moment now)
{
    struct halt *halt = self;
    if (halt->known || halt->asking || now.mono < halt->next)
        return false;
    halt->asking = true;
    halt->stats = (struct store_stats){
        .op = { .verb = STORE_STATS, .done = on_read, .context = halt },
    };
    store_submit(halt->services.store, &halt->stats.op);
    return false;
}

int64_t halt_patience(void *self, struct moment now)
{
    const struct halt *halt = self;
    if (halt->known || halt->asking)
        return LOOP_FOR_EVER;
    return now.mono < halt->next ? halt->next - now.mono : 0;
}

bool halt_idle(const struct halt *halt)
{
    return !halt->asking;
}
