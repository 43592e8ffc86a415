// SPDX-License-Identifier: MIT
//
// observe_inside -- what the files of observe share, and given.c with them.
//
// observe.c claims and asks, observe_answer.c decides what an answer is, and
// observe_settle.c brings it to its end.

#pragma once

#include "doubts.h"
#include "echoes.h"
#include "loop.h"
#include "observation.h"
#include "observe.h"
#include "places.h"
#include "pump.h"
#include "services.h"
#include "settlement.h"

struct given;
struct noise;

struct observe {
    struct services services;
    struct observe_listener listener;
    struct pump pump;
    struct noise *noise; // NULL: the default
    struct echoes echoes;
    struct doubts doubts;
    struct settlements settlements;
    struct pace *pace;
    struct places places;
    struct given *given; // those under way, a list
};

enum { OBSERVE_AGAIN_MS = 10 * 1000 }; // when the store or memory failed us

// Give the topic back; the fetch counts for nothing.
void observe_give_back(struct observation *observation, int64_t due);

// The end of it: it must not be looked at any more.
void observe_drop(struct observation *observation);

void observe_ask(struct observation *observation, bool conditional);

// Does the operator not want this to be fetched?
bool observe_denies(const struct observe *observe, const char *url);

// Three ways to settle it. The first is filled in.
void observe_succeed(struct observation *observation, struct moment now);
// It brought nothing to be kept: another look in `delay`.
void observe_look_again(struct observation *observation, struct moment now,
                        int64_t delay);
void observe_fail(struct observation *observation, struct moment now);
// A failure of the operator's making.
void observe_refuse(struct observation *observation, struct moment now);

// Those of given.h that waited for another one of their topic.
void observe_resume_given(struct observe *observe);

// A new update is stored, and maybe a walk began.
void observe_tell(struct observe *observe,
                  const struct observation *observation);
