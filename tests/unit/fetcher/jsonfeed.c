// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/jsonfeed.h"

#include <jansson.h>

static const char BASE[] = "https://e.example/feed.json";

#define VERSION "\"version\":\"https://jsonfeed.org/version/1.1\""

struct read {
    struct feed feed;
    struct link_set links;
};

static struct read read_text(const char *text, size_t len)
{
    struct read out = { 0 };
    const struct feed_input input = { .text = text, .len = len, .url = BASE };
    assert_true(jsonfeed_read(&input, &out.links, &out.feed));
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
                                  "{\"title\":\"t\"},{\"a\":1},{\"a\":2}");
    assert_string_equal(string(&read, read.feed.entries[0].id_at), "7");
    assert_string_equal(string(&read, read.feed.entries[2].link_at),
                        "https://e.example/x");
    assert_true(read.feed.placed);
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(read.feed.entries[i].id,
                                    read.feed.entries[j].id, 16);
    forget(&read);
}

static void an_item_that_is_no_object_is_none(void **state)
{
    (void)state;
    struct read read = read_items("3,{\"id\":\"1\"},null,{\"id\":\"2\"}");
    assert_int_equal(read.feed.entry_count, 2);
    assert_string_equal(string(&read, read.feed.entries[1].id_at), "2");
    assert_false(read.feed.placed);
    forget(&read);
}

static void what_is_nearly_json_is_mended(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{" VERSION ",\"items\":[{\"id\":\"1\"},],}",
        "{" VERSION ",\"items\":[{\"id\":\"1\"}]} x",
        "x {" VERSION ",\"items\":[{\"id\":\"1\"}]}",
        "{" VERSION ",\"items\":[{\"id\":\"1\"},{\"id",
    };
    static const unsigned repairs[] = {
        DOCUMENT_REPAIR_JSON,
        DOCUMENT_REPAIR_TRAILING,
        DOCUMENT_REPAIR_LEADING,
        DOCUMENT_REPAIR_TAIL,
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct read read = read_text(texts[i], strlen(texts[i]));
        assert_int_equal(read.feed.format, DOCUMENT_JSONFEED);
        assert_int_equal(read.feed.repairs, repairs[i]);
        assert_int_equal(read.feed.incomplete,
                         repairs[i] == DOCUMENT_REPAIR_TAIL);
        assert_int_equal(read.feed.entry_count, 1);
        assert_string_equal(string(&read, read.feed.entries[0].id_at), "1");
        assert_false(read.feed.placed);
        forget(&read);
    }
}

