// SPDX-License-Identifier: MIT
//
// clock -- unix time that never goes back.
//
// What is stored and announced is in unix time, and the store's clock never
// goes back. The machine's can be set back, by hours: whatever is due "in ten
// seconds" by that would be due at once by the store's, and again and again.
// So while the machine's is behind what was told before, time goes on from
// there by the monotonic clock, a tenth slower, until the machine's has caught
// up (R144).

#pragma once

#include <stdint.h>

// Where it was last known to be right. Milliseconds.
struct clock {
    int64_t unix_ms, mono_ms;
};

// The time now, by what the machine says; never less than it was. Pure.
int64_t clock_read(struct clock *clock, int64_t real_ms, int64_t mono_ms);

// The process's own, from any thread.
int64_t clock_unix(void);
// It is at least that late: somebody was told so before this process.
void clock_not_before(int64_t unix_ms);
