// SPDX-License-Identifier: MIT

#include "ceiling.h"

#include "request.h"

#include <string.h>

size_t ceiling_of(const struct ceiling *ceiling, const struct request *request)
{
    static const char *const paths[] = { "/", "/hub", "/hub/", "/publish",
                                         "/publish/" };
    if (ceiling->document <= ceiling->usual || request->method != REQUEST_POST)
        return ceiling->usual;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(request->path, paths[i]) == 0)
            return ceiling->document;
    return ceiling->usual;
}
