// SPDX-License-Identifier: MIT

#include "admin.h"

#include "config.h"
#include "inquiry.h"
#include "log.h"
#include "request.h"
#include "sent_file.h"
#include "services.h"
#include "storage/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct backup_inquiry {
    struct inquiry inquiry;
    struct store_copying copying;
    int64_t began;
    bool done;
    struct problem problem;
};

// A file that nobody sees and that goes with the process, whatever ends it.
static int nameless_file(const char *directory, struct problem *problem)
{
    char name[4096];
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) {
        // Not every file system can do that.
        snprintf(name, sizeof name, "%s/backup-XXXXXX", directory);
        file = mkostemp(name, O_CLOEXEC);
        if (file >= 0)
            unlink(name);
    }
    if (file < 0)
        snprintf(problem->text, sizeof problem->text,
                 "no file for it in the data directory: %s", strerror(errno));
    return file;
}

// On the worker's thread, now and then.
static bool go_on(void *context)
{
    struct backup_inquiry *asked = context;
    return !atomic_load(&asked->inquiry.admin->ended)
           && !atomic_load(&asked->inquiry.request->gone);
}

// On a worker thread: it takes as long as the disk lets it.
static void copy(void *context)
{
    struct backup_inquiry *asked = context;
    const struct services *services = asked->inquiry.admin->means.services;
    asked->copying.file =
        nameless_file(services->config->data, &asked->problem);
    asked->done =
        asked->copying.file >= 0
        && store_copy(services->store, &asked->copying, &asked->problem);
}

static void tell(const struct backup_inquiry *asked)
{
    const struct inquiry *inquiry = &asked->inquiry;
    int64_t took = loop_now().mono - asked->began;
    if (asked->done)
        LOG(LOG_INFO, "admin.backup", LOG_T("who", inquiry->request->who),
            LOG_N("bytes", asked->copying.bytes), LOG_N("took_ms", took));
    else
        LOG(LOG_WARN, "admin.backup.failed",
            LOG_T("who", inquiry->request->who),
            LOG_T("why", asked->problem.text), LOG_N("took_ms", took));
}

static void hand_out(struct backup_inquiry *asked)
{
    const struct reply reply = {
        .status = 200,
        .content_type = "application/octet-stream",
        .headers = { "Content-Disposition: attachment; "
                     "filename=\"websubd-backup.mdb\"",
                     "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 3,
        .file = asked->copying.file,
        .file_len = asked->copying.bytes,
    };
    request_reply(asked->inquiry.request, &reply);
    inquiry_end(&asked->inquiry);
}

static void copied(void *context)
{
    struct backup_inquiry *asked = context;
    struct inquiry *inquiry = &asked->inquiry;
    inquiry->admin->copying = false;
    tell(asked);
    if (asked->done) {
        hand_out(asked);
        return;
    }
    if (asked->copying.file >= 0)
        sent_file_end(sent_file_new(asked->copying.file));
    inquiry_fail(inquiry, atomic_load(&inquiry->admin->ended) ? 503 : 500,
                 asked->problem.text);
}

void admin_backup(void *self, struct request *request, struct moment now)
{
    struct admin *admin = self;
    struct backup_inquiry *asked = inquiry_new(admin, request, sizeof *asked);
    if (!asked)
        return;
    // All secrets are in it: to look is not enough.
    if (!request->steers) {
        inquiry_fail(&asked->inquiry, 403,
                     "this token may look, but not take a backup");
        return;
    }
    if (admin->copying) {
        inquiry_fail(&asked->inquiry, 409, "another backup is being made");
        return;
    }
    asked->began = now.mono;
    asked->copying.go_on = go_on;
    asked->copying.context = asked;
    admin->copying = true;
    if (loop_job(admin->means.services->loop, copy, copied, asked))
        return;
    admin->copying = false;
    inquiry_fail(&asked->inquiry, 503, "out of memory");
}
