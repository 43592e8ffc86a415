// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/document.h"

#define RSS(items)                                                             \
    "<rss version='2.0'><channel><title>T</title>" items "</channel></rss>"
#define ITEM(id) "<item><guid>" id "</guid></item>"

struct history {
    struct document document;
    uint64_t seq;
    uint32_t day;
};

static void read_next(struct history *history, const char *text)
{
    struct document_input input = {
        .bytes = text,
        .len = strlen(text),
        .known = history->document.entries,
        .known_count = history->document.memory_count,
        .seq = ++history->seq,
        .today = 20000 + history->day++,
        .entries_max = 1000,
    };
    struct document next;
    assert_true(document_read(&input, &next));
    document_clear(&history->document);
    history->document = next;
}

// A feed of one-letter ids, each an item.
static char *feed_of(const char *ids)
{
    size_t max = 200 + 40 * strlen(ids), n = 0;
    char *out = malloc(max);
    assert_non_null(out);
    n += (size_t)snprintf(out, max, "<rss><channel><title>T</title>");
    for (const char *at = ids; *at != '\0'; at++)
        n += (size_t)snprintf(out + n, max - n,
                              "\n<item><guid>%c</guid></item>", *at);
    (void)snprintf(out + n, max - n, "\n</channel></rss>");
    return out;
}

static void id_of(char letter, uint8_t out[16])
{
    const char ids[] = { letter, '\0' };
    char *text = feed_of(ids);
    struct history history = { 0 };
    read_next(&history, text);
    assert_int_equal(history.document.changed_count, 1);
    memcpy(out, history.document.changed[0], 16);
    document_clear(&history.document);
    free(text);
}

// Versions are separated by blanks; `missed` are letters, `fates` one of
// l(isted), w(ithdrawn), r(olled off) for each.
static void assert_fates(const char *versions, const char *missed,
                         const char *fates)
{
    char copy[256], *rest = copy, *now;
    struct history history = { 0 };
    char *text = NULL;
    (void)snprintf(copy, sizeof copy, "%s", versions);
    while ((now = strsep(&rest, " ")) != NULL) {
        free(text);
        text = feed_of(now);
        read_next(&history, text);
    }
    uint8_t ids[16][16];
    enum document_fate told[16];
    size_t count = strlen(missed);
    for (size_t i = 0; i < count; i++)
        id_of(missed[i], ids[i]);
    struct document_choice choice = {
        .bytes = text,
        .len = strlen(text),
        .ids = (const uint8_t(*)[16])ids,
        .id_count = count,
        .known = history.document.entries,
        .known_count = history.document.memory_count,
        .fates = told,
    };
    assert_true(document_choose(&choice));
    for (size_t i = 0; i < count; i++)
        if ("lwr"[told[i]] != fates[i])
            fail_msg("%s: %c is %c, not %c", versions, missed[i],
                     "lwr"[told[i]], fates[i]);
    assert_int_equal(choice.listed + choice.withdrawn + choice.rolled_off,
                     count);
    assert_non_null(choice.cut);
    free(choice.cut);
    free(text);
    document_clear(&history.document);
}

static void what_is_there_is_cut_in_the_documents_order(void **state)
{
    (void)state;
    static const char text[] = RSS(ITEM("3") ITEM("2") ITEM("1"));
    struct history history = { 0 };
    read_next(&history, text);
    uint8_t ids[2][16];
    memcpy(ids[0], history.document.changed[2], 16);
    memcpy(ids[1], history.document.changed[0], 16);
    struct document_choice choice = {
        .bytes = text,
        .len = strlen(text),
        .ids = (const uint8_t(*)[16])ids,
        .id_count = 2,
    };
    assert_true(document_choose(&choice));
    assert_int_equal(choice.listed, 2);
    assert_string_equal(choice.cut, RSS(ITEM("3") ITEM("1")));
    assert_int_equal(choice.cut_len, strlen(choice.cut));
    free(choice.cut);
    document_clear(&history.document);
}

static void M13_what_was_taken_out_is_withdrawn(void **state)
{
    (void)state;
    assert_fates("a ba ca", "bc", "wl");
    assert_fates("cba dcba edcba edba", "cde", "wll");
    assert_fates("ba cba dba eda", "bcd", "wwl");
    // Both at once.
    assert_fates("a ba cba da", "bcd", "wwl");
}

