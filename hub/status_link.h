// SPDX-License-Identifier: MIT
//
// status_link -- where an accepted request's status is told.
//
// `Link: <PUBLIC-URL/status/TOKEN>; rel="status"` (RFC 8631): of one length
// and shape for every request of this hub, whatever becomes of it (M18).

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct services;
struct status_link;
struct status_token;

// NULL: out of memory.
struct status_link *status_link_new(const struct services *services);
void status_link_free(struct status_link *link);

// So many bytes take a line, with its NUL.
enum { STATUS_LINK_MAX = 2048 + 64 };

// The header line; on any thread. False: it could not be made.
bool status_link_write(const struct status_link *link,
                       const struct status_token *token,
                       char line[STATUS_LINK_MAX]);

// The other way around, from the path of a request. False: 404.
bool status_link_read(const struct status_link *link, const char *path,
                      struct status_token *out);
