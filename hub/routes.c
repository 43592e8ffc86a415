// SPDX-License-Identifier: MIT

#include "routes.h"

#include "loop.h"

#include <stdio.h>
#include <string.h>

enum { ALLOW_MAX = 96 };

const char *routes_below(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (len < 2 || strcmp(pattern + len - 2, "/*") != 0)
        return NULL;
    size_t fixed = len - 1;
    return strncmp(path, pattern, fixed) == 0 && path[fixed] ? path + fixed
                                                             : NULL;
}

// How well a row fits a path: 0: not at all; exact ones fit best, then long
// ones.
static size_t fit(const struct route *route, const struct request *request)
{
    // Most rows are told apart by this already.
    if (request->path[0] != '/'
        || (route->path[1] != request->path[1] && route->path[1] != '*'))
        return 0;
    if (strcmp(route->path, request->path) == 0)
        return SIZE_MAX;
    return routes_below(route->path, request->path) ? strlen(route->path) : 0;
}

static bool serves(const struct route *route, enum request_method method)
{
    return route->method == method
           || (method == REQUEST_HEAD && route->method == REQUEST_GET);
}

static const char *method_name(enum request_method method)
{
    static const char *const names[] = {
        [REQUEST_GET] = "GET, HEAD",   [REQUEST_HEAD] = "HEAD",
        [REQUEST_POST] = "POST",       [REQUEST_PUT] = "PUT",
        [REQUEST_PATCH] = "PATCH",     [REQUEST_DELETE] = "DELETE",
        [REQUEST_OPTIONS] = "OPTIONS",
    };
    return method < REQUEST_OTHER ? names[method] : "";
}

static void add_method(char allow[ALLOW_MAX], size_t *len,
                       enum request_method method)
{
    int written =
        snprintf(allow + *len, ALLOW_MAX - *len, "%s%s",
                 *len > strlen("Allow: ") ? ", " : "", method_name(method));
    *len += (size_t)written;
}

// Several rows of one path: each of its methods once.
static void write_allow(const struct route *routes, size_t count,
                        const char *path, char allow[ALLOW_MAX])
{
    bool seen[REQUEST_OTHER + 1] = { false };
    size_t len = (size_t)snprintf(allow, ALLOW_MAX, "Allow: ");
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &routes[i];
        if (strcmp(route->path, path) != 0 || seen[route->method])
            continue;
        seen[route->method] = true;
        add_method(allow, &len, route->method);
    }
    if (!seen[REQUEST_OPTIONS])
        add_method(allow, &len, REQUEST_OPTIONS);
}

static void answer_methods(const struct route *routes, size_t count,
                           const struct route *best, struct request *request)
{
    char allow[ALLOW_MAX];
    static const char text[] = "this path does not take that method\n";
    write_allow(routes, count, best->path, allow);

    struct reply reply = {
        .status = 204,
        .headers = { allow, "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    if (request->method != REQUEST_OPTIONS) {
        reply.status = 405;
        reply.content_type = "text/plain; charset=utf-8";
        reply.body = text;
        reply.body_len = sizeof text - 1;
        reply.headers[reply.header_count++] = "Hub-Error: request.method";
    }
    request_reply(request, &reply);
}

void routes_dispatch(const struct route *routes, size_t count, void *self,
                     struct request *request, struct moment now)
{
    const struct route *best = NULL;
    const struct route *serving = NULL;
    size_t best_fit = 0;

    for (size_t i = 0; i < count; i++) {
        size_t this_fit = fit(&routes[i], request);
        if (this_fit > best_fit) {
            best = &routes[i];
            best_fit = this_fit;
            serving = NULL;
        }
        if (this_fit > 0 && this_fit == best_fit && !serving
            && serves(&routes[i], request->method))
            serving = &routes[i];
    }
    if (serving)
        serving->handle(self, request, now);
    else if (best)
        answer_methods(routes, count, best, request);
    else
        request_refuse(request, 404, "request.path",
                       "there is nothing at this path", 0);
}
