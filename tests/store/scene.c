// SPDX-License-Identifier: MIT

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct bytes scene_bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

bool scene_same(struct bytes bytes, const char *text)
{
    if (bytes.len == 0 || bytes.len != strlen(text))
        return bytes.len == strlen(text);
    return memcmp(bytes.at, text, bytes.len) == 0;
}

struct store_key scene_key(const char *url)
{
    struct store_key key;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof key.bytes; i++) {
        for (const char *c = url; *c; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        key.bytes[i] = (uint8_t)(hash >> 32);
    }
    return key;
}

// ------------------------------------------------------------ subscribers

struct store_take scene_asks(enum store_mode mode, const char *topic,
                             const char *callback)
{
    return (struct store_take){
        .op.verb = STORE_TAKE,
        .request = {
            .mode = mode,
            .topic = scene_bytes(topic),
            .callback = scene_bytes(callback),
            .topic_normal = scene_bytes(topic),
            .topic_key = scene_key(topic),
            .callback_key = scene_key(callback),
            .origin = scene_key("https://callback.example:443"),
            .lease = LEASE,
            .deadline = DEADLINE,
            .profile = {
                .secret = scene_bytes("secret"),
                .method = STORE_SHA256,
            },
        },
    };
}

uint64_t scene_take(struct session *session, struct store_take *take)
{
    session_must(session, &take->op);
    return take->taken == STORE_TAKEN_IDLE ? 0 : take->id;
}

static uint64_t id_of(enum store_due_kind kind, const struct store_claimed *one)
{
    if (kind == STORE_DUE_VERIFY || kind == STORE_DUE_RENEW)
        return one->request.id;
    if (kind == STORE_DUE_DENY)
        return one->denial.id;
    return kind == STORE_DUE_DELIVER ? one->subscriber.id : one->topic.id;
}

// Claims all that is due and gives back what was not asked for.
static bool claim_once(struct session *session, enum store_due_kind kind,
                       struct scene_name name, struct store_claimed *out)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = kind,
        .max = SCENE_MAX,
        .hold_ms = HOLD,
    };
    bool found = false;
    session_must(session, &claim.op);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_claimed *one = &claim.items[i];
        bool lags = kind == STORE_DUE_DELIVER;
        uint64_t topic = lags ? one->subscriber.topic : 0;
        if (id_of(kind, one) == name.id && (!lags || topic == name.topic)) {
            *out = *one;
            found = true;
            continue;
        }
        struct store_release_claim release = {
            .op.verb = STORE_RELEASE,
            .kind = kind,
            .id = id_of(kind, one),
            .topic = topic,
            .token = one->token,
        };
        enum store_status status = session_run(session, &release.op);
        assert_true(status == STORE_OK || session->faults);
    }
    store_release(&claim.op);
    return found;
}

// A claim whose answer was lost is due again when its time is over.
static bool claim_one(struct session *session, enum store_due_kind kind,
                      struct scene_name name, struct store_claimed *out)
{
    bool found = claim_once(session, kind, name, out);
    for (int i = 0; session->faults && !found && i < SCENE_MAX; i++) {
        session_advance(session, HOLD + SECOND);
        found = claim_once(session, kind, name, out);
    }
    return found;
}

static bool claim_request_once(struct session *session, uint64_t id,
                               struct store_claimed *out)
{
    struct scene_name name = { 0, id };
    return claim_once(session, STORE_DUE_VERIFY, name, out)
           || claim_once(session, STORE_DUE_RENEW, name, out);
}

uint64_t scene_claim_request(struct session *session, uint64_t id)
{
    struct store_claimed claimed;
    bool found = claim_request_once(session, id, &claimed);
    for (int i = 0; session->faults && !found && i < SCENE_MAX; i++) {
        session_advance(session, HOLD + SECOND);
        found = claim_request_once(session, id, &claimed);
    }
    return found ? claimed.token : 0;
}

struct store_settle scene_settle(struct session *session, uint64_t request,
                                 enum store_verification verdict)
{
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = request,
        .token = scene_claim_request(session, request),
        .verdict = verdict,
        .sent_at = session_now(session),
        .lease = LEASE,
        .due = session_now(session) + MINUTE,
    };
    if (settle.token == 0)
        fail_msg("request %llu is not due", (unsigned long long)request);
    enum store_status status = session_run(session, &settle.op);
    assert_true(status == STORE_OK || session->faults);
    return settle;
}

