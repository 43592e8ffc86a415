// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/why.h"

#define RSS(items)                                                             \
    "<rss version='2.0' xmlns:slash='http://purl.org/rss/1.0/modules/slash/' " \
    "xmlns:dc='http://purl.org/dc/elements/1.1/'>"                             \
    "<channel><title>T</title>" items "</channel></rss>"
#define ITEM(id, more) "<item><guid>" id "</guid>" more "</item>"

struct told {
    struct document memory;
    struct why why;
    size_t count;
};

static void tell_next(struct told *told, const char *text)
{
    struct document_input input = {
        .bytes = text,
        .len = strlen(text),
        .known = told->memory.entries,
        .known_count = told->memory.memory_count,
        .seq = told->count + 1,
        .today = (uint32_t)told->count + 1,
        .entries_max = 100,
    };
    struct document next;
    assert_true(document_read(&input, &next));
    assert_true(why_add(&told->why, &input));
    document_clear(&told->memory);
    told->memory = next;
    told->count++;
}

static void assert_entry(const struct told *told, size_t i, const char *wanted)
{
    char line[256];
    assert_true(i < told->why.entry_count);
    const struct why_entry *entry = &told->why.entries[i];
    (void)snprintf(line, sizeof line, "%s %s: %s; %s",
                   why_turn_name(entry->turn), entry->id,
                   entry->changed != NULL ? entry->changed : "-",
                   entry->ignored != NULL ? entry->ignored : "-");
    assert_string_equal(line, wanted);
}

static void clear(struct told *told)
{
    document_clear(&told->memory);
    why_clear(&told->why);
}

static void every_turn_has_its_reason(void **state)
{
    (void)state;
    struct told told = { 0 };
    tell_next(&told, RSS(ITEM("5", "") ITEM("4", "<title>x</title>")
                             ITEM("3", "<slash:comments>1</slash:comments>")
                                 ITEM("2", "")));
    tell_next(&told, RSS(ITEM("4", "<title>x</title>")
                             ITEM("3", "<slash:comments>1</slash:comments>")
                                 ITEM("2", "") ITEM("1", "")));
    tell_next(&told, RSS(ITEM("6", "<title>n</title>") ITEM("5", "")
                             ITEM("4", "<title>y</title><category>c</category>"
                                       "<slash:comments>7</slash:comments>")
                                 ITEM("3", "<slash:comments>2</slash:comments>")
                                     ITEM("2", "<!-- c -->")));
    assert_true(why_tell(&told.why, &told.memory));
    assert_int_equal(told.why.entry_count, 6);
    assert_entry(&told, 0, "new 6: -; -");
    assert_string_equal(told.why.entries[0].title, "n");
    assert_entry(&told, 1, "returned 5: -; -");
    assert_entry(&told, 2, "changed 4: category, title; slash:comments");
    assert_entry(&told, 3, "ignored 3: -; slash:comments");
    assert_entry(&told, 4, "unchanged 2: -; -");
    assert_entry(&told, 5, "gone 1: -; -");
    assert_false(told.why.entries[5].withdrawn);
    clear(&told);
}

static void what_was_taken_out_is_told(void **state)
{
    (void)state;
    struct told told = { 0 };
    tell_next(&told, RSS(ITEM("3", "") ITEM("2", "") ITEM("1", "")));
    tell_next(&told, RSS(ITEM("3", "") ITEM("1", "")));
    assert_true(why_tell(&told.why, &told.memory));
    assert_entry(&told, 2, "gone 2: -; -");
    assert_true(told.why.entries[2].withdrawn);
    clear(&told);
}

static void an_attribute_of_the_entry_is_told(void **state)
{
    (void)state;
    struct told told = { 0 };
    tell_next(&told, RSS(ITEM("1", "")));
    tell_next(&told, RSS("<item xml:lang='de'><guid>1</guid></item>"));
    assert_true(why_tell(&told.why, &told.memory));
    assert_entry(&told, 0, "changed 1: attributes; -");
    clear(&told);
}

static void items_of_json_are_told_by_member(void **state)
{
    (void)state;
#define JSON(item)                                                             \
    "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[" item "]}"
    struct told told = { 0 };
    tell_next(&told, JSON("{\"id\":\"1\",\"title\":\"a\"}"));
    tell_next(&told, JSON("{\"tags\":[\"t\"],\"title\":\"b\",\"id\":\"1\"}"));
    assert_true(why_tell(&told.why, &told.memory));
    assert_entry(&told, 0, "changed 1: tags, title; -");
    clear(&told);
}

static void an_entry_without_an_id_goes_by_what_it_has(void **state)
{
    (void)state;
    struct told told = { 0 };
    tell_next(&told, RSS("<item><title>t</title></item>"
                         "<item><description>d</description></item>"));
    assert_true(why_tell(&told.why, &told.memory));
    assert_entry(&told, 0, "new t: -; -");
    assert_null(told.why.entries[1].id);
    clear(&told);
}

static void more_names_than_anybody_reads_are_not_told(void **state)
{
    (void)state;
    enum { NAMES = 3000 };
    static char text[NAMES * 8 + 256];
    size_t len = (size_t)snprintf(text, sizeof text, "%s",
                                  "<rss version='2.0'><channel><item>"
                                  "<guid>1</guid>");
    for (int i = 0; i < NAMES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "<a%d/>", i);
    (void)snprintf(text + len, sizeof text - len, "</item></channel></rss>");
    struct told told = { 0 };
    tell_next(&told, RSS(ITEM("1", "")));
    tell_next(&told, text);
    assert_true(why_tell(&told.why, &told.memory));
    assert_int_equal(told.why.entry_count, 1);
    const char *changed = told.why.entries[0].changed;
    size_t told_len = strlen(changed);
    assert_in_range(told_len, 4096, 4200);
    assert_string_equal(changed + told_len - 5, ", ...");
    assert_null(told.why.entries[0].ignored);
    clear(&told);
}

int main(void)
{
    document_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_turn_has_its_reason),
        cmocka_unit_test(what_was_taken_out_is_told),
        cmocka_unit_test(an_attribute_of_the_entry_is_told),
        cmocka_unit_test(items_of_json_are_told_by_member),
        cmocka_unit_test(an_entry_without_an_id_goes_by_what_it_has),
        cmocka_unit_test(more_names_than_anybody_reads_are_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
