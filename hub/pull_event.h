// SPDX-License-Identifier: MIT
//
// pull_event -- parts of a batch as JSON, the same in every voice.
//
// Pure. Any thread.

#pragma once

#include "batch.h"

struct json_writer;

// The place after event `number` as a cursor, in quotes (null: libcrypto
// refused). Where the batch has no cursor of its own it is one of `topic`
// alone.
void pull_event_cursor(struct json_writer *out, const struct batch *batch,
                       uint64_t topic, uint64_t number);

// "id":...,"topic":..., and so on, without the brackets around it.
void pull_event_fields(struct json_writer *out, const struct batch *batch,
                       const struct batch_event *event);

// "reason":...,"topics":[...], without the brackets around it. Only of a batch
// with a loss.
void pull_event_gap(struct json_writer *out, const struct batch *batch);
