// SPDX-License-Identifier: MIT
//
// overflow -- what becomes of more than a mailbox may have waiting.

#pragma once

#include "letterbox.h"

// As of now: sets what is passed over. A reader only looks; the writer saves
// it with the mailbox. True: the mailbox ends of it.
bool overflow_look(struct letterbox *box);
