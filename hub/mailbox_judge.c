// SPDX-License-Identifier: MIT

#include "mailbox_inside.h"
#include "puller.h"
#include "rules.h"
#include "served.h"

#include <stdlib.h>

// What a mailbox listens to is looked up, for one who reads it.
struct judging {
    struct store_read_mailbox read; // first: an operation is found by it
    struct taking *taking;
};

bool mailbox_judge_needed(const struct reader *reader)
{
    const struct rules *rules = reader->all->services.rules;
    return reader->desk && rules_judge_topics(rules)
           && reader->desk->judged != served_mark(rules);
}

bool mailbox_judge_refuses(struct reader *reader,
                           const struct store_listen *listens, size_t count)
{
    const struct services *services = &reader->all->services;
    const char *topic = served_denies_listens(services->rules, listens, count);
    if (!topic)
        return false;
    struct pull_problem problem = served_problem(services->metrics, topic);
    puller_refuse(reader->puller, &problem);
    return true;
}

static void go_on(struct taking *taking, const struct store_read_mailbox *read)
{
    struct reader *reader = taking->reader;
    if (!reader) { // he has left
        free(taking);
        return;
    }
    if (read->op.status == STORE_OK
        && mailbox_judge_refuses(reader, read->items, read->count)) {
        free(taking);
        return;
    }
    if (read->op.status == STORE_OK && reader->desk->rev == read->mailbox.rev)
        reader->desk->judged = served_mark(reader->all->services.rules);
    // Where it is not there any more, that is found out there.
    mailbox_letters_collect(taking);
}

static void looked_up(struct store_op *op)
{
    struct judging *judging = (struct judging *)op;
    struct taking *taking = judging->taking;
    struct mailbox_read *all = taking->all;
    all->reads--;
    go_on(taking, &judging->read);
    store_release(op);
    free(judging);
    mailbox_letters_go_on(all);
}

void mailbox_judge(struct taking *taking)
{
    struct mailbox_read *all = taking->all;
    struct judging *judging = calloc(1, sizeof *judging);
    if (!judging) {
        struct pull_problem problem =
            pull_problem_of(503, "out-of-memory", "the hub is out of memory");
        struct reader *reader = taking->reader;
        puller_refuse(reader->puller, &problem);
        free(taking);
        return;
    }
    judging->taking = taking;
    judging->read = (struct store_read_mailbox){
        .op = { .verb = STORE_READ_MAILBOX, .done = looked_up },
        .id = taking->reader->mailbox,
    };
    all->reads++;
    store_submit(all->services.store, &judging->read.op);
}
