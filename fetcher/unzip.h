// SPDX-License-Identifier: MIT
//
// unzip -- undoing gzip and deflate. The only file that includes <zlib.h>.

#pragma once

struct coding;

// Several streams may follow each other (RFC 1952 2.2); what else comes behind
// one is passed over.
const struct coding *unzip_gzip(void);

// In zlib's format as RFC 9110 has it, or without, as many servers send it.
const struct coding *unzip_deflate(void);
