// SPDX-License-Identifier: MIT

#include "doctor.h"

#include "hub/span.h"
#include "show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OVERDUE_MS = 5 * 60 * 1000, WALK_OLD_MS = 60 * 60 * 1000 };

// Longer than any retention: a hundred years.
#define SPAN_LONG_MS (INT64_C(100) * 365 * 24 * 60 * 60 * 1000)

// -------------------------------------------------------------------- room

static enum doctor_state state_of(const char *level)
{
    if (strcmp(level, "now") == 0 || strcmp(level, "over") == 0)
        return DOCTOR_PROBLEM;
    return strcmp(level, "soon") == 0 ? DOCTOR_WARNING : DOCTOR_OK;
}

static const char *advice(const char *what)
{
    static const struct {
        const char *what, *advice;
    } rows[] = {
        { "store", "raise map-size, lower retention, or websubctl store "
                   "compact" },
        { "disk", "make room on the disk that data is on" },
        { "topics", "raise max-topics" },
        { "subscriptions", "raise max-subscriptions" },
        { "mailboxes", "raise max-mailboxes" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].what, what) == 0)
            return rows[i].advice;
    return "raise its ceiling";
}

static void look_at_filling(struct doctor *doctor)
{
    size_t index;
    const json_t *one;
    bool roomy = true;
    json_array_foreach(json_object_get(doctor->status, "filling"), index, one)
    {
        const char *what = show_string(one, "what");
        enum doctor_state state = state_of(show_string(one, "level"));
        if (state == DOCTOR_OK)
            continue;
        roomy = false;
        doctor_tell(doctor, "room", state, "%s: %.0f %% full: %s", what,
                    100 * json_number_value(json_object_get(one, "ratio")),
                    advice(what));
    }
    char used[24], map[24];
    if (roomy)
        doctor_tell(
            doctor, "room", DOCTOR_OK, "%s of %s",
            show_bytes(show_number(doctor->status, "store.used_bytes"), used),
            show_bytes(show_number(doctor->status, "store.map_bytes"), map));
}

// For how long a delivery is tried again, until it is given up.
static int64_t retries_last(const struct doctor *doctor)
{
    int64_t delay, most, sum = 0;
    long attempts = strtol(doctor_option(doctor, "retry-attempts"), NULL, 10);
    if (!span_read(doctor_option(doctor, "retry-first"), &delay)
        || !span_read(doctor_option(doctor, "retry-max"), &most))
        return 0;
    for (long i = 1; i < attempts && sum < SPAN_LONG_MS; i++) {
        delay = delay < most ? delay : most;
        sum += delay;
        delay *= 2;
    }
    return sum;
}

static void look_at_retention(struct doctor *doctor)
{
    const char *time = doctor_option(doctor, "retention");
    char tried[32];
    int64_t kept, retries = retries_last(doctor);
    if (!span_read(time, &kept))
        return;
    if (kept < retries)
        doctor_tell(doctor, "retention", DOCTOR_WARNING,
                    "deliveries are tried for %s, but what somebody misses is "
                    "kept for %s: raise retention, or lower retry-attempts",
                    show_duration(retries, tried), time);
    else
        doctor_tell(doctor, "retention", DOCTOR_OK,
                    "updates are kept for %s, and of a topic no more than the "
                    "newest %s and %s",
                    time, doctor_option(doctor, "retention-updates"),
                    doctor_option(doctor, "retention-bytes"));
}

// ---------------------------------------------------------------- deliveries

static void look_at_deliveries(struct doctor *doctor)
{
    int64_t lagging = show_number(doctor->status, "store.lagging");
    int64_t broken = show_number(doctor->status, "origins.open");
    int64_t paused = show_number(doctor->status, "origins.paused");
    if (show_truth(doctor->status, "halted"))
        doctor_tell(doctor, "deliveries", DOCTOR_WARNING,
                    "all are paused by an operator: websubctl resume --all");
    if (paused > 0)
        doctor_tell(doctor, "deliveries", DOCTOR_WARNING,
                    "%" PRId64 " servers are paused by an operator: websubctl "
                    "origins",
                    paused);
    if (broken > 0)
        doctor_tell(doctor, "deliveries", DOCTOR_WARNING,
                    "%" PRId64 " servers of subscribers are broken: websubctl "
                    "origins",
                    broken);
    if (lagging > 0)
        doctor_tell(doctor, "deliveries", DOCTOR_WARNING,
                    "%" PRId64 " subscribers lag behind: websubctl deliveries",
                    lagging);
    else if (broken == 0 && paused == 0)
        doctor_tell(doctor, "deliveries", DOCTOR_OK, "nobody lags behind");
}

static void look_at_queues(struct doctor *doctor)
{
    static const struct {
        const char *path, *what;
    } queues[] = {
        { "queues.deliver", "deliveries" },
        { "queues.fetch", "fetches" },
        { "queues.verify", "verifications" },
    };
    for (size_t i = 0; i < sizeof queues / sizeof *queues; i++) {
        int64_t late = show_number(doctor->status, queues[i].path);
        if (late > OVERDUE_MS)
            doctor_tell(doctor, "queues", DOCTOR_WARNING,
                        "%s are %" PRId64 " minutes late: there is more to do "
                        "than the hub can, or may",
                        queues[i].what, late / 60000);
    }
    int64_t walk = show_number(doctor->status, "walks_oldest_ms");
    if (walk > WALK_OLD_MS)
        doctor_tell(doctor, "queues", DOCTOR_WARNING,
                    "an update has been under way for %" PRId64 " minutes: "
                    "websubctl traces",
                    walk / 60000);
}

void doctor_store(struct doctor *doctor)
{
    look_at_filling(doctor);
    look_at_retention(doctor);
    look_at_deliveries(doctor);
    look_at_queues(doctor);
}
