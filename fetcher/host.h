// SPDX-License-Identifier: MIT
//
// host -- the host of a URL: a name, or an address in any notation.
//
// Percent-escapes are undone, ASCII is put in lower case, international names
// become A-labels: lower case by Unicode, then punycode. There is no other
// nameprep: characters that it would turn into ASCII (wide forms, circled
// digits, mathematical letters) and all symbols are refused, so that no name
// means something else to whoever maps it fully. Names are expected in NFC,
// as they are written in practice.
//
// Whatever inet_aton() or a browser would take for an IPv4 address is one
// (0x7f.1, 0177.0.0.1, 2130706433, 127.1), and is written as four numbers.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct host {
    char text[256]; // NUL-terminated, without brackets
    bool numeric;   // an address
    bool v6;        // of the kind that needs brackets
};

// `text` is the host as it stands in a URL. False: it is none.
bool host_read(const char *text, size_t len, struct host *out);
