// SPDX-License-Identifier: MIT

#include "relay_mailbox.h"

#include "hub/signature.h"
#include "relay.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    TIMEOUT_MS = 30 * 1000,
    READ_TIMEOUT_MS = 120 * 1000,
    ANSWER_MAX = 1024 * 1024,
    // One event, however long its body: base64 makes four bytes of three, and
    // six of one is the most that JSON does.
    PAGE_MAX = 100 * 1024 * 1024,
    RANDOM_BYTES = 16,
    PATH_BYTES = 256,
};

bool relay_mailbox_name(char out[RELAY_NAME_MAX])
{
    unsigned char random[RANDOM_BYTES];
    size_t len = (size_t)snprintf(out, RELAY_NAME_MAX, "relay-");
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    for (size_t i = 0; i < sizeof random; i++)
        len += (size_t)snprintf(out + len, RELAY_NAME_MAX - len, "%02x",
                                random[i]);
    return true;
}

// Time as RFC 3339 has it.
static json_t *time_json(int64_t unix_ms)
{
    char text[40];
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return json_string(text);
}

static json_t *definition(const struct relay_box *box)
{
    const struct relay_terms *terms = box->terms;
    json_t *json =
        json_pack("{s:[s], s:s}", "topics", terms->topic, "ack", "cursor");
    if (!json)
        return NULL;
    json_object_set_new(json, "start",
                        box->since > 0 ? time_json(box->since)
                                       : json_string("latest"));
    if (box->lease_s > 0)
        json_object_set_new(json, "lease_seconds",
                            json_integer((json_int_t)box->lease_s));
    json_object_set_new(json, "secret", json_string(terms->secret));
    if (*terms->secret)
        // The two enumerations are the same numbers.
        json_object_set_new(json, "signature_method",
                            json_string(signature_method_name(
                                (enum signature_method)terms->method)));
    if (terms->content == STORE_CONTENT_FULL)
        json_object_set_new(json, "content", json_string("full"));
    if (terms->content == STORE_CONTENT_ENTRIES)
        json_object_set_new(json, "content", json_string("entries"));
    return json;
}

static struct relay_call *ask(struct relay *relay, const struct relay_box *box,
                              struct relay_errand errand)
{
    char path[PATH_BYTES];
    int len =
        snprintf(path, sizeof path, "/mailboxes/%s%s", box->name, errand.path);
    if (len < 0 || (size_t)len >= sizeof path) {
        json_decref(errand.json);
        return NULL;
    }
    errand.path = path;
    errand.done = box->done;
    errand.context = box->context;
    return relay_hub_ask(relay->hub, &errand, loop_now());
}

struct relay_call *relay_mailbox_put(struct relay *relay,
                                     const struct relay_box *box)
{
    struct relay_errand errand = {
        .method = "PUT",
        .path = "",
        .json = definition(box),
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    return errand.json ? ask(relay, box, errand) : NULL;
}

struct relay_call *relay_mailbox_read(struct relay *relay,
                                      const struct relay_box *box)
{
    char rest[PATH_BYTES];
    snprintf(rest, sizeof rest, "/messages?wait=0&limit=1%s%s",
             *box->ack ? "&ack=" : "", box->ack);
    struct relay_errand errand = {
        .method = "GET",
        .path = rest,
        .timeout_ms = READ_TIMEOUT_MS,
        .answer_max = PAGE_MAX,
    };
    return ask(relay, box, errand);
}

struct relay_call *relay_mailbox_ack(struct relay *relay,
                                     const struct relay_box *box)
{
    struct relay_errand errand = {
        .method = "POST",
        .path = "/acks",
        .json = json_pack("{s:s}", "cursor", box->ack),
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    return errand.json ? ask(relay, box, errand) : NULL;
}

struct relay_call *relay_mailbox_touch(struct relay *relay,
                                       const struct relay_box *box)
{
    struct relay_errand errand = {
        .method = "POST",
        .path = "/touch",
        .json = json_object(),
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    return errand.json ? ask(relay, box, errand) : NULL;
}

struct relay_call *relay_mailbox_end(struct relay *relay,
                                     const struct relay_box *box)
{
    struct relay_errand errand = {
        .method = "DELETE",
        .path = "",
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    return ask(relay, box, errand);
}

bool relay_mailbox_denied(const struct relay_answer *answer)
{
    if (answer->status != 403)
        return false;
    json_t *json = json_loadb(answer->body, answer->len, 0, NULL);
    const char *type = json_string_value(json_object_get(json, "type"));
    bool denied = type && strcmp(type, "denied-topic") == 0;
    json_decref(json);
    return denied;
}

int64_t relay_mailbox_lease(const struct relay_answer *answer,
                            int64_t otherwise)
{
    json_t *json = json_loadb(answer->body, answer->len, 0, NULL);
    const json_t *lease = json_object_get(json, "lease_seconds");
    int64_t seconds = json_is_integer(lease) ? json_integer_value(lease) : 0;
    json_decref(json);
    return seconds > 0 ? seconds : otherwise;
}
