// SPDX-License-Identifier: MIT
//
// Calls of XML-RPC, and what is answered to a ping in one.

#include "fuzz.h"
#include "hub/intent.h"
#include "hub/request.h"
#include "hub/xmlrpc.h"
#include "hub/xmlrpc_ping.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct asked {
    struct request request; // first: one is made into the other
    unsigned answers;
};

static void answer(struct request *request, const struct reply *reply)
{
    struct asked *asked = (struct asked *)request;
    assert(reply->status == 200);
    assert(reply->body_len > 0 && reply->body_len < XMLRPC_ANSWER_MAX);
    asked->answers++;
}

static void read_call(const char *text, size_t len)
{
    struct xmlrpc_call call;
    enum xmlrpc_fault fault;
    const char *problem = NULL;
    if (!xmlrpc_read(text, len, &call, &fault, &problem)) {
        assert(problem && !call.memory);
        return;
    }
    size_t held = strlen(call.method);
    assert(call.count <= XMLRPC_PARAMS_MAX);
    for (size_t i = 0; i < call.count; i++)
        held += strlen(call.params[i]);
    // Nothing grows by being read.
    assert(held <= len);
    xmlrpc_clear(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct intent intent;
    // A copy of just that size, so that the sanitizer sees its end; a body
    // has a NUL behind it.
    char *text = calloc(len + 1, 1);
    if (!text)
        return 0;
    if (len > 0)
        memcpy(text, bytes, len);
    read_call(text, len);

    struct asked asked = { .request = { .method = REQUEST_POST,
                                        .path = "/RPC2",
                                        .query = "",
                                        .body = text,
                                        .body_len = len,
                                        .answer = answer } };
    bool fine = xmlrpc_ping_read(&asked.request, &intent);
    assert(asked.answers == (fine ? 0 : 1));
    if (fine) {
        assert(intent.url_count >= 1 && intent.url_count <= 3);
        assert(intent.prefix_count <= 1);
        if (intent.prefix_count == 1)
            assert(intent.prefixes[0].text[intent.prefixes[0].len - 1] == '/');
        intent_clear(&intent);
    }
    free(text);
    return 0;
}