struct scene_name scene_subscribe(struct session *session, const char *topic,
                                  const char *callback)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, topic, callback);
    uint64_t id = scene_take(session, &take);
    struct store_settle settled = scene_settle(session, id, STORE_VERIFIED);
    assert_true(session->faults || settled.effect == STORE_EFFECT_ACTIVE
                || settled.effect == STORE_EFFECT_RENEWED);
    return (struct scene_name){ settled.topic, settled.subscription };
}

void scene_unsubscribe(struct session *session, const char *topic,
                       const char *callback)
{
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, topic, callback);
    uint64_t id = scene_take(session, &take);
    struct store_settle settled = scene_settle(session, id, STORE_VERIFIED);
    assert_true(session->faults || settled.effect == STORE_EFFECT_ENDED);
}

static void forget_strings(struct store_subscriber *subscriber)
{
    struct bytes none = { NULL, 0 };
    subscriber->topic_url = subscriber->callback = none;
    subscriber->profile.secret = subscriber->profile.verify_token = none;
}

bool scene_subscriber(struct session *session, struct scene_name name,
                      struct store_subscriber *out)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = name.topic,
        .after = name.id - 1,
        .max = 1,
    };
    enum store_status status = session_run(session, &page.op);
    assert_true(status == STORE_OK || status == STORE_NOT_FOUND);
    bool found =
        status == STORE_OK && page.count == 1 && page.items[0].id == name.id;
    if (found) {
        *out = page.items[0];
        forget_strings(out);
    }
    store_release(&page.op);
    return found;
}

size_t scene_subscribers(struct session *session, uint64_t topic,
                         struct store_subscriber out[SCENE_MAX])
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic,
        .max = SCENE_MAX,
    };
    session_must(session, &page.op);
    assert_true(page.count <= SCENE_MAX);
    for (size_t i = 0; i < page.count; i++) {
        out[i] = page.items[i];
        forget_strings(&out[i]);
    }
    store_release(&page.op);
    return page.count;
}

struct store_claim scene_claim_denials(struct session *session)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DENY,
        .max = SCENE_MAX,
        .hold_ms = HOLD,
    };
    session_must(session, &claim.op);
    return claim;
}

// ----------------------------------------------------------------- topics

static void forget_urls(struct store_topic *topic)
{
    struct bytes none = { NULL, 0 };
    topic->url = topic->url_normal = topic->self = topic->hubs = none;
    topic->etag = topic->modified = topic->moved = topic->plan = none;
}

struct store_topic scene_topic(struct session *session, const char *url)
{
    struct store_key key = scene_key(url);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(session, &topics.op);
    struct store_topic topic = topics.items[0];
    forget_urls(&topic);
    store_release(&topics.op);
    return topic;
}

size_t scene_ping(struct session *session, const char *url)
{
    struct store_key key = scene_key(url);
    struct store_ping ping = {
        .op.verb = STORE_PING,
        .keys = &key,
        .count = 1,
    };
    session_must(session, &ping.op);
    return ping.known;
}

bool scene_claim_topic(struct session *session, enum store_due_kind kind,
                       uint64_t topic, struct store_claimed *out)
{
    struct scene_name name = { 0, topic };
    bool found = claim_one(session, kind, name, out);
    if (found)
        forget_urls(&out->topic);
    return found;
}

struct store_publish scene_fetch(struct session *session, const char *url,
                                 enum store_verdict verdict)
{
    struct store_claimed claimed;
    assert_int_equal(scene_ping(session, url), 1);
    uint64_t topic = scene_topic(session, url).id;
    if (!scene_claim_topic(session, STORE_DUE_FETCH, topic, &claimed))
        fail_msg("%s is not due after a ping", url);
    return (struct store_publish){
        .op.verb = STORE_PUBLISH,
        .topic = topic,
        .token = claimed.token,
        .generation = claimed.topic.dirty,
        .expected_head = claimed.topic.head,
        .verdict = verdict,
        .status = 200,
        .kind = STORE_UPDATE_WHOLE,
        .content_type = scene_bytes("text/plain"),
    };
}

