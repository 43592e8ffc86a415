// SPDX-License-Identifier: MIT
//
// dossier -- what the store knows of one topic, gathered for explain.h.
//
// Several operations after each other, none of them long; what changes
// between two of them may show.

#pragma once

#include "explain.h"
#include "rules.h"
#include "storage/store.h"

#include <stddef.h>

struct services;
struct url;
struct visitor;

enum { DOSSIER_PAGE = 500 };

struct dossier {
    // Answers, when it is done:
    enum store_status status; // OK also if the topic is unknown
    struct explain_facts facts;
    // Its own:
    const struct services *services;
    void (*done)(struct dossier *dossier);
    void *context;
    struct store_key key;
    size_t census_max;
    const struct visitor *visitor; // borrowed
    struct store_event newest;     // its strings are in `type`
    char type[STORE_HEADER_MAX + 1];
    char rule[RULES_DOMAIN_MAX];
    union {
        struct store_topics topics;
        struct store_events events;
        struct store_read_entries entries;
        struct store_walks walks;
        struct store_page_subscribers page;
    };
    struct store_position position;
    struct store_topic *copy; // of the topic: facts.topic
};

// `done` is called in a later step; then it is the caller's until
// dossier_free(). At most `census_max` subscribers are counted (in whole
// pages), 0: none. What `visitor` may not pull he is told no more of than of
// what is unknown (M20); NULL: it is for an operator. NULL: out of memory, and
// nothing will be called.
struct dossier *dossier_open(const struct services *services,
                             const struct url *topic, size_t census_max,
                             const struct visitor *visitor,
                             void (*done)(struct dossier *dossier),
                             void *context);
void dossier_free(struct dossier *dossier);
