// SPDX-License-Identifier: MIT
//
// front_page -- what people see at the hub's URL (R143).
//
// What a hub is, how to use this one, and forms to try it: subscribe, publish,
// and the two pages that say how a topic or a subscription is doing. It lists
// nothing, and asks nothing of the store.

#pragma once

struct request;

void front_page_show(struct request *request, const char *hub_url);