struct store_publish scene_update(struct session *session, const char *url,
                                  const char *body)
{
    struct store_publish publish =
        scene_fetch(session, url, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes(body);
    enum store_status status = session_run(session, &publish.op);
    if (session->faults && status == STORE_DUPLICATE) {
        publish.seq = publish.expected_head + 1;
        publish.walk_began = scene_walk(session, publish.topic, &publish.walk);
        return publish;
    }
    assert_int_equal(status, STORE_OK);
    return publish;
}

// ------------------------------------------------------------- deliveries

struct store_outcome scene_outcome(struct session *session,
                                   enum store_outcome_kind kind,
                                   struct scene_name name, uint64_t upto)
{
    struct store_subscriber now = { .rev = 0 };
    scene_subscriber(session, name, &now);
    return (struct store_outcome){
        .kind = kind,
        .topic = name.topic,
        .subscription = name.id,
        .rev = now.rev,
        .upto = upto,
        .next = now.lagging ? now.next : upto,
        .attempts = now.attempts + 1,
        .step = now.step + 1,
        .due = session_now(session) + MINUTE,
        .status = kind == STORE_GONE ? 410 : 503,
    };
}

size_t scene_record(struct session *session, struct store_outcome outcome)
{
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = &outcome,
        .count = 1,
    };
    session_must(session, &record.op);
    return record.applied;
}

uint64_t scene_claim_delivery(struct session *session, struct scene_name name)
{
    struct store_claimed claimed;
    bool found = claim_one(session, STORE_DUE_DELIVER, name, &claimed);
    return found ? claimed.token : 0;
}

bool scene_walk(struct session *session, uint64_t topic, struct store_walk *out)
{
    struct store_walks walks = {
        .op.verb = STORE_WALKS,
        .after = topic - 1,
        .max = 1,
    };
    session_must(session, &walks.op);
    bool found = walks.count == 1 && walks.items[0].topic == topic;
    if (found)
        *out = walks.items[0];
    store_release(&walks.op);
    return found;
}

static struct store_outcome visit(const struct store_subscriber *subscriber,
                                  const struct store_walk *walk,
                                  enum store_outcome_kind (*answer)(uint64_t))
{
    struct store_outcome outcome = {
        .kind = STORE_REMINDED,
        .topic = subscriber->topic,
        .subscription = subscriber->id,
        .rev = subscriber->rev,
        .upto = walk->to,
    };
    if (subscriber->lagging)
        return outcome;
    outcome.kind = answer ? answer(subscriber->id) : STORE_DELIVERED;
    if (subscriber->start >= walk->to)
        outcome.kind = STORE_PASSED;
    uint64_t cursor = store_walk_cursor(walk, subscriber->id);
    outcome.next =
        (subscriber->start > cursor ? subscriber->start : cursor) + 1;
    outcome.attempts = 1;
    outcome.due = 1; // long ago
    outcome.status = 503;
    return outcome;
}

// One page of three, so that even small scenes have several.
static bool walk_page(struct session *session, struct store_walk *walk,
                      enum store_outcome_kind (*answer)(uint64_t))
{
    struct store_outcome outcomes[3];
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = walk->topic,
        .after = walk->position,
        .max = sizeof outcomes / sizeof *outcomes,
    };
    session_must(session, &page.op);
    for (size_t i = 0; i < page.count; i++)
        outcomes[i] = visit(&page.items[i], walk, answer);
    struct store_checkpoint checkpoint = {
        .op.verb = STORE_CHECKPOINT,
        .walk = *walk,
        .finish = page.end,
        .outcomes = outcomes,
        .count = page.count,
    };
    if (page.count > 0)
        checkpoint.walk.position = page.items[page.count - 1].id;
    if (checkpoint.walk.position >= store_walk_goal(walk))
        checkpoint.finish = true;
    store_release(&page.op);
    enum store_status status = session_run(session, &checkpoint.op);
    assert_true(status == STORE_OK || session->faults);
    return scene_walk(session, walk->topic, walk);
}

void scene_walk_all(struct session *session, uint64_t topic,
                    enum store_outcome_kind (*answer)(uint64_t))
{
    struct store_walk walk;
    if (!scene_walk(session, topic, &walk))
        return;
    while (walk_page(session, &walk, answer))
        ;
}

// ------------------------------------------------------------------ lanes

struct store_key scene_origin(void)
{
    return scene_key("https://callback.example:443");
}

struct scene_name scene_subscribe_at(struct session *session, const char *topic,
                                     const char *callback, const char *origin)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, topic, callback);
    take.request.origin = scene_key(origin);
    struct store_settle settled =
        scene_settle(session, scene_take(session, &take), STORE_VERIFIED);
    return (struct scene_name){ settled.topic, settled.subscription };
}

