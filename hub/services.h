// SPDX-License-Identifier: MIT
//
// services -- what the parts of the hub work with.
//
// Made by main, handed to each part when it is made, and outlived by none of
// them. All of it belongs to the main thread.

#pragma once

struct config;
struct engine;
struct keyring;
struct loop;
struct metrics;
struct reload;
struct rules;
struct store;
struct timeline;

struct services {
    const struct config *config; // changed by `live` alone
    struct live *live;
    struct reload *reload;
    struct store *store;
    struct engine *engine;
    struct loop *loop;
    struct metrics *metrics;
    struct timeline *timeline; // NULL is fine
    struct rules *rules;       // about domains; NULL: there are none
    struct keyring *keyring;   // of publishers; NULL: there are none
    const char *hub_url;       // what the hub calls itself
};
