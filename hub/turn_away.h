// SPDX-License-Identifier: MIT
//
// turn_away -- what a connection hears for which there is no room.

#pragma once

// A short 503, in one go, and closed. Never blocks.
void turn_away(int fd);
