// SPDX-License-Identifier: MIT
//
// commits -- what the disk below a directory allows: durable commits, one
// after the other, as the store would make them for one request each.

#pragma once

struct commits {
    double per_second; // 0: it could not be measured
    double p50_ms, p99_ms, max_ms;
};

// An LMDB environment at full sync, one record of 200 bytes a commit.
void commits_lmdb(const char *directory, long duration_ms, struct commits *out);

// 4 KiB written over and fdatasync(), without LMDB.
void commits_raw(const char *directory, long duration_ms, struct commits *out);
