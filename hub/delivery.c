// SPDX-License-Identifier: MIT

#include "delivery.h"

#include "config.h"
#include "delivery_pool.h"
#include "links.h"
#include "services.h"
#include "signature.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MAX = 1024, // of a subscriber's answer is read (R97)
};

enum content_wish delivery_wish(const struct store_subscriber *subscriber,
                                uint64_t cursor)
{
    const struct store_profile *profile = &subscriber->profile;
    if (profile->content == STORE_CONTENT_ENTRIES)
        return CONTENT_NEWS;
    if (profile->content == STORE_CONTENT_FULL)
        return CONTENT_WHOLE;
    bool first = cursor == subscriber->start;
    return first && !profile->old_client ? CONTENT_FIRST : CONTENT_USUAL;
}

// On a network thread, right before it is sent: signed by the profile that is
// active now, over exactly the bytes that go out (R114).
static bool prepare(const struct exchange *exchange,
                    char line[EXCHANGE_LINE_MAX])
{
    const struct delivery *delivery = exchange->owner;
    static_assert((int)SIGNATURE_LINE_MAX <= (int)EXCHANGE_LINE_MAX,
                  "a signature fits");
    if (delivery->signed_line) {
        memcpy(line, delivery->signed_line, strlen(delivery->signed_line) + 1);
        return true;
    }
    // The two enumerations are the same numbers: they are stored so. Unsigned
    // it would be answered with a 2xx and thrown away (WebSub 7.1.2).
    return signature_line((enum signature_method)delivery->method,
                          delivery->secret, delivery->secret_len,
                          exchange->body, exchange->body_len, line);
}

static void add_header(struct exchange *exchange, const char *line)
{
    assert(exchange->header_count < EXCHANGE_HEADERS_MAX);
    if (line[0] != '\0')
        exchange->headers[exchange->header_count++] = line;
}

static void fill(struct delivery *delivery, enum exchange_class class,
                 const struct config *config)
{
    const struct content *content = delivery->content;
    struct exchange *x = &delivery->exchange;
    uint32_t timeout = (uint32_t)config->delivery_timeout;
    *x = (struct exchange){
        .class = class,
        .url = delivery->text,
        .post = true,
        .body = content->body,
        .body_len = content->body_len,
        .prepare = delivery->secret_len > 0 ? prepare : NULL,
        .body_max = ANSWER_MAX,
        .truncate = true,
        .timeout_ms = timeout,
        .connect_timeout_ms = timeout / 2,
        .not_after = delivery->lease_end,
        .owner = delivery,
    };
    add_header(x, content->type_line);
    add_header(x,
               delivery->link_line ? delivery->link_line : content->link_line);
    add_header(x, content->sequence_line);
    add_header(x, content->previous_line);
    add_header(x, content->gap_line);
}

// M2: where the publisher names no self, it is what this one subscribed to, as
// he spelt it.
static char *own_link_line(const struct content *content,
                           const struct bytes *spelt)
{
    const struct bytes *told = &content->topic_url;
    if (told->len == 0 || spelt->len == 0
        || (told->len == spelt->len
            && memcmp(told->at, spelt->at, told->len) == 0))
        return NULL;
    return links_line_for(content->link_line, spelt->at, spelt->len);
}

static size_t text_size(const struct store_subscriber *subscriber)
{
    return subscriber->callback.len + 1 + subscriber->profile.secret.len;
}

// `delivery` has its pool and its room, and nothing else.
static void set_up(struct delivery *delivery,
                   const struct store_subscriber *subscriber,
                   struct content *content)
{
    size_t url_len = subscriber->callback.len;
    size_t secret_len = subscriber->profile.secret.len;
    *delivery = (struct delivery){
        .pool = delivery->pool,
        .room = delivery->room,
        .content = content,
        .topic = subscriber->topic,
        .subscription = subscriber->id,
        .origin = subscriber->origin,
        .rev = subscriber->rev,
        .lease_end = subscriber->lease_end,
        .attempts = subscriber->lagging ? subscriber->attempts : 0,
        .step = subscriber->lagging ? subscriber->step : 0,
        .first_failure = subscriber->lagging ? subscriber->first_failure : 0,
        .method = subscriber->profile.method,
        .secret_len = secret_len,
        .secret = delivery->text + url_len + 1,
        .link_line = own_link_line(content, &subscriber->topic_url),
    };
    memcpy(delivery->text, subscriber->callback.at, url_len);
    delivery->text[url_len] = '\0';
    if (secret_len > 0)
        memcpy(delivery->text + url_len + 1, subscriber->profile.secret.at,
               secret_len);
}

struct delivery *delivery_new(const struct store_subscriber *subscriber,
                              struct content *content, uint64_t cursor,
                              enum exchange_class class,
                              const struct config *config)
{
    size_t room = text_size(subscriber);
    struct delivery *delivery = malloc(sizeof *delivery + room);
    if (!delivery)
        return NULL;
    delivery->pool = NULL;
    delivery->room = room;
    set_up(delivery, subscriber, content);
    delivery->cursor = cursor;
    fill(delivery, class, config);
    return delivery;
}

struct delivery *delivery_draw(struct delivery_pool *pool,
                               const struct store_subscriber *subscriber,
                               struct content *content, uint64_t cursor,
                               const struct config *config)
{
    struct delivery *delivery = delivery_pool_take(pool, text_size(subscriber));
    if (!delivery)
        return NULL;
    delivery->pool = pool;
    set_up(delivery, subscriber, content);
    delivery->cursor = cursor;
    fill(delivery, EXCHANGE_DELIVER, config);
    return delivery;
}

void delivery_free(struct delivery *delivery, struct contents *contents)
{
    free(delivery->signed_line);
    free(delivery->link_line);
    exchange_clear(&delivery->exchange);
    content_drop(contents, delivery->content);
    explicit_bzero(delivery->text + strlen(delivery->text) + 1,
                   delivery->secret_len);
    if (delivery->pool)
        delivery_pool_give(delivery->pool, delivery);
    else
        free(delivery);
}

static void hand_over(struct delivery *delivery)
{
    delivery->signs = false;
    engine_submit(delivery->engine, &delivery->exchange);
    if (delivery->unwanted)
        engine_cancel(delivery->engine, &delivery->exchange);
}

static void has_been_signed(struct signing_want *want, const char *line)
{
    struct delivery *delivery =
        (struct delivery *)((char *)want - offsetof(struct delivery, want));
    // Without a line the network thread makes it, however long that takes.
    delivery->signed_line = line ? strdup(line) : NULL;
    hand_over(delivery);
}

void delivery_submit(const struct services *services, struct delivery *delivery)
{
    struct content *content = delivery->content;
    delivery->engine = services->engine;
    if (delivery->secret_len == 0 || content->body_len <= SIGNING_FROM) {
        hand_over(delivery);
        return;
    }
    if (!content->signing)
        content->signing =
            signing_new(services->loop, content->body, content->body_len);
    if (!content->signing) {
        hand_over(delivery);
        return;
    }
    delivery->signs = true;
    delivery->want = (struct signing_want){
        .method = (enum signature_method)delivery->method,
        .secret = delivery->secret,
        .secret_len = delivery->secret_len,
        .ready = has_been_signed,
    };
    signing_ask(content->signing, &delivery->want);
}

void delivery_cancel(const struct services *services, struct delivery *delivery)
{
    delivery->unwanted = true;
    if (!delivery->signs)
        engine_cancel(services->engine, &delivery->exchange);
}
