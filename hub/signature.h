// SPDX-License-Identifier: MIT
//
// signature -- X-Hub-Signature (WebSub 7.1; R110 to R116).
//
// Pure, and safe on any number of threads; each keeps a prepared context.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum signature_method {
    SIGNATURE_SHA1 = 1,
    SIGNATURE_SHA256 = 2,
    SIGNATURE_SHA384 = 3,
    SIGNATURE_SHA512 = 4,
};

// "sha256", ...; NULL: not a method.
const char *signature_method_name(enum signature_method method);

enum { SIGNATURE_LINE_MAX = 160 };

// "X-Hub-Signature: sha256=<lower case hex>" over exactly these bytes. False:
// libcrypto refused; `line` is then empty.
bool signature_line(enum signature_method method, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char line[SIGNATURE_LINE_MAX]);
