// SPDX-License-Identifier: MIT

#include "relay_book.h"

#include "hub/signature.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1 };

// -------------------------------------------------------------------- write

static json_t *write_terms(const struct relay_terms *terms, const char *mailbox)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "topic",
                     terms->topic, "callback", terms->callback, "secret",
                     terms->secret, "verify_token", terms->verify_token,
                     "method", (int)terms->method, "content",
                     (int)terms->content, "mailbox", mailbox);
}

static void put_number(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer((json_int_t)value));
}

static json_t *write_seat(const struct relay_seat *seat)
{
    json_t *object = write_terms(&seat->terms, seat->mailbox);
    put_number(object, "lease_end", seat->lease_end);
    put_number(object, "lease", seat->lease);
    put_number(object, "seen", seat->seen);
    return object;
}

static json_t *write_wish(const struct relay_wish *wish)
{
    json_t *object = write_terms(&wish->terms, wish->mailbox);
    json_object_set_new(object, "unsubscribe", json_boolean(wish->unsubscribe));
    put_number(object, "lease_s", wish->lease_s);
    put_number(object, "accepted", wish->accepted);
    return object;
}

// False: out of memory. Half a book must never replace a whole one.
static bool write_all(const struct relay_book *book, json_t *root)
{
    json_t *seats = json_array(), *wishes = json_array(), *left = json_array();
    bool fine = true;
    for (size_t i = 0; fine && i < book->seat_count; i++)
        fine = json_array_append_new(seats, write_seat(book->seats[i])) == 0;
    for (struct relay_wish *wish = book->wishes; fine && wish;
         wish = wish->next)
        fine = json_array_append_new(wishes, write_wish(wish)) == 0;
    for (size_t i = 0; fine && i < book->left_count; i++)
        fine = json_array_append_new(left, json_string(book->left[i])) == 0;
    fine &= json_object_set_new(root, "subscriptions", seats) == 0;
    fine &= json_object_set_new(root, "requests", wishes) == 0;
    fine &= json_object_set_new(root, "left", left) == 0;
    return fine;
}

char *relay_book_write(const struct relay_book *book)
{
    json_t *root =
        json_pack("{s:i, s:s}", "version", VERSION, "hub", book->hub);
    char *text =
        root && write_all(book, root) ? json_dumps(root, JSON_INDENT(1)) : NULL;
    json_decref(root);
    return text;
}

// --------------------------------------------------------------------- read

static bool read_text(const json_t *object, const char *name, char **out)
{
    const char *text = json_string_value(json_object_get(object, name));
    *out = text ? strdup(text) : NULL;
    return *out != NULL;
}

static int64_t read_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool read_name(const json_t *item, char out[RELAY_NAME_MAX])
{
    const char *text = json_string_value(item);
    return text && memccpy(out, text, '\0', RELAY_NAME_MAX);
}

static bool read_terms(const json_t *object, struct relay_terms *out)
{
    struct relay_terms terms = {
        .method = (enum store_method)read_number(object, "method"),
        .content = (enum store_content)read_number(object, "content"),
    };
    bool fine = read_text(object, "topic", &terms.topic)
                && read_text(object, "callback", &terms.callback)
                && read_text(object, "secret", &terms.secret)
                && read_text(object, "verify_token", &terms.verify_token)
                && relay_terms_key(&terms)
                // The two enumerations are the same numbers.
                && signature_method_name((enum signature_method)terms.method);
    if (fine)
        *out = terms;
    else
        relay_terms_clear(&terms);
    return fine;
}

static bool read_seat(struct relay_book *book, const json_t *object)
{
    struct relay_terms terms;
    char name[RELAY_NAME_MAX];
    if (!read_name(json_object_get(object, "mailbox"), name)
        || !read_terms(object, &terms))
        return false;
    struct relay_seat *seat = relay_book_sit(book, &terms, name);
    relay_terms_clear(&terms);
    if (!seat)
        return false;
    seat->lease_end = read_number(object, "lease_end");
    seat->lease = read_number(object, "lease");
    seat->seen = read_number(object, "seen");
    return true;
}

static bool read_wish(struct relay_book *book, const json_t *object)
{
    struct relay_terms terms;
    char name[RELAY_NAME_MAX];
    if (!read_name(json_object_get(object, "mailbox"), name)
        || !read_terms(object, &terms))
        return false;
    struct relay_wish *wish = relay_book_wish(book, &terms);
    relay_terms_clear(&terms);
    if (!wish)
        return false;
    memcpy(wish->mailbox, name, sizeof wish->mailbox);
    wish->unsubscribe = json_is_true(json_object_get(object, "unsubscribe"));
    wish->lease_s = read_number(object, "lease_s");
    wish->accepted = read_number(object, "accepted");
    return true;
}

static bool read_all(struct relay_book *book, const json_t *root)
{
    const char *hub = json_string_value(json_object_get(root, "hub"));
    const json_t *seats = json_object_get(root, "subscriptions");
    const json_t *wishes = json_object_get(root, "requests");
    const json_t *left = json_object_get(root, "left");
    char name[RELAY_NAME_MAX];
    if (read_number(root, "version") != VERSION || !hub
        || !memccpy(book->hub, hub, '\0', sizeof book->hub)
        || !json_is_array(seats) || !json_is_array(wishes)
        || !json_is_array(left))
        return false;
    for (size_t i = 0; i < json_array_size(seats); i++)
        if (!read_seat(book, json_array_get(seats, i)))
            return false;
    for (size_t i = 0; i < json_array_size(wishes); i++)
        if (!read_wish(book, json_array_get(wishes, i)))
            return false;
    for (size_t i = 0; i < json_array_size(left); i++)
        if (!read_name(json_array_get(left, i), name)
            || !relay_book_leave(book, name))
            return false;
    return true;
}

bool relay_book_read(struct relay_book *book, const char *text, size_t len)
{
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    bool fine = json_is_object(root) && read_all(book, root);
    json_decref(root);
    book->changed = false;
    if (!fine)
        relay_book_clear(book);
    return fine;
}
