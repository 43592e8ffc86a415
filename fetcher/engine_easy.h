// SPDX-License-Identifier: MIT
//
// engine_easy -- a transfer in curl's words: one pooled easy handle.
//
// Most options are set once for a handle's life, the few that vary before
// each transfer. Handles for fetches are apart from the others, because their
// buffers and low-speed limits differ.

#pragma once

#include "engine.h"

struct easy;
struct transfer;

// NULL: out of memory. It is the transfer's for good.
struct easy *easy_new(struct transfer *transfer, bool fetch);
void easy_free(struct easy *easy);

// Makes it ready for a transfer to its origin and address. False: out of
// memory.
bool easy_set(struct easy *easy, const struct transfer *transfer);

// CURL of it.
void *easy_handle(struct easy *easy);

// What curl's code means for a transfer whose answer is what it is.
enum exchange_result easy_result(const struct transfer *transfer, int code);

// That failure may be the address's alone: the next one is worth a try.
bool easy_failed_to_connect(const struct transfer *transfer, int code);
