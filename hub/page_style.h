// SPDX-License-Identifier: MIT
//
// page_style -- the one style sheet of what everybody can see (page.h).
//
// In the colours and measures of the operators' console (console/style.css).

#pragma once

// Borrowed for ever.
const char *page_style(void);
