// SPDX-License-Identifier: MIT
//
// services -- what the parts of the hub work with.
//
// Made by main, handed to each part when it is made, and outlived by none of
// them. All of it belongs to the main thread.

#pragma once

struct config;
struct engine;
struct loop;
struct metrics;
struct store;

struct services {
    const struct config *config;
    struct store *store;
    struct engine *engine;
    struct loop *loop;
    struct metrics *metrics;
    const char *hub_url; // what the hub calls itself
};