bool scene_lane(struct session *session, struct store_key origin,
                struct store_lane *out)
{
    struct store_page_lanes page = {
        .op.verb = STORE_PAGE_LANES,
        .from_start = true,
        .max = SCENE_MAX,
    };
    bool found = false;
    session_must(session, &page.op);
    for (size_t i = 0; i < page.count; i++) {
        if (memcmp(&page.items[i].origin, &origin, sizeof origin) != 0)
            continue;
        *out = page.items[i];
        out->name.at = NULL;
        found = true;
    }
    store_release(&page.op);
    return found;
}

uint64_t scene_claim_due_lane(struct session *session, struct store_key origin)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_LANE,
        .max = SCENE_MAX,
        .hold_ms = HOLD,
    };
    uint64_t token = 0;
    session_must(session, &claim.op);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_claimed *one = &claim.items[i];
        if (memcmp(&one->lane.origin, &origin, sizeof origin) == 0) {
            token = one->token;
            continue;
        }
        struct store_keep_lane keep = {
            .op.verb = STORE_KEEP_LANE,
            .lane = one->lane,
            .token = one->token,
        };
        session_run(session, &keep.op);
    }
    store_release(&claim.op);
    return token;
}

struct store_claim_lane scene_claim_lane(struct session *session, size_t max)
{
    struct store_claim_lane claim = {
        .op.verb = STORE_CLAIM_LANE,
        .origin = scene_origin(),
        .max = max,
        .hold_ms = HOLD,
    };
    session_must(session, &claim.op);
    return claim;
}

uint64_t scene_claim_waiting(struct session *session, struct scene_name name,
                             struct store_key origin)
{
    struct store_claim_lane claim = {
        .op.verb = STORE_CLAIM_LANE,
        .origin = origin,
        .after_topic = name.topic,
        .after = name.id - 1,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(session, &claim.op);
    uint64_t token = 0;
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_subscriber *one = &claim.items[i].subscriber;
        struct store_release_claim release = {
            .op.verb = STORE_RELEASE,
            .kind = STORE_DUE_DELIVER,
            .id = one->id,
            .topic = one->topic,
            .token = claim.items[i].token,
        };
        if (one->topic == name.topic && one->id == name.id)
            token = claim.items[i].token;
        else
            session_run(session, &release.op);
    }
    store_release(&claim.op);
    return token;
}

struct store_pause scene_pause_one(struct scene_name name, bool paused)
{
    return (struct store_pause){
        .op.verb = STORE_PAUSE,
        .topic = name.topic,
        .subscription = name.id,
        .paused = paused,
    };
}

struct store_pause scene_pause_origin(struct store_key origin, bool paused)
{
    return (struct store_pause){
        .op.verb = STORE_PAUSE,
        .origin = origin,
        .origin_name = scene_bytes("https://callback.example:443"),
        .paused = paused,
    };
}

// ------------------------------------------------------------ maintenance

static bool advance_to_trim(struct session *session)
{
    struct store_claim none = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_TRIM,
        .hold_ms = HOLD,
    };
    session_must(session, &none.op);
    store_release(&none.op);
    if (none.next_due == INT64_MAX)
        return false;
    if (none.next_due > session_now(session))
        session_advance(session, none.next_due - session_now(session));
    return true;
}

struct store_trim scene_trim(struct session *session, uint64_t topic,
                             int64_t keep_ms, uint64_t keep_updates,
                             uint64_t keep_bytes)
{
    struct store_claimed claimed;
    bool found = false;
    for (int i = 0; !found && i < SCENE_MAX; i++)
        found = advance_to_trim(session)
                && scene_claim_topic(session, STORE_DUE_TRIM, topic, &claimed);
    if (!found)
        fail_msg("the topic is never due for trimming");
    struct store_trim trim = {
        .op.verb = STORE_TRIM,
        .topic = topic,
        .token = claimed.token,
        .keep_ms = keep_ms,
        .keep_updates = keep_updates,
        .keep_bytes = keep_bytes,
    };
    session_must(session, &trim.op);
    return trim;
}

struct store_follow scene_follow(struct session *session, const char *url,
                                 bool create, int64_t interest_ms)
{
    struct store_follow follow = {
        .op.verb = STORE_FOLLOW,
        .key = scene_key(url),
        .url = scene_bytes(url),
        .url_normal = scene_bytes(url),
        .create = create,
        .interest_ms = interest_ms,
    };
    enum store_status status = session_run(session, &follow.op);
    assert_true(status == STORE_OK || status == STORE_NOT_FOUND);
    return follow;
}

struct store_numbers scene_stats(struct session *session)
{
    struct store_stats stats = { .op.verb = STORE_STATS };
    session_must(session, &stats.op);
    return stats.numbers;
}