static void other_json_that_is_broken_is_no_feed(void **state)
{
    (void)state;
    static const char text[] = "{\"see\":\"https://jsonfeed.org/\",}";
    struct read read = read_text(text, sizeof text - 1);
    assert_int_equal(read.feed.format, DOCUMENT_OTHER);
    assert_int_equal(read.feed.repairs, 0);
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

static bool is_same(const char *one, const char *other)
{
    char items[1500];
    (void)snprintf(items, sizeof items, "%s,%s", one, other);
    struct read read = read_items(items);
    assert_int_equal(read.feed.entry_count, 2);
    bool same =
        memcmp(read.feed.entries[0].content, read.feed.entries[1].content, 16)
        == 0;
    forget(&read);
    return same;
}

static void every_member_of_an_item_counts(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{\"id\":\"1\",\"tags\":[\"a\",\"b\"]}",
        "{\"id\":\"1\",\"tags\":[\"b\",\"a\"]}",
        "{\"id\":\"1\",\"authors\":[{\"name\":\"n\"}]}",
        "{\"id\":\"1\",\"attachments\":[{\"url\":\"u\"}]}",
        "{\"id\":\"1\",\"_mine\":{\"x\":1}}",
        "{\"id\":\"1\",\"date_modified\":\"2026-01-01T00:00:00Z\"}",
        "{\"id\":\"1\",\"date_modified\":\"2026-01-02T00:00:00Z\"}",
        "{\"id\":\"1\",\"n\":true}",
        "{\"id\":\"1\",\"n\":\"true\"}",
        "{\"id\":\"1\",\"n\":1}",
        "{\"id\":\"1\",\"n\":1.5}",
        "{\"id\":\"1\",\"n\":[]}",
        "{\"id\":\"1\",\"n\":{}}",
        "{\"id\":\"1\",\"n\":\"a\\u0000b\"}",
        "{\"id\":\"1\",\"n\":\"a\"}",
    };
    enum { COUNT = sizeof others / sizeof others[0] };
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(is_same(others[i], others[j]));
}

static void spellings_and_noise_are_no_change(void **state)
{
    (void)state;
    assert_true(is_same("{\"id\":\"1\",\"n\":null}", "{\"id\":\"1\"}"));
    assert_true(is_same("{\"a\":1,\"b\":[1.0]}", "{\"b\":[1],\"a\":1}"));
    assert_true(is_same("{\"t\":\"\\u00e9\\/\"}", "{\"t\":\"\xc3\xa9/\"}"));
    assert_true(is_same("{\"url\":\"http://a/?b=1&utm_source=x\"}",
                        "{\"url\":\"http://a/?b=1\"}"));
    assert_true(
        is_same("{\"content_html\":\"t<img src=\\\"https://pixel.wp.com/"
                "b.gif?1\\\">\"}",
                "{\"content_html\":\"t\"}"));
}

static void of_two_members_of_a_name_the_last_counts(void **state)
{
    (void)state;
    assert_true(
        is_same("{\"id\":\"1\",\"t\":1,\"t\":2}", "{\"id\":\"1\",\"t\":2}"));
    static const char text[] = "{" VERSION ",\"items\":[{\"id\":\"no\"}],"
                               "\"items\":[{\"id\":\"yes\"}]}";
    struct read read = read_text(text, strlen(text));
    assert_int_equal(read.feed.entry_count, 1);
    assert_true(read.feed.placed);
    assert_memory_equal(text + read.feed.entries[0].start, "{\"id\":\"yes\"}",
                        12);
    forget(&read);
}

static void versions_are_recognised(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[]}",
        "{\"version\":\"https://jsonfeed.org/version/1.1/\",\"items\":[]}",
        "{\"version\":\"http://jsonfeed.org/version/1\"}",
        " \n{\"version\":\"https://www.jsonfeed.org/version/1\"}",
        "{\"version\":\"https://jsonfeed.org/version\",\"items\":null}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct read read = read_text(texts[i], strlen(texts[i]));
        assert_int_equal(read.feed.format, DOCUMENT_JSONFEED);
        assert_int_equal(read.feed.entry_count, 0);
        forget(&read);
    }
}

static void numbers_are_identities_by_their_digits(void **state)
{
    (void)state;
    struct read read = read_items("{\"id\":17},{\"id\":\" 17 \"},{\"id\":1.5}");
    assert_memory_equal(read.feed.entries[0].id, read.feed.entries[1].id, 16);
    assert_string_equal(string(&read, read.feed.entries[2].id_at), "1.5");
    forget(&read);
}

static void a_link_is_known_without_what_tracks(void **state)
{
    (void)state;
    struct read read = read_items("{\"url\":\"http://a/?utm_id=1\"},"
                                  "{\"url\":\"http://a/?utm_id=2\"},"
                                  "{\"url\":\"http://a/?id=2\"}");
    assert_memory_equal(read.feed.entries[0].id, read.feed.entries[1].id, 16);
    assert_memory_not_equal(read.feed.entries[0].id, read.feed.entries[2].id,
                            16);
    forget(&read);
}

static void the_next_page_is_not_what_surrounds_the_items(void **state)
{
    (void)state;
    static const char one[] = "{" VERSION ",\"next_url\":\"p2\"}";
    static const char two[] = "{" VERSION ",\"next_url\":\"p3\"}";
    struct read a = read_text(one, strlen(one));
    struct read b = read_text(two, strlen(two));
    assert_memory_equal(a.feed.around, b.feed.around, 16);
    forget(&a);
    forget(&b);
}

