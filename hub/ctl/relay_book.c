// SPDX-License-Identifier: MIT

#include "relay_book.h"

#include "fetcher/url.h"
#include "relay_letter.h"

#include <stdlib.h>
#include <string.h>

bool relay_terms_copy(const struct relay_terms *from, struct relay_terms *out)
{
    struct relay_terms terms = *from;
    terms.topic = strdup(from->topic);
    terms.callback = strdup(from->callback);
    terms.secret = strdup(from->secret);
    terms.verify_token = strdup(from->verify_token);
    if (terms.topic && terms.callback && terms.secret && terms.verify_token) {
        *out = terms;
        return true;
    }
    relay_terms_clear(&terms);
    return false;
}

void relay_terms_clear(struct relay_terms *terms)
{
    if (terms->secret)
        explicit_bzero(terms->secret, strlen(terms->secret));
    free(terms->topic);
    free(terms->callback);
    free(terms->secret);
    free(terms->verify_token);
    *terms = (struct relay_terms){ 0 };
}

bool relay_terms_meet(const struct relay_terms *a, const struct relay_terms *b)
{
    return memcmp(&a->topic_key, &b->topic_key, sizeof a->topic_key) == 0
           && memcmp(&a->callback_key, &b->callback_key, sizeof a->callback_key)
                  == 0;
}

bool relay_terms_equal(const struct relay_terms *a, const struct relay_terms *b)
{
    return strcmp(a->topic, b->topic) == 0
           && strcmp(a->callback, b->callback) == 0
           && strcmp(a->secret, b->secret) == 0
           && strcmp(a->verify_token, b->verify_token) == 0
           && a->method == b->method && a->content == b->content;
}

bool relay_terms_key(struct relay_terms *terms)
{
    struct url *url = malloc(sizeof *url);
    bool fine = url && !url_read(terms->topic, strlen(terms->topic), url);
    if (fine) {
        url_key(url, terms->topic_key.bytes);
        fine = !url_read(terms->callback, strlen(terms->callback), url);
    }
    if (fine) {
        url_key(url, terms->callback_key.bytes);
        url_origin_key(url, terms->origin.bytes);
    }
    free(url);
    return fine;
}

// -------------------------------------------------------------------- seats

static void free_seat(struct relay_seat *seat)
{
    relay_terms_clear(&seat->terms);
    relay_letter_free(seat->letter);
    free(seat);
}

static void free_wish(struct relay_wish *wish)
{
    relay_terms_clear(&wish->terms);
    free(wish->question);
    free(wish);
}

void relay_book_clear(struct relay_book *book)
{
    for (size_t i = 0; i < book->seat_count; i++)
        free_seat(book->seats[i]);
    while (book->wishes) {
        struct relay_wish *wish = book->wishes;
        book->wishes = wish->next;
        free_wish(wish);
    }
    free(book->seats);
    free(book->left);
    *book = (struct relay_book){ 0 };
}

struct relay_seat *relay_book_seat(const struct relay_book *book,
                                   const struct relay_terms *terms)
{
    for (size_t i = 0; i < book->seat_count; i++)
        if (relay_terms_meet(&book->seats[i]->terms, terms))
            return book->seats[i];
    return NULL;
}

struct relay_seat *relay_book_sit(struct relay_book *book,
                                  const struct relay_terms *terms,
                                  const char *mailbox)
{
    struct relay_seat **seats;
    struct relay_seat *seat;
    if (book->seat_count >= RELAY_SEATS_MAX)
        return NULL;
    seats = realloc(book->seats, (book->seat_count + 1) * sizeof *seats);
    if (!seats)
        return NULL;
    book->seats = seats;
    seat = calloc(1, sizeof *seat);
    if (!seat || !relay_terms_copy(terms, &seat->terms)) {
        free(seat);
        return NULL;
    }
    memccpy(seat->mailbox, mailbox, '\0', sizeof seat->mailbox - 1);
    seats[book->seat_count++] = seat;
    book->changed = true;
    return seat;
}

void relay_book_rise(struct relay_book *book, struct relay_seat *seat)
{
    size_t at = 0;
    while (at < book->seat_count && book->seats[at] != seat)
        at++;
    if (at == book->seat_count)
        return;
    book->seats[at] = book->seats[--book->seat_count];
    book->changed = true;
    free_seat(seat);
}

// ------------------------------------------------------------------- wishes

struct relay_wish *relay_book_wish(struct relay_book *book,
                                   const struct relay_terms *terms)
{
    struct relay_wish **last = &book->wishes;
    struct relay_wish *wish = calloc(1, sizeof *wish);
    if (!wish || book->wish_count >= RELAY_WISHES_MAX
        || !relay_terms_copy(terms, &wish->terms)) {
        free(wish);
        return NULL;
    }
    while (*last)
        last = &(*last)->next;
    *last = wish;
    book->wish_count++;
    book->changed = true;
    return wish;
}

void relay_book_forget(struct relay_book *book, struct relay_wish *wish)
{
    struct relay_wish **at = &book->wishes;
    while (*at && *at != wish)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = wish->next;
    book->wish_count--;
    book->changed = true;
    free_wish(wish);
}

size_t relay_book_wishes(const struct relay_book *book,
                         const struct relay_terms *terms)
{
    size_t count = 0;
    for (struct relay_wish *wish = book->wishes; wish; wish = wish->next)
        count += relay_terms_meet(&wish->terms, terms);
    return count;
}

// ---------------------------------------------------------------- mailboxes

bool relay_book_leave(struct relay_book *book, const char *mailbox)
{
    char(*left)[RELAY_NAME_MAX];
    if (book->left_count >= RELAY_LEFT_MAX)
        return false;
    left = realloc(book->left, (book->left_count + 1) * sizeof *left);
    if (!left)
        return false;
    book->left = left;
    memset(left[book->left_count], 0, sizeof *left);
    memccpy(left[book->left_count++], mailbox, '\0', sizeof *left - 1);
    book->changed = true;
    return true;
}

void relay_book_left(struct relay_book *book, size_t at)
{
    book->left_count--;
    memmove(book->left + at, book->left + at + 1,
            (book->left_count - at) * sizeof *book->left);
    book->changed = true;
}

bool relay_book_needs(const struct relay_book *book, const char *mailbox)
{
    for (size_t i = 0; i < book->seat_count; i++)
        if (strcmp(book->seats[i]->mailbox, mailbox) == 0)
            return true;
    for (struct relay_wish *wish = book->wishes; wish; wish = wish->next)
        if (strcmp(wish->mailbox, mailbox) == 0)
            return true;
    return false;
}
