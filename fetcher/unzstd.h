// SPDX-License-Identifier: MIT
//
// unzstd -- undoing zstd (RFC 8878). The only file that includes <zstd.h>.
//
// Windows of up to 8 MiB, as RFC 9659 has it for content codings; larger ones
// are broken. Several frames may follow each other, and nothing else.

#pragma once

struct coding;

const struct coding *unzstd_coding(void);
