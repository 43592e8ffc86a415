// SPDX-License-Identifier: MIT

#include "listeners.h"

#include "front.h"
#include "inherit.h"

#include <stdio.h>

static bool open_at(struct listeners *all, const char *const *addresses,
                    size_t count, enum door door,
                    char problem[LISTENER_PROBLEM_MAX])
{
    size_t most = door == DOOR_PUBLIC ? (size_t)FRONT_LISTENERS_MAX
                                      : (size_t)FRONT_ADMIN_LISTENERS_MAX;
    if (count > most) {
        snprintf(problem, LISTENER_PROBLEM_MAX, "more than %zu listeners",
                 most);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct listener *next = &all->items[all->count];
        if (!listener_open(addresses[i], next, problem))
            return false;
        next->door = door;
        all->count++;
    }
    return true;
}

static bool adopt(struct listeners *all, const struct inherit *inherited,
                  enum door door, char problem[LISTENER_PROBLEM_MAX])
{
    for (size_t i = 0; i < inherited->count; i++) {
        const struct inherited *one = &inherited->items[i];
        if (one->door != door)
            continue;
        if (all->count == sizeof all->items / sizeof *all->items) {
            snprintf(problem, LISTENER_PROBLEM_MAX, "too many listeners");
            return false;
        }
        if (!listener_adopt(one->fd, door, &all->items[all->count], problem))
            return false;
        all->count++;
    }
    return true;
}

static bool open_door(struct listeners *all,
                      const struct front_options *options, enum door door,
                      char problem[LISTENER_PROBLEM_MAX])
{
    struct listener *next = &all->items[all->count];
    if (options->inherited && inherit_has(options->inherited, door))
        return adopt(all, options->inherited, door, problem);
    if (door == DOOR_PUBLIC)
        return open_at(all, options->listen, options->listen_count, door,
                       problem);
    if (door == DOOR_OPERATORS)
        return open_at(all, options->admin_listen, options->admin_listen_count,
                       door, problem);
    if (!options->admin_socket)
        return true;
    if (!listener_open_admin(options->admin_socket, next, problem))
        return false;
    all->count++;
    return true;
}

bool listeners_open(struct listeners *all, const struct front_options *options,
                    char problem[LISTENER_PROBLEM_MAX])
{
    if (!open_door(all, options, DOOR_PUBLIC, problem))
        return false;
    all->public_count = all->count;
    return open_door(all, options, DOOR_OPERATORS, problem)
           && open_door(all, options, DOOR_SOCKET, problem);
}
