// SPDX-License-Identifier: MIT
//
// poll_plan -- what a topic's past says about when to look at it again.
//
// A plan learns how often its publisher publishes, and at which times of the
// day, days of the week and minutes of the hour: at the first fetch from the
// dates of the entries, later from what the fetches find. The next poll is due
// when the delay that it is expected to spare (the sum over what is probably
// there by then of the time since it appeared) is worth a fetch. For an even
// publisher with the rate r that is an interval in proportion to 1 / sqrt(r),
// the best there is for a given number of fetches; where the rate follows the
// clock, polls do too.
//
// It never comes sooner than poll-min, than the publisher has asked for
// (Cache-Control, Expires, ttl, sy:updatePeriod), nor in his skipHours and
// skipDays. What he says beyond an hour is believed as long as it proves true,
// and beyond a day never. Where pings came before the polls, several times in
// a row, a poll is but a safety net, once a day. It never comes later than
// poll-max, but for what is asked above, and chance spreads what would come at
// once. There always is a next poll (M5).
//
// Pure. Times are unix milliseconds, and UTC.

#pragma once

#include "poll_rhythm.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct document_hints;

// Why the next poll is when it is.
enum poll_reason {
    POLL_UNKNOWN,  // nothing is known of the topic yet
    POLL_LEARNT,   // from how often and when its publisher publishes
    POLL_SHORTEST, // not before poll-min
    POLL_LONGEST,  // not after poll-max: hardly anything ever comes
    POLL_FRESH,    // the publisher's caches say that it is fresh until then
    POLL_TTL,      // the document itself says so
    POLL_SKIPPED,  // it says not to come before
    POLL_PINGS,    // a safety net: pings come in time
    POLL_REASONS
};

struct poll_plan {
    struct poll_rhythm rhythm;
    int64_t last_look, last_date; // unix seconds; 0: none
    // What the publisher asks for, in seconds; 0: nothing.
    uint32_t fresh, ttl;
    uint32_t skip_hours;
    uint8_t skip_days;
    uint8_t looks;     // so far, as far as it can count
    uint8_t announced; // updates in a row that a ping told of
    uint8_t missed;    // how often that came to an end
    bool doubted;      // a poll was first: the ping may be just behind it
    enum poll_reason reason;
    // Only kept here: 1 + the unix day, modulo 255, on which the remembered
    // redirect was last seen to be for good (M15). 0: it is not.
    uint8_t moved_day;
};

// What a plan is stored as. Bytes that are not a plan, or of another version,
// are a new one: all zero.
void poll_plan_read(struct bytes bytes, struct poll_plan *out);
size_t poll_plan_write(const struct poll_plan *plan,
                       uint8_t out[STORE_PLAN_MAX]);

enum poll_finding {
    POLL_SAME,     // a 304, or a 200 with nothing new
    POLL_NEW,      // an update
    POLL_BASELINE, // the first document since it is followed
};

// A fetch that did not fail. (One that did teaches nothing: poll.h says when
// to try again.)
struct poll_look {
    int64_t now;
    enum poll_finding finding;
    size_t entries; // new or changed ones; 0: it is no feed
    bool pinged;    // a ping was the reason
    int64_t fresh;  // as poll_hints_fresh() says, of this answer
    // Of the document; NULL: none was read (a 304), so nothing has changed.
    const struct document_hints *hints;
};
void poll_plan_learn(struct poll_plan *plan, const struct poll_look *look);

struct poll_bounds {
    int64_t min, max; // of the options, milliseconds
};

// When to look next, right after learning; the reason is put into the plan.
// Chance: any number.
int64_t poll_plan_next(struct poll_plan *plan, int64_t now,
                       const struct poll_bounds *bounds, uint32_t chance);

// "unknown", "learnt", ...
const char *poll_reason_name(enum poll_reason reason);

// Updates a week, as the plan expects them now.
double poll_plan_rate(const struct poll_plan *plan, int64_t now);
