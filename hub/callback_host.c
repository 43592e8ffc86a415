// SPDX-License-Identifier: MIT

#include "callback_host.h"

#include "fetcher/url.h"

#include <stdio.h>
#include <stdlib.h>

void callback_host(const char *callback, size_t len,
                   char out[CALLBACK_HOST_MAX])
{
    struct url *url = malloc(sizeof *url);
    bool readable = url && !url_read(callback, len, url);
    snprintf(out, CALLBACK_HOST_MAX, "%s", readable ? url->host : "?");
    free(url);
}
