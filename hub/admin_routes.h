// SPDX-License-Identifier: MIT
//
// admin_routes -- what operators can ask, and which function answers it.

#pragma once

#include <stdbool.h>

struct admin;
struct moment;
struct request;

// Is this path for operators alone? To everybody else there is none.
bool admin_routes_know(const char *path);

// Does it tell secrets? Who may only look may not see these.
bool admin_routes_reveal(const char *path);

// Takes the request, which an operator has made.
void admin_routes_dispatch(struct admin *admin, struct request *request,
                           struct moment now);
