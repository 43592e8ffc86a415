// SPDX-License-Identifier: MIT

#include "probe.h"

#include "call.h"
#include "figures.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct probe {
    struct call *call;
    int64_t every_ns;
    const struct callbacks *callbacks;
    uint64_t *number;
    struct probe_latencies *into;
    int stop; // eventfd
    pthread_t thread;
};

static void ask(struct probe *probe, int64_t due_ns)
{
    char form[CALLBACKS_FORM_MAX];
    struct probe_latencies *into = probe->into;
    callbacks_form(probe->callbacks, (*probe->number)++, form, sizeof form);
    if (call_post(probe->call, "/", form) != 202)
        into->bad++;
    else if (into->count < PROBE_KEPT_MAX)
        into->us[into->count++] = (double)(figures_ns() - due_ns) / 1e3;
}

static void *keep_asking(void *context)
{
    struct probe *probe = context;
    struct pollfd stop = { .fd = probe->stop, .events = POLLIN };
    int64_t due = figures_ns();
    for (;;) {
        int64_t left = due - figures_ns();
        struct timespec pause = { .tv_nsec = left > 0 ? left : 0 };
        if (ppoll(&stop, 1, &pause, NULL) != 0)
            return NULL;
        ask(probe, due);
        due += probe->every_ns;
    }
}

static void discard(struct probe *probe)
{
    call_close(probe->call);
    if (probe->stop >= 0)
        close(probe->stop);
    free(probe);
}

struct probe *probe_start(uint16_t port, unsigned per_second,
                          const struct callbacks *callbacks, uint64_t *number,
                          struct probe_latencies *into)
{
    struct probe *probe = malloc(sizeof *probe);
    if (probe == NULL)
        return NULL;
    *probe = (struct probe){ .call = call_tcp(port),
                             .every_ns = 999999999 / (int64_t)per_second,
                             .callbacks = callbacks,
                             .number = number,
                             .into = into,
                             .stop = eventfd(0, EFD_CLOEXEC) };
    if (probe->call != NULL && probe->stop >= 0
        && pthread_create(&probe->thread, NULL, keep_asking, probe) == 0)
        return probe;
    discard(probe);
    return NULL;
}

void probe_stop(struct probe *probe)
{
    if (probe == NULL)
        return;
    eventfd_write(probe->stop, 1);
    pthread_join(probe->thread, NULL);
    discard(probe);
}
