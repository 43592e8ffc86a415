// SPDX-License-Identifier: MIT
//
// says -- questions that the daemon answers in sentences.

#pragma once

struct admin_question;
struct ctl;

// Asks, and prints {"says":[{"about":...,"text":...}, ...]}: a line each, what
// they are about in front of the first one; with --json the answer as it came.
// Returns the exit code: CTL_FINE if the member `yes` of the answer is true.
int says_ask(const struct ctl *ctl, const struct admin_question *question,
             const char *yes);
