// SPDX-License-Identifier: MIT
//
// commit_watch -- when another process's store has committed.
//
// A thread looks at the number of LMDB's last transaction every few tens of
// microseconds; it becomes visible when the commit is durable.

#pragma once

#include <stdint.h>

struct commit_watch;

// The store in `directory`/data, that a daemon has open. NULL: it cannot be
// looked at; then nothing is seen.
struct commit_watch *commit_watch_open(const char *directory);
void commit_watch_close(struct commit_watch *watch);

// The first commit from now on is of interest.
void commit_watch_begin(struct commit_watch *watch);
// By figures_ns(), up to 0.1 ms late. 0: there was none.
int64_t commit_watch_first(struct commit_watch *watch);