static void parts_are_told_when_they_are_wanted(void **state)
{
    (void)state;
    static const char text[] =
        "{" VERSION ",\"items\":[{\"id\":\"1\",\"url\":\"http://a/?utm_a=1\"},"
        "{\"id\":\"2\",\"url\":\"http://a/\"}]}";
    const struct feed_input input = {
        .text = text,
        .len = strlen(text),
        .url = BASE,
        .parts = true,
    };
    struct read read = { 0 };
    assert_true(jsonfeed_read(&input, &read.links, &read.feed));
    assert_int_equal(read.feed.part_count, 4);
    assert_int_equal(read.feed.entries[1].part_at, 2);
    assert_int_equal(read.feed.entries[1].part_count, 2);
    const struct feed_part *parts = read.feed.parts;
    assert_string_equal(string(&read, parts[1].name_at), "url");
    assert_memory_equal(parts[1].content, parts[3].content, 16);
    assert_memory_not_equal(parts[1].all, parts[3].all, 16);
    forget(&read);
}

static void dates_of_items_are_hints(void **state)
{
    (void)state;
    struct read read =
        read_items("{\"id\":\"1\",\"date_published\":"
                   "\"2026-01-01T00:00:00Z\"},{\"id\":\"2\","
                   "\"date_published\":\"2026-01-01T00:00:00Z\","
                   "\"date_modified\":\"2026-01-03T00:00:00+01:00\"}");
    assert_int_equal(read.feed.hints.date_count, 2);
    assert_int_equal(read.feed.hints.dates[0], 1767394800);
    assert_int_equal(read.feed.hints.dates[1], 1767225600);
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

// Of the sanitizer: what is too large is refused, not our fault.
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static json_malloc_t take;
static size_t taken, refused_at;

static void *take_but_one(size_t size)
{
    return take(++taken == refused_at ? SIZE_MAX / 2 : size);
}

static void without_memory_nothing_is_read_wrong(void **state)
{
    (void)state;
    static const char text[] =
        "{" VERSION ",\"items\":[{\"id\":\"an id of more than a few letters\","
        "\"title\":\"and a title that is still some letters "
        "longer\",\"x\":1}]}";
    json_free_t give;
    jsonfeed_setup();
    json_get_alloc_funcs(&take, &give);
    json_set_alloc_funcs(take_but_one, give);
    struct read whole = read_text(text, strlen(text));
    size_t count = taken;
    assert_true(count > 10);
    const struct feed_input input = { text, .len = strlen(text), .url = BASE };
    for (refused_at = 1; refused_at <= count; refused_at++) {
        struct read read = { 0 };
        taken = 0;
        bool done = jsonfeed_read(&input, &read.links, &read.feed);
        // What is not needed any more may be refused.
        if (done) {
            assert_int_equal(read.feed.entry_count, 1);
            assert_memory_equal(&read.feed.entries[0].id,
                                whole.feed.entries[0].id, 16);
            assert_memory_equal(&read.feed.entries[0].content,
                                whole.feed.entries[0].content, 16);
        }
        forget(&read);
    }
    forget(&whole);
    json_set_alloc_funcs(take, give);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_json_feed_is_read_into_items),
        cmocka_unit_test(json_without_the_version_is_no_json_feed),
        cmocka_unit_test(order_and_blanks_of_members_are_no_change),
        cmocka_unit_test(identity_is_id_then_url_then_title_then_content),
        cmocka_unit_test(an_item_that_is_no_object_is_none),
        cmocka_unit_test(what_is_nearly_json_is_mended),
        cmocka_unit_test(other_json_that_is_broken_is_no_feed),
        cmocka_unit_test(what_surrounds_the_items_is_all_but_them),
        cmocka_unit_test(items_under_an_escaped_name_have_no_places),
        cmocka_unit_test(every_member_of_an_item_counts),
        cmocka_unit_test(spellings_and_noise_are_no_change),
        cmocka_unit_test(of_two_members_of_a_name_the_last_counts),
        cmocka_unit_test(versions_are_recognised),
        cmocka_unit_test(numbers_are_identities_by_their_digits),
        cmocka_unit_test(a_link_is_known_without_what_tracks),
        cmocka_unit_test(the_next_page_is_not_what_surrounds_the_items),
        cmocka_unit_test(parts_are_told_when_they_are_wanted),
        cmocka_unit_test(dates_of_items_are_hints),
        cmocka_unit_test(too_many_values_are_not_read),
        cmocka_unit_test(without_memory_nothing_is_read_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
