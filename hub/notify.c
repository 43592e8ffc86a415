// SPDX-License-Identifier: MIT

#include "notify.h"

#include "log.h"
#include "loop.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MESSAGE = 512, PATS = 3 /* in the watchdog's time */ };

struct notify {
    int fd; // -1: nobody is told
    struct sockaddr_un to;
    socklen_t to_len;
    int64_t every_ms; // pats of the watchdog; 0: there is none
    int64_t next;     // monotonic
};

static bool open_socket(struct notify *notify, const char *name)
{
    size_t len = strlen(name);
    notify->to.sun_family = AF_UNIX;
    // sd_notify(3): a path, or a name in the abstract name space after '@'.
    if ((name[0] != '/' && name[0] != '@') || len < 2
        || len >= sizeof notify->to.sun_path)
        return false;
    memcpy(notify->to.sun_path, name, len);
    if (name[0] == '@')
        notify->to.sun_path[0] = '\0';
    notify->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return notify->fd >= 0;
}

static bool is_number(const char *text, int64_t *out)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (digits == 0 || digits > 17 || text[digits])
        return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

// WATCHDOG_PID may name another process, for whom it is then.
static int64_t watchdog_ms(void)
{
    int64_t us = 0, pid = getpid();
    const char *whom = getenv("WATCHDOG_PID");
    if (!is_number(getenv("WATCHDOG_USEC"), &us)
        || (whom && (!is_number(whom, &pid) || pid != getpid())))
        return 0;
    return us >= 1000 ? us / 1000 : 0;
}

struct notify *notify_new(void)
{
    struct notify *notify = calloc(1, sizeof *notify);
    const char *name = getenv("NOTIFY_SOCKET");
    if (!notify)
        return NULL;
    notify->fd = -1;
    if (name && *name && !open_socket(notify, name))
        LOG(LOG_WARN, "notify.failed",
            LOG_T("why", "NOTIFY_SOCKET names no "
                         "socket"));
    int64_t ms = watchdog_ms();
    if (notify->fd >= 0 && ms > 0)
        notify->every_ms = ms / PATS > 0 ? ms / PATS : 1;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return notify;
}

void notify_free(struct notify *notify)
{
    if (!notify)
        return;
    if (notify->fd >= 0)
        close(notify->fd);
    free(notify);
}

bool notify_is_on(const struct notify *notify)
{
    return notify->fd >= 0;
}

// Never waits: who does not read his mail is not worth a stuck hub.
static void tell(struct notify *notify, const char *message)
{
    if (notify->fd < 0)
        return;
    ssize_t sent = sendto(notify->fd, message, strlen(message),
                          MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&notify->to, notify->to_len);
    if (sent < 0)
        LOG(LOG_DEBUG, "notify.failed", LOG_T("why", strerror(errno)));
}

void notify_ready(struct notify *notify, const char *status)
{
    char message[MESSAGE];
    snprintf(message, sizeof message, "READY=1\nSTATUS=%.400s\n", status);
    tell(notify, message);
}

void notify_reloading(struct notify *notify)
{
    char message[MESSAGE];
    snprintf(message, sizeof message,
             "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\n",
             loop_now().mono * 1000);
    tell(notify, message);
}

void notify_stopping(struct notify *notify, const char *status)
{
    char message[MESSAGE];
    snprintf(message, sizeof message, "STOPPING=1\nSTATUS=%.400s\n", status);
    tell(notify, message);
}

void notify_status(struct notify *notify, const char *status)
{
    char message[MESSAGE];
    snprintf(message, sizeof message, "STATUS=%.400s\n", status);
    tell(notify, message);
}

bool notify_step(void *self, struct moment now)
{
    struct notify *notify = self;
    if (notify->every_ms > 0 && now.mono >= notify->next) {
        notify->next = now.mono + notify->every_ms;
        tell(notify, "WATCHDOG=1\n");
    }
    return false;
}

int64_t notify_patience(void *self, struct moment now)
{
    const struct notify *notify = self;
    if (notify->every_ms == 0)
        return LOOP_FOR_EVER;
    return notify->next > now.mono ? notify->next - now.mono : 0;
}
