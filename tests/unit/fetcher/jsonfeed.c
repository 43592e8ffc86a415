// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/jsonfeed.h"

static const char BASE[] = "https://e.example/feed.json";

#define VERSION "\"version\":\"https://jsonfeed.org/version/1.1\""

struct read {
    struct feed feed;
    struct link_set links;
};

static struct read read_text(const char *text, size_t len)
{
    struct read out = { 0 };
    assert_true(jsonfeed_read(text, len, BASE, &out.links, &out.feed));
    return out;
}

static void forget(struct read *read)
{
    feed_clear(&read->feed);
    link_clear(&read->links);
}

static const char *string(const struct read *read, size_t at)
{
    const char *text = feed_string(&read->feed, at);
    return text != NULL ? text : "-";
}

static void a_json_feed_is_read_into_items(void **state)
{
    (void)state;
    struct fixture file = fixture_read("jsonfeed.json");
    struct read read = read_text(file.bytes, file.len);
    assert_int_equal(read.feed.format, DOCUMENT_JSONFEED);
    assert_int_equal(read.feed.entry_count, 12);
    assert_string_equal(string(&read, read.feed.title_at), "Tin Roof Radio");
    assert_string_equal(read.links.self,
                        "https://tinroof.example.com/feed.json");
    // The other one is of type rssCloud.
    assert_int_equal(read.links.hub_count, 1);
    assert_string_equal(read.links.hubs[0], "https://hub.example.org/");

    assert_true(read.feed.placed);
    const struct feed_entry *entry = &read.feed.entries[11];
    assert_string_equal(string(&read, entry->id_at),
                        "https://tinroof.example.com/289");
    assert_int_equal(file.bytes[entry->start], '{');
    assert_int_equal(file.bytes[entry->end - 1], '}');
    assert_non_null(memmem(file.bytes + entry->start, entry->end - entry->start,
                           "com/289\"", 8));
    forget(&read);
    free(file.bytes);
}

static void json_without_the_version_is_no_json_feed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"items\":[]}",
        "",
        "{\"version\":\"1.1\",\"items\":[]}",
        "{\"version\":1,\"items\":[]}",
        "{\"version\":\"https://jsonfeed.org.example/version/1\"}",
        "{" VERSION ",\"items\":[],}",
        "{" VERSION "," VERSION "}",
        "{" VERSION "} x",
        "{" VERSION ",\"title\":\"\xff\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct read read = read_text(texts[i], strlen(texts[i]));
        assert_int_equal(read.feed.format, DOCUMENT_OTHER);
        forget(&read);
    }
}

static struct read read_items(const char *items)
{
    char text[2000];
    int len =
        snprintf(text, sizeof text, "{" VERSION ",\"items\":[%s]}", items);
    struct read out = read_text(text, (size_t)len);
    assert_int_equal(out.feed.format, DOCUMENT_JSONFEED);
    return out;
}

static void order_and_blanks_of_members_are_no_change(void **state)
{
    (void)state;
    struct read read = read_items("{\"id\":\"1\",\"title\":\"t\\u00e9\"},"
                                  "{ \"title\" : \"t\xc3\xa9\",\n\"id\":\"1\"},"
                                  "{\"id\":\"1\",\"title\":\"u\"}");
    const struct feed_entry *entries = read.feed.entries;
    assert_memory_equal(entries[0].content, entries[1].content, 16);
    assert_memory_not_equal(entries[0].content, entries[2].content, 16);
    assert_memory_equal(entries[0].id, entries[2].id, 16);
    forget(&read);
}

static void identity_is_id_then_url_then_title_then_content(void **state)
{
    (void)state;
    struct read read = read_items("{\"id\":7,\"url\":\"u\"},{\"url\":\"u\"},"
                                  "{\"external_url\":\"x\",\"title\":\"t\"},"
                                  "{\"title\":\"t\"},{\"a\":1},{\"a\":2},3");
    assert_string_equal(string(&read, read.feed.entries[0].id_at), "7");
    assert_string_equal(string(&read, read.feed.entries[2].link_at), "x");
    assert_true(read.feed.placed);
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(read.feed.entries[i].id,
                                    read.feed.entries[j].id, 16);
    forget(&read);
}

static void what_surrounds_the_items_is_all_but_them(void **state)
{
    (void)state;
    static const char one[] = "{" VERSION ",\"items\":[],\"title\":\"t\"}";
    static const char two[] = "{\"title\":\"t\"," VERSION ",\"items\":[{}]}";
    static const char three[] = "{\"title\":\"u\"," VERSION ",\"items\":[]}";
    struct read a = read_text(one, strlen(one));
    struct read b = read_text(two, strlen(two));
    struct read c = read_text(three, strlen(three));
    assert_memory_equal(a.feed.around, b.feed.around, 16);
    assert_memory_not_equal(a.feed.around, c.feed.around, 16);
    forget(&a);
    forget(&b);
    forget(&c);
}

static void items_under_an_escaped_name_have_no_places(void **state)
{
    (void)state;
    static const char text[] =
        "{" VERSION ",\"x\":{\"items\":[1,2]},\"\\u0069tems\":[{}]}";
    struct read read = read_text(text, strlen(text));
    assert_int_equal(read.feed.entry_count, 1);
    assert_false(read.feed.placed);
    forget(&read);
}

static void too_many_values_are_not_read(void **state)
{
    (void)state;
    size_t count = 500001;
    char *text = malloc(3 * count + 100);
    assert_non_null(text);
    char *at = stpcpy(text, "{" VERSION ",\"x\":[");
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, "1,");
    (void)stpcpy(at, "1]}");
    struct read read = read_text(text, strlen(text));
    assert_int_equal(read.feed.format, DOCUMENT_OTHER);
    forget(&read);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_feed_is_read_into_items),
        cmocka_unit_test(json_without_the_version_is_no_json_feed),
        cmocka_unit_test(order_and_blanks_of_members_are_no_change),
        cmocka_unit_test(identity_is_id_then_url_then_title_then_content),
        cmocka_unit_test(what_surrounds_the_items_is_all_but_them),
        cmocka_unit_test(items_under_an_escaped_name_have_no_places),
        cmocka_unit_test(too_many_values_are_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
