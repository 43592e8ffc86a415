// SPDX-License-Identifier: MIT

#include "console_assets.h"

#include "console_files.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char root[] = "/console";

static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

// Who asks again is told with a 304 whether it is still the same: after an
// upgrade no part of the page is an old one.
static const char fresh[] = "Cache-Control: no-cache";

bool console_assets_know(const char *path)
{
    size_t len = sizeof root - 1;
    return strncmp(path, root, len) == 0
           && (path[len] == '\0' || path[len] == '/');
}

static const struct console_file *find(const char *path)
{
    size_t count;
    const struct console_file *files = console_files(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}

// Is there an item of this name in a list with commas? What follows a ';' are
// its parameters: without a weight of nothing it counts.
static bool lists(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at && *at; at += strcspn(at, ",")) {
        at += strspn(at, ", \t");
        size_t item = strcspn(at, ",; \t");
        const char *rest = at + item + strspn(at + item, "; \t");
        bool none = strncasecmp(rest, "q=0", 3) == 0
                    && strspn(rest + 3, ".0") == strcspn(rest + 3, ", \t");
        if (item == len && strncasecmp(at, name, len) == 0)
            return !none;
    }
    return false;
}

// The tag of each form of a file is its own (RFC 9110, 8.8.3.3).
static bool has(const struct request *request, const char *tag)
{
    const char *seen = request_field(request, "If-None-Match");
    return seen && (strstr(seen, tag) || strcmp(seen, "*") == 0);
}

static void redirect(struct request *request)
{
    // Relative: the hub may stand behind a proxy, below any path.
    struct reply reply = {
        .status = 308,
        .headers = { "Location: console/", fresh },
        .header_count = 2,
    };
    request_reply(request, &reply);
}

static void show(struct request *request, const struct console_file *file)
{
    const char *coding = request_field(request, "Accept-Encoding");
    bool packed = coding && lists(coding, "gzip");
    char tag[64], line[80];
    snprintf(tag, sizeof tag, "\"%s%s\"", file->hash, packed ? "-gzip" : "");
    snprintf(line, sizeof line, "ETag: %s", tag);
    struct reply reply = {
        .status = 200,
        .content_type = file->type,
        .body = packed ? file->packed : file->plain,
        .body_len = packed ? file->packed_len : file->plain_len,
        .headers = { line, fresh, policy, "Vary: Accept-Encoding",
                     "X-Content-Type-Options: nosniff",
                     "Referrer-Policy: no-referrer",
                     "Cross-Origin-Opener-Policy: same-origin",
                     "Cross-Origin-Resource-Policy: same-origin",
                     "Content-Encoding: gzip" },
        .header_count = packed ? 9 : 8,
    };
    if (has(request, tag)) {
        reply.status = 304;
        reply.content_type = NULL;
        reply.body_len = 0;
        reply.header_count = 4;
    }
    request_reply(request, &reply);
}

void console_assets_show(struct request *request)
{
    const char *path = request->path + sizeof root - 1;
    const struct console_file *file = *path ? find(path + 1) : NULL;
    bool reads =
        request->method == REQUEST_GET || request->method == REQUEST_HEAD;
    if (!reads) {
        struct reply reply = {
            .status = 405,
            .headers = { "Allow: GET, HEAD" },
            .header_count = 1,
        };
        request_reply(request, &reply);
    } else if (!*path) {
        redirect(request);
    } else if (!file) {
        request_refuse(request, 404, "request.path",
                       "there is nothing at this path", 0);
    } else {
        show(request, file);
    }
}
