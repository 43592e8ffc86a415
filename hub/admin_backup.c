// SPDX-License-Identifier: MIT

#include "admin.h"

#include "inquiry.h"
#include "services.h"
#include "storage/store.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

struct backup_inquiry {
    struct inquiry inquiry;
    uint64_t bytes;
    struct problem problem;
};

// On a worker thread: it takes as long as the disk does.
static void copy(void *context)
{
    struct backup_inquiry *asked = context;
    const char *path = inquiry_text(&asked->inquiry, "path");
    char file[4096];
    struct stat st;
    if (!store_backup(asked->inquiry.admin->means.services->store, path,
                      &asked->problem))
        return;
    asked->problem.text[0] = '\0';
    snprintf(file, sizeof file, "%s/data.mdb", path);
    asked->bytes = stat(file, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void copied(void *context)
{
    struct backup_inquiry *asked = context;
    struct inquiry *inquiry = &asked->inquiry;
    inquiry->admin->copying = false;
    if (asked->problem.text[0] != '\0')
        inquiry_fail(inquiry, 500, asked->problem.text);
    else
        inquiry_answer(inquiry, 200,
                       json_pack("{s:s, s:I}", "path",
                                 inquiry_text(inquiry, "path"), "bytes",
                                 (json_int_t)asked->bytes));
}

void admin_backup(void *self, struct request *request, struct moment now)
{
    struct admin *admin = self;
    struct backup_inquiry *asked = inquiry_new(admin, request, sizeof *asked);
    (void)now;
    if (!asked)
        return;
    const char *path = inquiry_text(&asked->inquiry, "path");
    if (!path || path[0] != '/') {
        inquiry_fail(&asked->inquiry, 400, "path is not an absolute path");
    } else if (admin->copying) {
        inquiry_fail(&asked->inquiry, 409, "another backup is being written");
    } else {
        admin->copying = true;
        snprintf(asked->problem.text, sizeof asked->problem.text,
                 "the backup failed");
        if (loop_job(admin->means.services->loop, copy, copied, asked))
            return;
        admin->copying = false;
        inquiry_fail(&asked->inquiry, 503, "out of memory");
    }
}
