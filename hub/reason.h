// SPDX-License-Identifier: MIT
//
// reason -- the reason phrases of HTTP statuses (RFC 9110, 15).

#pragma once

// NULL: it is none of those that are around.
const char *reason_phrase(unsigned status);
