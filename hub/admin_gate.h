// SPDX-License-Identifier: MIT
//
// admin_gate -- who asks at the operators' listener, and may he?
//
// There an operator is who shows a token (`Authorization: Bearer ...`) with
// the right to view, for questions, or to administrate, for everything; who he
// is goes to the log with what he changes. Tokens are as all others (access.h):
// removed or expired, one opens nothing any more at the next request.
//
// An address that shows tokens that are nobody's has to wait after a while;
// but not for a token that is known already, so that who shares an address
// with somebody who guesses, or with a page that was left open, stays inside.
//
// Main thread.

#pragma once

#include "loop.h"

struct access;
struct admin;
struct admin_gate;
struct request;

// NULL: out of memory.
struct admin_gate *admin_gate_new(struct access *access, struct admin *admin);
void admin_gate_free(struct admin_gate *gate);

// Takes a request for what only operators have.
void admin_gate_handle(struct admin_gate *gate, struct request *request,
                       struct moment now);
