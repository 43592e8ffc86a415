// SPDX-License-Identifier: MIT

#include "admin_gate.h"

#include "access.h"
#include "admin_routes.h"
#include "budget.h"
#include "config.h"
#include "forwarded.h"
#include "inquiry.h"
#include "log.h"
#include "request.h"
#include "services.h"
#include "storage/mailbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Tokens that nobody has, of one address; that many at once, too.
enum { GUESSES_A_MINUTE = 30, WAIT_S = 10 };

#define REALM "WWW-Authenticate: Bearer realm=\"websubd admin\""

struct admin_gate {
    struct access *access;
    struct admin *admin;
    struct budget *guesses;
};

// A request whose token is looked up.
struct knock {
    struct admin_gate *gate;
    struct request *request;
};

struct admin_gate *admin_gate_new(struct access *access, struct admin *admin)
{
    struct admin_gate *gate = calloc(1, sizeof *gate);
    if (!gate)
        return NULL;
    *gate =
        (struct admin_gate){ access, admin, budget_new_slow(GUESSES_A_MINUTE) };
    if (gate->guesses)
        return gate;
    free(gate);
    return NULL;
}

void admin_gate_free(struct admin_gate *gate)
{
    if (!gate)
        return;
    budget_free(gate->guesses);
    free(gate);
}

// ---------------------------------------------------------------- refusing

static void refuse(struct request *request, unsigned status, const char *why,
                   const char *challenge)
{
    char text[256], wait[32];
    int len = snprintf(text, sizeof text, "{\"error\":\"%s\"}", why);
    struct reply reply = {
        .status = status,
        .content_type = "application/json",
        .body = text,
        .body_len = len < (int)sizeof text ? (size_t)len : sizeof text - 1,
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    if (challenge)
        reply.headers[reply.header_count++] = challenge;
    if (status == 429 || status == 503) {
        snprintf(wait, sizeof wait, "Retry-After: %d", WAIT_S);
        reply.headers[reply.header_count++] = wait;
    }
    request_reply(request, &reply);
}

static void refuse_as(struct request *request,
                      const struct access_refusal *refusal)
{
    // Said for those who pull; here it is about operators.
    bool nobodys = refusal->status == 401;
    refuse(request, refusal->status,
           nobodys ? "nobody has this token, or its time is over"
                   : "show one token, in the field Authorization: Bearer",
           nobodys ? REALM ", error=\"invalid_token\"" : refusal->challenge);
}

// ---------------------------------------------------------------- admitting

static bool only_looks(const struct request *request)
{
    return request->method == REQUEST_GET || request->method == REQUEST_HEAD
           || request->method == REQUEST_OPTIONS;
}

static void admit(struct admin_gate *gate, struct request *request,
                  const struct visitor *visitor, struct moment now)
{
    unsigned wanted = STORE_RIGHT_ADMIN;
    if (only_looks(request) && !admin_routes_reveal(request->path))
        wanted |= STORE_RIGHT_VIEW;
    bool may = !visitor->ticket && (visitor->rights & wanted) != 0;
    bool views = (visitor->rights & STORE_RIGHT_VIEW) != 0;
    bool steers = (visitor->rights & STORE_RIGHT_ADMIN) != 0;
    snprintf(request->who, sizeof request->who, "token %s", visitor->name);
    visitor_drop(visitor);
    if (!may) {
        LOG(LOG_INFO, "admin.refused", LOG_T("who", request->who),
            LOG_T("path", request->path));
        refuse(request, 403,
               views ? "this token may look, but neither change anything "
                       "nor have a copy of the store"
                     : "this token has no right to view or to administrate",
               NULL);
        return;
    }
    request->admin = true;
    request->steers = steers;
    admin_routes_dispatch(gate->admin, request, now);
}

static void found(void *context, const struct visitor *visitor,
                  const struct access_refusal *refusal)
{
    struct knock *knock = context;
    struct admin_gate *gate = knock->gate;
    struct request *request = knock->request;
    free(knock);
    if (visitor)
        admit(gate, request, visitor, loop_now());
    else
        refuse_as(request, refusal);
}

static void ask(struct admin_gate *gate, struct request *request,
                struct moment now)
{
    struct access_refusal refusal;
    const struct visitor *visitor = NULL;
    struct knock *knock = malloc(sizeof *knock);
    if (!knock) {
        refuse(request, 503, "out of memory", NULL);
        return;
    }
    *knock = (struct knock){ gate, request };
    switch (access_ask(gate->access, request, now, &visitor, &refusal, found,
                       knock)) {
    case ACCESS_ASKED:
        return;
    case ACCESS_KNOWN:
        free(knock);
        admit(gate, request, visitor, now);
        return;
    case ACCESS_REFUSED:
        free(knock);
        refuse_as(request, &refusal);
        return;
    }
}

void admin_gate_handle(struct admin_gate *gate, struct request *request,
                       struct moment now)
{
    char from[FORWARDED_MAX];
    if (!access_shows(request)) {
        refuse(request, 401,
               "show a token with the right to view or to administrate: "
               "websubctl token add NAME --right=admin",
               REALM);
        return;
    }
    forwarded_from(request, &gate->admin->means.services->config->trusted_proxy,
                   from);
    if (!access_knows(gate->access, request, now)
        && !budget_take(gate->guesses, from, 1, now.mono)) {
        refuse(request, 429, "too many tokens that nobody has: wait", NULL);
        return;
    }
    ask(gate, request, now);
}
