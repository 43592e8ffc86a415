// SPDX-License-Identifier: MIT
//
// outside -- opening what the hub stands between, as the options say.
//
// Translates options into the store's, the engine's and the listeners' own
// words; decides nothing else. Each answers NULL with one sentence.

#pragma once

#include "door.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct engine;
struct front;
struct http;
struct inherit;
struct metrics;
struct request;
struct sockaddr;
struct store;

enum { OUTSIDE_PROBLEM_MAX = 512 };

struct store *outside_store(const struct config *config,
                            void (*wake)(void *context), void *context,
                            struct metrics *metrics,
                            char problem[OUTSIDE_PROBLEM_MAX]);

// What the engine has to have open to do its work well, and at most.
uint64_t outside_descriptors(const struct config *config);
uint64_t outside_descriptors_wanted(const struct config *config);

// `front` is open: where it listens the hub never calls (S18).
struct engine *outside_engine(const struct config *config, const char *hub_url,
                              const struct front *front,
                              void (*wake)(void *context), void *context,
                              char problem[OUTSIDE_PROBLEM_MAX]);

// What of it changes while the hub runs: limits, and what the guard lets
// through.
void outside_set_allowed(const struct config *config, struct engine *engine);
void outside_set_strangers(const struct config *config, struct engine *engine);

// The longest request with a document.
size_t outside_document_max(const struct config *config);

// As in front.h; they run on front's thread.
struct outside_callers {
    void (*arrived)(void *context, struct request *request);
    void (*gone)(void *context, struct request *request);
    void (*handed)(void *context, int fd, const struct sockaddr *address,
                   enum door door);
    bool (*unlimited)(void *context, const struct sockaddr *address);
    bool (*look)(void *context);
    void (*wake)(void *context);
    void *context;
    // Listeners that whoever started us has opened; NULL: none.
    const struct inherit *inherited;
    const atomic_bool *documents; // as in http.h
    const atomic_size_t *document_max;
};
struct front *outside_front(const struct config *config,
                            const struct outside_callers *callers,
                            char problem[OUTSIDE_PROBLEM_MAX]);
struct http *outside_http(const struct config *config,
                          const struct outside_callers *callers,
                          char problem[OUTSIDE_PROBLEM_MAX]);
