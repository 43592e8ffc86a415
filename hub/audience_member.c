// SPDX-License-Identifier: MIT

#include "audience.h"

void ring_init(struct ring *ring)
{
    ring->next = ring->before = ring;
}

bool ring_empty(const struct ring *ring)
{
    return ring->next == ring;
}

void member_leave(struct member *member)
{
    member->ring.before->next = member->ring.next;
    member->ring.next->before = member->ring.before;
    ring_init(&member->ring);
}

void member_move(struct member *member, struct ring *to)
{
    member_leave(member);
    member->ring.next = to;
    member->ring.before = to->before;
    to->before->next = &member->ring;
    to->before = &member->ring;
}

void member_join(struct member *member)
{
    member_move(member, &member->audience->members);
}
