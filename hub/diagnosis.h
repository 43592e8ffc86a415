// SPDX-License-Identifier: MIT
//
// diagnosis -- what was wrong with the answer to a verification, in words.
//
// For logs and operators: whoever writes a subscriber has to learn that his
// framework put the challenge in quotes. One of a fixed set of sentences; they
// never hold anything of the answer. Pure.

#pragma once

struct exchange;

// `exchange` has ended and did not verify `challenge`.
const char *diagnosis(const struct exchange *exchange, const char *challenge);
