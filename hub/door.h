// SPDX-License-Identifier: MIT
//
// door -- which way somebody comes in.

#pragma once

enum door {
    DOOR_PUBLIC,    // `listen`: anybody
    DOOR_OPERATORS, // `admin-listen`: who shows a token, for all but the page
    DOOR_SOCKET,    // the admin socket: its owner
};
