// SPDX-License-Identifier: MIT
//
// forwarded -- who really asks, where a proxy stands in between.
//
// Budgets count addresses. Behind a proxy all connections come from the proxy,
// and who asks stands in Forwarded (RFC 7239) or X-Forwarded-For, which
// anybody can write: so they are believed only from the proxies that the
// operator named, and only as far as these themselves saw it. Pure.

#pragma once

struct config_list;
struct request;

enum { FORWARDED_MAX = 48 };

// The request's peer; or, if that is one of the proxies, the last hop before
// it that is none of them. What cannot be read ends the search: then it is the
// hop found so far. With both kinds of fields there is no telling which one
// the proxy wrote: then it is the peer.
void forwarded_from(const struct request *request,
                    const struct config_list *proxies, char out[FORWARDED_MAX]);
