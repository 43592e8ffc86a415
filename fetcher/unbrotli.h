// SPDX-License-Identifier: MIT
//
// unbrotli -- undoing brotli (RFC 7932). The only file that includes
// <brotli/...>.
//
// The "large window" of later versions, which asks for as much memory as it
// likes, is broken. What comes behind the stream is passed over.

#pragma once

struct coding;

const struct coding *unbrotli_coding(void);
