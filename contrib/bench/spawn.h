// SPDX-License-Identifier: MIT
//
// spawn -- child processes that never outlive the bench.
//
// Each gets SIGKILL when its parent ends, however it ends. A CPU of
// SPAWN_ANY_CPU means all of them.

#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum { SPAWN_ANY_CPU = -1 };

// Its stdout and stderr go to the end of the file `log`. -1: it did not start.
pid_t spawn_program(char *const argv[], int cpu, const char *log);

// A copy of this process that runs one function and exits with its answer.
pid_t spawn_function(int (*run)(void *context), void *context, int cpu);

// All its threads; those to come inherit it. 0 is this process.
void spawn_pin(pid_t pid, int cpu);

// Wait for its end. False: it is still there after that time.
bool spawn_wait(pid_t pid, int timeout_ms, int *out_status);

// SIGTERM, some patience, then SIGKILL; without patience SIGKILL at once.
void spawn_stop(pid_t pid, int patience_ms);

// False on a machine where the measured and the measuring share one CPU.
bool spawn_two_cpus(void);
