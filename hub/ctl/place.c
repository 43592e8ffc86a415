// SPDX-License-Identifier: MIT

#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// Where somebody who tries it out has it, where the package has it, and where
// a daemon has it that was told only where its data are.
static const char *const usual[] = {
    "./websubd-data/admin.sock",
    "/run/websubd/admin.sock",
    "/var/lib/websubd/admin.sock",
};

// One that this user cannot see is told of when there is no other: the
// directory of a service belongs to root alone.
static const char *usual_place(void)
{
    const char *hidden = usual[0];
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (access(usual[i], F_OK) == 0)
            return usual[i];
        if (errno == EACCES)
            hidden = usual[i];
    }
    return hidden;
}

bool place_find(const char *socket, const char *data, char *out, size_t max)
{
    const char *environment = getenv("WEBSUBD_SOCKET");
    const char *path = socket;
    if (!path && !data)
        path = environment && *environment ? environment : usual_place();
    int len = path ? snprintf(out, max, "%s", path)
                   : snprintf(out, max, "%s/admin.sock", data);
    return len > 0 && (size_t)len < max;
}
