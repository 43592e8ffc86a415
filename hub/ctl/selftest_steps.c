// SPDX-License-Identifier: MIT

#include "selftest.h"

#include "admin.h"
#include "author.h"
#include "hub/token_text.h"
#include "show.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOOK_MS = 20, TOKEN_S = 600, WORDS = 256, ADMIN_S = 60 };

// ------------------------------------------------------------ the admin side

// The answer to be cleared; false: `detail` says why.
static bool ask_admin(struct selftest *test, const char *method,
                      const char *path,
                      const struct admin_parameter *parameters, size_t count,
                      struct admin_answer *out)
{
    const struct admin_question question = {
        .method = method,
        .path = path,
        .parameters = parameters,
        .count = count,
        .timeout_s = ADMIN_S,
    };
    char why[WORDS];
    if (!admin_ask(test->ctl, &question, out))
        return selftest_fail(test, "the daemon does not answer any more");
    if (out->status == 200)
        return true;
    selftest_fail(test, "%s: %s", path,
                  show_text(show_string(out->json, "error"), why, sizeof why));
    admin_clear(out);
    return false;
}

// How many subscriptions this pair has, and requests that wait. -1: unknown.
static int64_t count_pair(struct selftest *test, const char *callback)
{
    const struct admin_parameter parameters[] = {
        { "topic", stage_feed(test->stage) },
        { "callback", callback },
    };
    struct admin_answer answer;
    if (!ask_admin(test, "GET", "/admin/subscriptions", parameters, 2, &answer))
        return -1;
    size_t count =
        json_array_size(json_object_get(answer.json, "subscriptions"))
        + 1000 * json_array_size(json_object_get(answer.json, "pending"));
    admin_clear(&answer);
    return (int64_t)count;
}

static bool wait_pair(struct selftest *test, const char *callback,
                      int64_t count)
{
    int64_t found = -1;
    for (int past = 0; past < test->timeout_ms; past += LOOK_MS) {
        found = count_pair(test, callback);
        if (found == count || found < 0)
            break;
        poll(NULL, 0, LOOK_MS);
    }
    return found == count;
}

// -------------------------------------------------------------------- steps

static bool answers(struct selftest *test)
{
    long status = selftest_ask(test, "", NULL, NULL);
    if (status == 0)
        return false;
    snprintf(test->detail, sizeof test->detail, "%.400s answers %ld", test->hub,
             status);
    return status < 500 && status != 404;
}

// What forbids it is the first word that is not about the name itself.
static void say_forbidden(struct selftest *test, const json_t *answer)
{
    size_t index;
    const json_t *one;
    char text[WORDS], why[WORDS] = "";
    json_array_foreach(json_object_get(answer, "says"), index, one)
    {
        if (strcmp(show_string(one, "about"), "verdict") == 0 || index == 0)
            snprintf(why, sizeof why, "%s",
                     show_text(show_string(one, "text"), text, sizeof text));
    }
    selftest_fail(test,
                  "the hub may not call %s: name an address of this machine "
                  "that the world can reach by --address, or write "
                  "allow-address = %s into its configuration, restart it, "
                  "and take that out again afterwards (%s)",
                  test->address, test->address, why);
}

static bool may_call(struct selftest *test)
{
    const struct admin_parameter parameters[] = {
        { "callback", stage_callback(test->stage) },
        { "topic", stage_feed(test->stage) },
    };
    struct admin_answer answer;
    if (!ask_admin(test, "GET", "/admin/probe", parameters, 2, &answer))
        return false;
    bool fine = show_truth(answer.json, "fine");
    if (fine)
        snprintf(test->detail, sizeof test->detail, "%s", test->address);
    else
        say_forbidden(test, answer.json);
    admin_clear(&answer);
    return fine;
}

static bool send_form(struct selftest *test, const char *const pairs[][2],
                      long least, long most)
{
    char *form = selftest_form(pairs), *body = NULL, why[WORDS];
    long status = form ? selftest_ask(test, "", form, &body) : 0;
    free(form);
    if (status >= least && status <= most)
        snprintf(test->detail, sizeof test->detail, "%ld", status);
    else if (status > 0)
        selftest_fail(test, "%ld: %s", status,
                      show_text(body, why, sizeof why));
    free(body);
    return status >= least && status <= most;
}

