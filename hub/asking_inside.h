// SPDX-License-Identifier: MIT
//
// asking_inside -- what asking.c and asking_place.c share. For no other file.

#pragma once

#include "asking.h"
#include "pull_problem.h"
#include "pull_query.h"

struct asking {
    struct askings *all;
    struct asking *next, **link;
    struct moment now;
    struct request *request; // NULL: it is for `puller`
    struct pull_query *query;
    const struct visitor *visitor;
    struct puller *puller; // NULL: he has left, if there is no request either
    void (*said)(struct puller *puller, const struct pull_problem *problem);
    const char *allow_origin;  // a whole line, or NULL
    struct audience *audience; // once he can be changed over to it
    struct places *places;
    size_t left; // topics that the store has not answered
    bool refused;
    struct pull_problem problem;
    struct store_follow *follows;
    struct audience_found *found; // as many
};

void asking_end(struct asking *asking);

// Where he begins. NULL: there is a cursor that is none, or no memory
// (*memory).
struct places *asking_places(const struct asking *asking,
                             const struct audience *audience, bool *memory);
// The places become his.
void asking_stand(struct member *member, struct places *places);

// He who pulls already belongs to this audience as soon as he is not read for.
void asking_turn(struct asking *asking, struct audience *audience,
                 struct places *places);
