// SPDX-License-Identifier: MIT
//
// access_origin -- which pages may read here (CORS): of public-url's origin, of
// those of pull-origin, or of any if "*" is there.

#pragma once

struct access_origins;
struct config;

// NULL: out of memory.
struct access_origins *access_origins_new(const struct config *config);
void access_origins_free(struct access_origins *origins);

// The line that lets a page of this origin (a browser's Origin field) read an
// answer. Lives as long as `origins`; the same for the same origin. NULL: it
// may not, or `origin` is NULL.
const char *access_origins_line(const struct access_origins *origins,
                                const char *origin);
