// SPDX-License-Identifier: MIT
//
// prefix -- what a prefix means in feeds that forgot to declare it.

#pragma once

// The namespace that feeds use this prefix for. NULL: it has no such use;
// else for ever.
const char *prefix_uri(const char *prefix);
