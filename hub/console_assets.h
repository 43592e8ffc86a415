// SPDX-License-Identifier: MIT
//
// console_assets -- serves the operators' console, a web page.
//
// Static files below "/console/", the same for everybody and without anything
// in them that would be worth hiding: what the page shows it asks from
// "/admin/" with its reader's token. Its policy lets it load nothing from
// anywhere else, run no script and apply no style that is not one of these
// files, and turn no text into markup.

#pragma once

#include <stdbool.h>

struct request;

// Is it "/console" or below it?
bool console_assets_know(const char *path);

// Takes a request whose path is known. From any thread.
void console_assets_show(struct request *request);
