// SPDX-License-Identifier: MIT
//
// served -- do the rules deny what somebody pulls?
//
// Asked before each read, for a rule can come while he is held (rules.h). What
// an audience or a mailbox was found to be is remembered until the rules
// change. A prefix is its host's, and `*`, which is every host's, is nobody's
// to deny: what is denied below it is not fetched any more.

#pragma once

#include "pull_problem.h"
#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audience;
struct metrics;
struct pull_query;
struct rules;

// NULL: they deny nothing of it. Else the first topic or prefix that they do,
// borrowed from the other parameter.
const char *served_denies(const struct rules *rules, struct audience *audience);
const char *served_denies_query(const struct rules *rules,
                                const struct pull_query *query);
const char *served_denies_listens(const struct rules *rules,
                                  const struct store_listen *listens,
                                  size_t count);

// Never 0; another one whenever the rules are others.
uint64_t served_mark(const struct rules *rules);

// What whoever asks for that topic is told; borrows it. Counts him.
struct pull_problem served_problem(struct metrics *metrics, const char *topic);
