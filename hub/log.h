// SPDX-License-Identifier: MIT
//
// log -- one line an event, on stderr.
//
// An event is a dotted name and fields: `subscription.active id=7 host=h`.
// Text format is logfmt, JSON one object a line; under systemd's journal lines
// carry their priority. Values are escaped here, so untrusted ones are safe;
// but secrets, challenges, bodies and whole callback URLs never come near this
// module. From any thread.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

// Before other threads exist; info and text until then.
void log_setup(enum log_level level, bool json);
// The same at any time, from any thread.
void log_change(enum log_level level, bool json);
bool log_wants(enum log_level level);

struct log_field {
    const char *name;
    const char *text; // NULL: `number` counts
    int64_t number;
};

// At most 16 fields.
void log_event(enum log_level level, const char *event,
               const struct log_field *fields, unsigned count);

#define LOG_T(name_, text_) ((struct log_field){ (name_), (text_), 0 })
#define LOG_N(name_, number_)                                                  \
    ((struct log_field){ (name_), NULL, (int64_t)(number_) })
#define LOG(level_, event_, ...)                                               \
    log_event((level_), (event_), (const struct log_field[]){ __VA_ARGS__ },   \
              (unsigned)(sizeof((const struct log_field[]){ __VA_ARGS__ })     \
                         / sizeof(struct log_field)))