static void M13_what_was_pushed_out_has_rolled_off(void **state)
{
    (void)state;
    assert_fates("ba cb dc ed", "cde", "rll");
    assert_fates("a b c", "bc", "rl");
    assert_fates("ba cb dc ed fe", "bcdef", "rrrll");
    assert_fates("ba -", "ba", "rr");
}

static void M13_what_is_pinned_to_the_top_takes_nothing_away(void **state)
{
    (void)state;
    assert_fates("Pba Pcb Pdc Ped", "cde", "rll");
    assert_fates("ba cb bdc bed", "cde", "rll");
    assert_fates("PQba PQcb PQdc", "bcd", "rll");
    // What has moved to the top was behind it.
    assert_fates("cba ac", "b", "r");
}

static void M13_oldest_first_is_never_withdrawn(void **state)
{
    (void)state;
    assert_fates("abc bcd cde", "bcde", "rlll");
}

static void a_tombstone_says_that_it_is_withdrawn(void **state)
{
    (void)state;
    static const char text[] =
        "<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:at='http://purl.org/atompub/tombstones/1.0'>"
        "<at:deleted-entry ref='a' when='2026-01-01T00:00:00Z'/>"
        "<entry><id>b</id></entry></feed>";
    uint8_t ids[3][16];
    enum document_fate told[3];
    for (size_t i = 0; i < 3; i++)
        id_of("abc"[i], ids[i]);
    struct document_choice choice = {
        .bytes = text,
        .len = strlen(text),
        .ids = (const uint8_t(*)[16])ids,
        .id_count = 3,
        .fates = told,
    };
    assert_true(document_choose(&choice));
    assert_int_equal(told[0], DOCUMENT_WITHDRAWN);
    assert_int_equal(told[1], DOCUMENT_LISTED);
    assert_int_equal(told[2], DOCUMENT_ROLLED_OFF);
    assert_non_null(strstr(choice.cut, "deleted-entry"));
    free(choice.cut);
}

static void an_id_may_be_asked_about_twice(void **state)
{
    (void)state;
    assert_fates("a ba ca", "bbcc", "wwll");
}

static void without_its_end_nothing_is_withdrawn(void **state)
{
    (void)state;
    struct history history = { 0 };
    read_next(&history, RSS(ITEM("a")));
    read_next(&history, RSS(ITEM("b") ITEM("a")));
    read_next(&history, RSS(ITEM("c") ITEM("a")));
    uint8_t ids[1][16];
    id_of('b', ids[0]);
    static const char text[] = "<rss><channel>" ITEM("c") ITEM("a") "<item>";
    struct document_choice choice = {
        .bytes = text,
        .len = strlen(text),
        .ids = (const uint8_t(*)[16])ids,
        .id_count = 1,
        .known = history.document.entries,
        .known_count = history.document.memory_count,
    };
    assert_true(document_choose(&choice));
    assert_int_equal(choice.rolled_off, 1);
    free(choice.cut);
    document_clear(&history.document);
}

static void what_is_no_feed_is_not_cut(void **state)
{
    (void)state;
    const uint8_t ids[1][16] = { { 1 } };
    struct document_choice choice = {
        .bytes = "<html></html>",
        .len = 13,
        .ids = ids,
        .id_count = 1,
    };
    assert_true(document_choose(&choice));
    assert_null(choice.cut);
    assert_int_equal(choice.rolled_off, 1);
}

int main(void)
{
    document_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_there_is_cut_in_the_documents_order),
        cmocka_unit_test(M13_what_was_taken_out_is_withdrawn),
        cmocka_unit_test(M13_what_was_pushed_out_has_rolled_off),
        cmocka_unit_test(M13_what_is_pinned_to_the_top_takes_nothing_away),
        cmocka_unit_test(M13_oldest_first_is_never_withdrawn),
        cmocka_unit_test(a_tombstone_says_that_it_is_withdrawn),
        cmocka_unit_test(an_id_may_be_asked_about_twice),
        cmocka_unit_test(without_its_end_nothing_is_withdrawn),
        cmocka_unit_test(what_is_no_feed_is_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
