// SPDX-License-Identifier: MIT
//
// live -- options that change while the hub runs.
//
// Where an option's value comes from, the later the stronger: its default, the
// configuration (file, then flags), and of quotas what operators have stored.
// Here is who knows all three, and writes what counts into the config that all
// parts read: a part that reads an option when it needs it has the new value
// at the next look. Who keeps something that was made from options registers
// with live_listen().
//
// Which options can change is said by their rows in option_table.c: RESTART,
// LIVE, or QUOTA, which is live and may be stored.
//
// Main thread.

#pragma once

#include "option.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct live;

enum { LIVE_PROBLEM = 256, LIVE_LISTENERS_MAX = 24 };

// `config` is what counts from now on: it has just been read, and is changed
// here alone. NULL: out of memory.
struct live *live_new(struct config *config);
void live_free(struct live *live);

// `changed` is called in the step in which options changed, after all of them
// have.
void live_listen(struct live *live, void (*changed)(void *context),
                 void *context);

// ------------------------------------------------------------------ quotas

// Would this be a good value of that quota, with all others as they are?
// False: `problem` is one sentence. A value of 0 where it means "no ceiling"
// is good.
bool live_check(const struct live *live, const char *name, const char *value,
                char problem[LIVE_PROBLEM]);

// A quota as the store has it: it counts from now on, whatever the
// configuration says; `value` NULL: the store has none any more. What is no
// good quota (any more: bounds and names change) is refused like above, and
// nothing changes.
bool live_store(struct live *live, const char *name, const char *value,
                char problem[LIVE_PROBLEM]);

// ----------------------------------------------------------------- telling

enum live_from { LIVE_DEFAULT, LIVE_CONFIGURATION, LIVE_STORE };

const char *live_from_name(enum live_from from);

// Option `index` of the table (option_table()): its value as it counts now is
// in the config, for option_number() and option_write().
enum live_from live_from(const struct live *live, size_t index);
const struct config *live_config(const struct live *live);

// ------------------------------------------------------------------ reload

struct live_change {
    const struct option *option;
    bool restart; // is not in effect before the hub is started anew
};

// A configuration that was read anew, which is taken. What can change does; an
// option that cannot is named as long as it differs from what runs. False: the
// whole does not fit together with what operators have stored; nothing
// changes.
bool live_reload(struct live *live, struct config *fresh,
                 struct live_change *changes, size_t max, size_t *count,
                 char problem[LIVE_PROBLEM]);
