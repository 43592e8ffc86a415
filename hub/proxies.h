// SPDX-License-Identifier: MIT
//
// proxies -- is this connection that of a trusted proxy?
//
// Many people are behind one, so it is not counted like one person's
// (trusted-proxy). Who asks does so on the threads that accept; the list
// changes on the main thread.

#pragma once

#include "fetcher/guard.h"

#include <pthread.h>
#include <stdbool.h>

struct config_list;
struct sockaddr;

struct proxies {
    pthread_mutex_t lock;
    struct guard guard;
};

void proxies_init(struct proxies *proxies);
void proxies_clear(struct proxies *proxies);

// These from now on. Each was checked when it was read.
void proxies_set(struct proxies *proxies, const struct config_list *list);
bool proxies_have(struct proxies *proxies, const struct sockaddr *address);
