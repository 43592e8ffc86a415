// SPDX-License-Identifier: MIT
//
// routes -- which function answers a request.
//
// A table of the caller's; several rows may have the same path and different
// methods. A path that ends in "/*" stands for everything below it (and not
// for the path itself); an exact path wins over it, then the longest. HEAD is
// served by the row of GET. Unknown paths are answered 404, known ones with
// another method 405 with Allow, OPTIONS 204 with Allow.

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>

struct moment;

struct route {
    enum request_method method;
    const char *path;
    // Takes the request: answers it, now or later.
    void (*handle)(void *self, struct request *request, struct moment now);
};

// The request is taken: by its handler, or answered here.
void routes_dispatch(const struct route *routes, size_t count, void *self,
                     struct request *request, struct moment now);

// What comes after the fixed part of a path: "7/pause" for the path
// "/admin/subscriptions/7/pause" under "/admin/subscriptions/*". Borrowed
// from the request; NULL: the path is not below it.
const char *routes_below(const char *pattern, const char *path);
