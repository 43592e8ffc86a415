// SPDX-License-Identifier: MIT
//
// admin -- what operators ask over the admin socket, as JSON.
//
// All of it may change at the next request; nothing here holds a secret, a
// challenge, a body or a whole callback URL that the operator has not given
// himself. The parts are in files of their own: admin_subscriptions.c and so
// on.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct access;
struct admin;
struct dismissal;
struct exchange;
struct front;
struct halt;
struct lanes;
struct lookout;
struct pull;
struct pullers;
struct request;
struct services;
struct verify;

struct admin_means {
    const struct services *services;
    struct front *front;
    const struct pull *pull;
    const struct pullers *pullers;
    struct access *access;
    struct dismissal *dismissal;
    const struct verify *verify;
    uint64_t descriptors; // limit of this process
    struct halt *halt;
    struct lanes *lanes;
    const struct lookout *lookout;
    void (*pinged)(void *context);
    void (*owed)(void *context); // somebody has become due
    // This subscription was paused, or its cursor set back; 0: many of the
    // topic's were.
    void (*recalled)(void *context, uint64_t topic, uint64_t subscription);
    void (*mailbox_ended)(void *context, uint64_t mailbox); // it was removed
    void (*accepted)(void *context); // a request waits for its verification
    // A subscription is there, or ends at another time: the end of its lease.
    void (*granted)(void *context, int64_t lease_end);
    void (*ruled)(void *context); // there are other rules about domains
    void *context;
};

// NULL: out of memory. The means are copied.
struct admin *admin_new(const struct admin_means *means);
void admin_free(struct admin *admin); // when idle

// Take the request. Routes' handlers.
void admin_status(void *admin, struct request *request, struct moment now);
void admin_topics(void *admin, struct request *request, struct moment now);
void admin_topic(void *admin, struct request *request, struct moment now);
void admin_choose(void *admin, struct request *request, struct moment now);
void admin_add_topic(void *admin, struct request *request, struct moment now);
void admin_remove_topic(void *admin, struct request *request,
                        struct moment now);
void admin_add_subscription(void *admin, struct request *request,
                            struct moment now);
void admin_extend(void *admin, struct request *request, struct moment now);
void admin_rules(void *admin, struct request *request, struct moment now);
void admin_put_rule(void *admin, struct request *request, struct moment now);
void admin_remove_rule(void *admin, struct request *request, struct moment now);
void admin_keys(void *admin, struct request *request, struct moment now);
void admin_put_key(void *admin, struct request *request, struct moment now);
void admin_remove_key(void *admin, struct request *request, struct moment now);
void admin_quotas(void *admin, struct request *request, struct moment now);
void admin_put_quota(void *admin, struct request *request, struct moment now);
void admin_remove_quota(void *admin, struct request *request,
                        struct moment now);
void admin_subscriptions(void *admin, struct request *request,
                         struct moment now);
void admin_remove(void *admin, struct request *request, struct moment now);
void admin_explain(void *admin, struct request *request, struct moment now);
void admin_probe(void *admin, struct request *request, struct moment now);
void admin_deliveries(void *admin, struct request *request, struct moment now);
void admin_origins(void *admin, struct request *request, struct moment now);
void admin_resend(void *admin, struct request *request, struct moment now);
void admin_pause(void *admin, struct request *request, struct moment now);
void admin_resume(void *admin, struct request *request, struct moment now);
void admin_tokens(void *admin, struct request *request, struct moment now);
void admin_put_token(void *admin, struct request *request, struct moment now);
void admin_remove_token(void *admin, struct request *request,
                        struct moment now);
void admin_pulls(void *admin, struct request *request, struct moment now);
void admin_mailboxes(void *admin, struct request *request, struct moment now);
void admin_mailbox(void *admin, struct request *request, struct moment now);
void admin_remove_mailbox(void *admin, struct request *request,
                          struct moment now);
void admin_trace(void *admin, struct request *request, struct moment now);
void admin_traces(void *admin, struct request *request, struct moment now);
void admin_metrics(void *admin, struct request *request, struct moment now);
void admin_options(void *admin, struct request *request, struct moment now);
void admin_reload(void *admin, struct request *request, struct moment now);
void admin_whoami(void *admin, struct request *request, struct moment now);
void admin_ping(void *admin, struct request *request, struct moment now);
void admin_backup(void *admin, struct request *request, struct moment now);
void admin_store(void *admin, struct request *request, struct moment now);

// The exchange of a probe is back from the engine.
void admin_answered(struct admin *admin, struct exchange *exchange);

// The daemon stops: what takes long is given up.
void admin_drain(struct admin *admin);
bool admin_idle(const struct admin *admin);
