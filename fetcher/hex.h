// SPDX-License-Identifier: MIT
//
// hex -- one digit, in either case.

#pragma once

// 0 to 15; -1: it is none.
int hex_digit(char c);