static bool ask_mode(struct selftest *test, const char *mode,
                     const char *callback)
{
    const char *const pairs[][2] = {
        { "hub.mode", mode },
        { "hub.topic", stage_feed(test->stage) },
        { "hub.callback", callback },
        { "hub.secret", stage_secret(test->stage) },
        { NULL, NULL },
    };
    return send_form(test, pairs, 202, 202);
}

static bool subscribe(struct selftest *test)
{
    return ask_mode(test, "subscribe", stage_callback(test->stage));
}

static bool is_asked(struct selftest *test)
{
    return stage_wait(test->stage, STAGE_ASKED, 1, test->timeout_ms)
           || selftest_fail(test, "the callback was not asked within %d s",
                            test->timeout_ms / 1000);
}

static bool is_active(struct selftest *test)
{
    return wait_pair(test, stage_callback(test->stage), 1)
           || selftest_fail(test, "the subscription is not in the list");
}

static bool head_of(struct selftest *test, int64_t *out)
{
    const struct admin_parameter topic = { "topic", stage_feed(test->stage) };
    struct admin_answer answer;
    if (!ask_admin(test, "GET", "/admin/topic", &topic, 1, &answer))
        return false;
    *out = show_number(answer.json, "head");
    admin_clear(&answer);
    return true;
}

static bool is_fetched(struct selftest *test)
{
    int64_t head = 0;
    if (!stage_wait(test->stage, STAGE_FETCHED, 1, test->timeout_ms))
        return selftest_fail(test, "the topic was not fetched within %d s",
                             test->timeout_ms / 1000);
    for (int past = 0; past < test->timeout_ms && head == 0; past += LOOK_MS) {
        if (!head_of(test, &head))
            return false;
        poll(NULL, 0, head ? 0 : LOOK_MS);
    }
    return head > 0
           || selftest_fail(test, "what was fetched is not in the log");
}

static bool doubts(struct selftest *test)
{
    const char *callback = stage_misleading(test->stage);
    if (!ask_mode(test, "subscribe", callback))
        return false;
    test->detail[0] = '\0';
    if (!stage_wait(test->stage, STAGE_MISLED, 1, test->timeout_ms))
        return selftest_fail(test, "the other callback was not asked");
    return wait_pair(test, callback, 0)
           || selftest_fail(test, "a wrong challenge was taken for right");
}

static bool publish(struct selftest *test)
{
    const char *const pairs[][2] = {
        { "hub.mode", "publish" },
        { "hub.url", stage_feed(test->stage) },
        { NULL, NULL },
    };
    stage_publish(test->stage);
    return send_form(test, pairs, 200, 299);
}

static bool is_delivered(struct selftest *test)
{
    struct stage_delivery last;
    if (!stage_wait(test->stage, STAGE_DELIVERED, 1, test->timeout_ms))
        return selftest_fail(test, "nothing was delivered within %d s",
                             test->timeout_ms / 1000);
    stage_last(test->stage, &last);
    snprintf(test->detail, sizeof test->detail, "%s",
             last.has_old ? "the whole feed" : "the new entry alone");
    return last.has_entry
           || selftest_fail(test, "the new entry is not in what came");
}

static bool is_signed(struct selftest *test)
{
    struct stage_delivery last;
    stage_last(test->stage, &last);
    if (!*last.signature)
        return selftest_fail(test, "there is no X-Hub-Signature");
    // Another method than ours is the hub's choice (signature-method).
    bool sha256 = strncmp(last.signature, "sha256=", 7) == 0;
    snprintf(test->detail, sizeof test->detail, "%.*s",
             (int)strcspn(last.signature, "="), last.signature);
    if (!sha256)
        return true;
    return strcmp(last.signature, last.expected) == 0
           || selftest_fail(test, "X-Hub-Signature does not match the body");
}

static bool has_links(struct selftest *test)
{
    struct stage_delivery last;
    stage_last(test->stage, &last);
    if (!strstr(last.links, test->public))
        return selftest_fail(test, "no Link names the hub, %s", test->public);
    return strstr(last.links, stage_feed(test->stage)) != NULL
           || selftest_fail(test, "no Link names the topic");
}

// ------------------------------------------------------------------ pulling

