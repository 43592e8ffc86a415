// SPDX-License-Identifier: MIT

#include "live.h"

#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listener {
    void (*changed)(void *context);
    void *context;
};

struct live {
    struct config *config; // what counts
    struct config base;    // what the configuration says, as far as it can
    char *stored[CONFIG_OPTIONS_MAX]; // NULL: nothing
    const struct option *table;
    size_t count;
    struct listener listeners[LIVE_LISTENERS_MAX];
    size_t listener_count;
};

struct live *live_new(struct config *config)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->config = config;
    live->table = option_table(&live->count);
    if (config_copy(config, &live->base))
        return live;
    free(live);
    return NULL;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    for (size_t i = 0; i < live->count; i++)
        free(live->stored[i]);
    config_clear(&live->base);
    free(live);
}

void live_listen(struct live *live, void (*changed)(void *context),
                 void *context)
{
    assert(live->listener_count < LIVE_LISTENERS_MAX);
    live->listeners[live->listener_count++] =
        (struct listener){ changed, context };
}

static bool fails(char problem[LIVE_PROBLEM], const char *why)
{
    snprintf(problem, LIVE_PROBLEM, "%s", why);
    return false;
}

// ---------------------------------------------------------------- changing

// What would count if the configuration said `base`. False: *out is clear.
static bool compose(const struct live *live, const struct config *base,
                    struct config *out, char problem[LIVE_PROBLEM])
{
    char expected[OPTION_EXPECTED];
    if (!config_copy(base, out))
        return fails(problem, "out of memory");
    for (size_t i = 0; i < live->count; i++)
        if (live->stored[i])
            option_set(&live->table[i], live->stored[i], out, expected);
    if (config_fits(out, problem))
        return true;
    config_clear(out);
    return false;
}

// Takes `next`. What was there is let go only when nobody looks at it any
// more.
static void put_in_place(struct live *live, struct config *next)
{
    bool changed = false;
    for (size_t i = 0; i < live->count; i++) {
        const struct option *option = &live->table[i];
        if (option->change == OPTION_RESTART
            || option_same(option, live->config, next))
            continue;
        option_swap(option, live->config, next);
        changed = true;
    }
    for (size_t i = 0; changed && i < live->listener_count; i++)
        live->listeners[i].changed(live->listeners[i].context);
    config_clear(next);
}

// ------------------------------------------------------------------ quotas

static const struct option *quota_of(const struct live *live, const char *name,
                                     size_t *index, char problem[LIVE_PROBLEM])
{
    const struct option *option = option_find(name, strlen(name));
    if (!option || option->change != OPTION_QUOTA) {
        snprintf(problem, LIVE_PROBLEM, "there is no quota \"%.40s\"", name);
        return NULL;
    }
    *index = (size_t)(option - live->table);
    return option;
}

static bool try_value(const struct live *live, const char *name,
                      const char *value, struct config *out,
                      char problem[LIVE_PROBLEM])
{
    size_t index;
    char expected[OPTION_EXPECTED];
    const struct option *option = quota_of(live, name, &index, problem);
    if (!option || !compose(live, &live->base, out, problem))
        return false;
    if (!value) {
        bool copied = option_copy(option, &live->base, out);
        assert(copied); // a number
        (void)copied;
    } else if (option_set(option, value, out, expected) != OPTION_SET) {
        snprintf(problem, LIVE_PROBLEM, "%s must be %s", name, expected);
        config_clear(out);
        return false;
    }
    if (config_fits(out, problem))
        return true;
    config_clear(out);
    return false;
}

bool live_check(const struct live *live, const char *name, const char *value,
                char problem[LIVE_PROBLEM])
{
    struct config next;
    bool fine = try_value(live, name, value, &next, problem);
    if (fine)
        config_clear(&next);
    return fine;
}

bool live_store(struct live *live, const char *name, const char *value,
                char problem[LIVE_PROBLEM])
{
    struct config next;
    size_t index;
    if (!quota_of(live, name, &index, problem)
        || !try_value(live, name, value, &next, problem))
        return false;
    char *copy = value ? strdup(value) : NULL;
    if (value && !copy) {
        config_clear(&next);
        return fails(problem, "out of memory");
    }
    free(live->stored[index]);
    live->stored[index] = copy;
    put_in_place(live, &next);
    return true;
}

// ----------------------------------------------------------------- telling

const char *live_from_name(enum live_from from)
{
    static const char *const names[] = {
        [LIVE_DEFAULT] = "default",
        [LIVE_CONFIGURATION] = "configuration",
        [LIVE_STORE] = "store",
    };
    return names[from];
}

enum live_from live_from(const struct live *live, size_t index)
{
    assert(index < live->count);
    if (live->stored[index])
        return LIVE_STORE;
    return live->base.given[index] ? LIVE_CONFIGURATION : LIVE_DEFAULT;
}

const struct config *live_config(const struct live *live)
{
    return live->config;
}

// ------------------------------------------------------------------ reload

// What nobody has given, now or before, differs only because it follows from
// another option that was; where that one needs a restart, this one waits with
// it. Lists follow what is live.
static bool follows(const struct live *live, const struct config *fresh,
                    size_t index)
{
    return live->table[index].kind != OPTION_LIST && !live->base.given[index]
           && !fresh->given[index];
}

static void note(const struct option *option, struct live_change *changes,
                 size_t max, size_t *count)
{
    if (*count < max)
        changes[(*count)++] = (struct live_change){
            .option = option,
            .restart = option->change == OPTION_RESTART,
        };
}

// What can change becomes as the fresh one has it; what cannot stays in
// `base`, which is what runs.
static void merge(struct live *live, struct config *fresh)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct option *option = &live->table[i];
        if (option->change == OPTION_RESTART || follows(live, fresh, i))
            continue;
        option_swap(option, &live->base, fresh);
        bool given = live->base.given[i];
        live->base.given[i] = fresh->given[i];
        fresh->given[i] = given;
    }
}

bool live_reload(struct live *live, struct config *fresh,
                 struct live_change *changes, size_t max, size_t *count,
                 char problem[LIVE_PROBLEM])
{
    struct config next;
    *count = 0;
    for (size_t i = 0; i < live->count; i++)
        if (!follows(live, fresh, i)
            && !option_same(&live->table[i], &live->base, fresh))
            note(&live->table[i], changes, max, count);
    merge(live, fresh);
    bool fine = compose(live, &live->base, &next, problem);
    if (fine)
        put_in_place(live, &next);
    else
        merge(live, fresh); // back
    config_clear(fresh);
    return fine;
}
