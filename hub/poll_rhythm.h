// SPDX-License-Identifier: MIT
//
// poll_rhythm -- how often something happens, and at which times.
//
// A rate that fades with each event, so that about the last two dozen count,
// or those of two weeks if these are more; and three profiles whose
// product says how the events fall: by hour of the day, by day of the week and
// by five minutes of the hour. Few events say little of that, and the profiles
// stay nearly flat; many at six sharp on Tuesdays say nearly all. A part of the
// rate follows no profile, so that what was learnt wrongly costs delay, and
// never all attention. What has been silent for several times as long as its
// rate makes likely counts as rarer than it was.
//
// Pure. Times are unix seconds, and UTC. All zero: nothing is known, and about
// an event a day is expected.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { POLL_HOURS = 24, POLL_DAYS = 7, POLL_SLOTS = 12 };

struct poll_rhythm {
    double events, seconds; // in so long so many, fading
    double timed;           // of the events, those in `hours` and `slots`
    double hours[POLL_HOURS], days[POLL_DAYS], slots[POLL_SLOTS];
    int64_t last; // event; 0: none
};

// So long nothing happened.
void poll_rhythm_wait(struct poll_rhythm *rhythm, int64_t seconds);

// It happened at this second; `timed`: that is believed, not only the day.
void poll_rhythm_note(struct poll_rhythm *rhythm, int64_t at, bool timed);

// Events a second, in the mean over a week from now on.
double poll_rhythm_rate(const struct poll_rhythm *rhythm, int64_t now);

// After how many seconds the delays expected by then, summed over the events,
// reach `price` seconds; `longest` at most.
int64_t poll_rhythm_worth(const struct poll_rhythm *rhythm, int64_t now,
                          double price, int64_t longest);