static bool add_token(struct selftest *test)
{
    uint8_t hash[TOKEN_HASH];
    char hex[2 * TOKEN_HASH + 1], expires[32];
    if (!token_text_make(test->secret)
        || !token_text_hash(test->secret, strlen(test->secret), hash))
        return selftest_fail(test, "there is no randomness");
    for (size_t i = 0; i < TOKEN_HASH; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    snprintf(expires, sizeof expires, "%lld",
             ((long long)time(NULL) + TOKEN_S) * 1000);
    snprintf(test->name, sizeof test->name, "selftest-%.12s", test->secret + 4);
    const struct admin_parameter parameters[] = {
        { "name", test->name }, { "rights", "pull" },
        { "hash", hex },        { "expires", expires },
        { "by", author() },     { "scope", stage_feed(test->stage) },
    };
    struct admin_answer answer;
    if (!ask_admin(test, "POST", "/admin/token", parameters, 6, &answer))
        return false;
    admin_clear(&answer);
    test->token = true;
    return true;
}

static bool is_pulled(struct selftest *test)
{
    const char *const pairs[][2] = {
        { "topic", stage_feed(test->stage) },
        { "since", "-1" },
        { NULL, NULL },
    };
    char path[1024], *body = NULL, why[WORDS];
    char *query = add_token(test) ? selftest_form(pairs) : NULL;
    if (!query)
        return false;
    snprintf(path, sizeof path, "events?%s", query);
    free(query);
    long status = selftest_ask(test, path, NULL, &body);
    bool fine = status == 200 && body && strstr(body, "-entry-2");
    if (fine)
        test->detail[0] = '\0';
    else if (status == 200)
        selftest_fail(test, "what was delivered is not in the log");
    else if (status > 0)
        selftest_fail(test, "%ld: %s", status,
                      show_text(body, why, sizeof why));
    free(body);
    return fine;
}

// ------------------------------------------------------------------- the end

static bool unsubscribe(struct selftest *test)
{
    const char *callback = stage_callback(test->stage);
    if (!ask_mode(test, "unsubscribe", callback))
        return false;
    test->detail[0] = '\0';
    if (!stage_wait(test->stage, STAGE_ASKED_TO_END, 1, test->timeout_ms))
        return selftest_fail(test, "the callback was not asked");
    return wait_pair(test, callback, 0)
           || selftest_fail(test, "the subscription is still there");
}

bool selftest_clean(struct selftest *test)
{
    struct admin_answer answer;
    bool fine = true;
    test->detail[0] = '\0';
    const struct admin_parameter token[] = { { "name", test->name },
                                             { "by", author() } };
    if (test->token) {
        fine =
            ask_admin(test, "POST", "/admin/token/remove", token, 2, &answer);
        if (fine)
            admin_clear(&answer);
        test->token = false;
    }
    OPENSSL_cleanse(test->secret, sizeof test->secret);
    const struct admin_parameter topic[] = {
        { "topic", stage_feed(test->stage) }, { "by", author() }
    };
    const struct admin_question question = {
        .method = "POST",
        .path = "/admin/topic/remove",
        .parameters = topic,
        .count = 2,
        .timeout_s = ADMIN_S,
    };
    // 404: it got no further than that nobody knows it.
    if (!admin_ask(test->ctl, &question, &answer))
        return selftest_fail(test, "the daemon does not answer any more");
    if (answer.status != 200 && answer.status != 404)
        fine = selftest_fail(test, "the topic could not be removed: %s",
                             show_string(answer.json, "error"));
    admin_clear(&answer);
    return fine;
}

const struct selftest_step *selftest_steps(void)
{
    static const struct selftest_step steps[] = {
        { "hub", "the hub answers", answers },
        { "guard", "the hub may call us", may_call },
        { "subscribe", "a subscription is accepted", subscribe },
        { "challenge", "the callback is asked", is_asked },
        { "active", "it is subscribed", is_active },
        { "fetch", "the topic is fetched", is_fetched },
        { "wrong-challenge", "a wrong answer does not subscribe", doubts },
        { "publish", "a ping is accepted", publish },
        { "deliver", "the update is delivered", is_delivered },
        { "signature", "it is signed", is_signed },
        { "links", "it names the hub and the topic", has_links },
        { "pull", "it can be pulled", is_pulled },
        { "unsubscribe", "unsubscribing ends it", unsubscribe },
        { NULL, NULL, NULL },
    };
    return steps;
}
