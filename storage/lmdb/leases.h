// SPDX-License-Identifier: MIT
//
// leases -- the table of what ends when: leases, requests' deadlines, and what
// is told of those that have ended.

#pragma once

#include "txn.h"

enum lease_kind {
    LEASE_SUBSCRIPTION = 1,
    LEASE_REQUEST = 2, // topic is 0
    LEASE_TICKET = 3,  // of one that has ended; topic is 0
    LEASE_MAILBOX = 4, // topic is 0
    LEASE_GRAVE = 5,   // of a topic: topic and id begin its key
};

struct lease {
    enum lease_kind kind;
    int64_t end;
    uint64_t topic, id;
};

struct lease lease_of(uint64_t topic, uint64_t subscription);
struct lease lease_of_request(uint64_t request);
struct lease lease_of_ticket(uint64_t request);

// Its key when it ends then; lease.end is not looked at.
void lease_key(struct key *key, struct lease lease, int64_t end);

// From one end to another; 0 stands for none. lease.end is not looked at.
void lease_move(struct txn *txn, struct lease lease, int64_t from, int64_t to);

// The one of this kind that ends first. False: there is none.
bool lease_first(struct txn *txn, enum lease_kind kind, struct lease *out);
