// SPDX-License-Identifier: MIT

#include "fetch_copy.h"

#include "admin.h"
#include "complain.h"
#include "progress.h"
#include "storage/paced.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { NICE = 10 };

struct fetching {
    struct paced paced;
    struct progress progress;
    int error; // errno of what could not be written; 0: none
};

static bool take(void *context, const char *bytes, size_t len, int64_t total)
{
    struct fetching *fetching = context;
    if (!paced_write(&fetching->paced, bytes, len)) {
        fetching->error = errno;
        return false;
    }
    fetching->progress.total = total > 0 ? total : 0;
    progress_step(&fetching->progress, (int64_t)fetching->paced.written);
    return true;
}

int fetch_copy(const struct ctl *ctl, int file, int64_t *bytes)
{
    const struct admin_question question = {
        .method = "GET",
        .path = "/admin/backup",
    };
    struct fetching fetching = { .error = 0 };
    const struct admin_sink sink = { take, &fetching };
    struct admin_answer answer;
    // The daemon and all others come first.
    setpriority(PRIO_PROCESS, 0, NICE);
    paced_start(&fetching.paced, file);
    progress_begin(&fetching.progress, ctl, "copying", true);
    // Until the daemon has made the copy nothing comes.
    progress_step(&fetching.progress, 0);
    bool asked = admin_download(ctl, &question, &sink, &answer);
    progress_end(&fetching.progress);
    *bytes = (int64_t)fetching.paced.written;
    if (fetching.error != 0) {
        complain("the copy cannot be written: %s", strerror(fetching.error));
        if (asked)
            admin_clear(&answer);
        return CTL_NO;
    }
    if (!asked)
        return CTL_NO_DAEMON;
    int code = answer.status == 200 ? CTL_FINE : admin_complain(ctl, &answer);
    admin_clear(&answer);
    return code;
}
