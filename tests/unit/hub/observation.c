// SPDX-License-Identifier: MIT

#include "hub/observation.h"

#include "fakes/history.h"
#include "fetcher/url.h"

// ----------------------------------------------------------------- verdicts

static void M7_the_first_fetch_only_teaches_what_is_old(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("rss20.xml");
    const struct store_publish *publish = fetch(feed.bytes, "text/xml");
    assert_int_equal(publish->verdict, STORE_FETCH_BASELINE);
    assert_int_equal(publish->topic, 7);
    assert_int_equal(publish->token, 40);
    assert_int_equal(publish->expected_head, 0);
    assert_int_equal(publish->status, 200);
    assert_true(publish->new_entries);
    // The items, what surrounds them, and by which rules they were compared.
    assert_int_equal(publish->entry_count, 20 + 2);
    assert_int_equal(publish->entries[2].seen, TODAY);
    assert_int_equal(publish->entries[2].seq, 1);
    assert_false(publish->on_request);
    assert_int_equal(publish->whole.inlined.len, feed.len);
    assert_memory_equal(publish->whole.inlined.at, feed.bytes, feed.len);
    free(feed.bytes);
}

static void M12_a_ping_says_that_the_first_fetch_brings_news(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("rss20.xml");
    history.item.topic.dirty = 3;
    const struct store_publish *publish = fetch(feed.bytes, "text/xml");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->generation, 3);
    free(feed.bytes);
}

static void M12_where_no_baseline_could_be_had_the_first_200_is_news(
    void **state)
{
    (void)state;
    struct fixture feed = fixture_read("rss20.xml");
    history.item.topic.failures = 1;
    const struct store_publish *publish = fetch(feed.bytes, "text/xml");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    free(feed.bytes);
}

static void the_same_document_again_is_no_update(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    settle(fetch_atom(feed.bytes));
    const struct store_publish *publish = fetch_atom(feed.bytes);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_int_equal(publish->expected_head, 1);
    assert_false(publish->new_entries);
    assert_false(publish->new_links);
    assert_int_equal(publish->whole.chunked, 0);
    assert_int_equal(publish->whole.inlined.len, 0);
    free(feed.bytes);
}

static void a_changed_entry_is_an_update_with_that_entry_alone(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    char *edited = replaced(feed.bytes, "A borrowed telescope found",
                            "A borrowed microscope found");
    settle(fetch_atom(feed.bytes));
    const struct store_publish *publish = fetch_atom(edited);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_ENTRIES);
    assert_int_equal(publish->changed_count, 1);
    struct bytes delta = publish->delta.inlined;
    assert_true(contains(delta, "A borrowed microscope found"));
    assert_true(contains(delta, "note/1200</id>"));
    assert_false(contains(delta, "note/1199</id>"));
    assert_true(contains(delta, "The Lantern"));
    // What it was before is remembered no more.
    settle(publish);
    assert_int_equal(fetch_atom(edited)->verdict, STORE_FETCH_UNCHANGED);
    free(edited);
    free(feed.bytes);
}

static void M14_changes_around_the_entries_are_no_news_for_who_wants_those(
    void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    char *edited =
        replaced(feed.bytes, "notes from the harbour", "notes from the quay");
    settle(fetch_atom(feed.bytes));
    const struct store_publish *publish = fetch_atom(edited);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_FEED_LEVEL);
    assert_int_equal(publish->changed_count, 0);
    assert_int_equal(publish->delta.inlined.len, 0);
    assert_int_equal(publish->delta.chunked, 0);
    free(edited);
    free(feed.bytes);
}

static void M14_other_links_are_news_for_everybody(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    char *edited = replaced(feed.bytes, "https://hub.example.org/",
                            "https://hub2.example.org/");
    const struct store_publish *publish = fetch_atom(feed.bytes);
    assert_true(publish->new_links);
    assert_int_equal(publish->hubs.len, strlen("https://hub.example.org/"));
    assert_memory_equal(publish->hubs.at, "https://hub.example.org/",
                        publish->hubs.len);
    assert_int_equal(publish->self.len, strlen(TOPIC));
    settle(publish);
    publish = fetch_atom(edited);
    assert_true(publish->new_links);
    assert_int_equal(publish->kind, STORE_UPDATE_FEED_LEVEL);
    assert_true(contains(publish->delta.inlined, "https://hub2.example.org/"));
    assert_false(contains(publish->delta.inlined, "<entry>"));
    free(edited);
    free(feed.bytes);
}

static void link_fields_count_before_the_document(void **state)
{
    (void)state;
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, "hello");
    fake_engine_field(x, "link", "<https://a.example/>; rel=\"hub\"");
    fake_engine_field(x, "link",
                      "<https://b.example/>; rel=\"hub\", "
                      "</self>; rel=\"self\"");
    const struct store_publish *publish = judge();
    static const char hubs[] = "https://a.example/\nhttps://b.example/";
    assert_int_equal(publish->hubs.len, sizeof hubs - 1);
    assert_memory_equal(publish->hubs.at, hubs, publish->hubs.len);
    assert_true(contains(publish->self, "https://lantern.example.org/self"));
}

static void M14_a_removal_is_told_as_one(void **state)
{
    (void)state;
    static const char both[] = "<rss version=\"2.0\"><channel><item><guid>1"
                               "</guid></item><item><guid>2</guid></item>"
                               "</channel></rss>",
                      one[] = "<rss version=\"2.0\"><channel><item><guid>1"
                              "</guid></item></channel></rss>";
    settle(fetch(both, "application/rss+xml"));
    const struct store_publish *publish = fetch(one, "application/rss+xml");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_REMOVAL_ONLY);
    assert_int_equal(publish->delta.inlined.len, 0);
}

static void M3_what_is_cut_on_request_says_so(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("jsonfeed.json");
    char *edited = replaced(feed.bytes, "The repair table", "The tea table");
    const struct store_publish *publish =
        fetch(feed.bytes, "application/feed+json");
    assert_true(publish->on_request);
    settle(publish);
    publish = fetch(edited, "application/feed+json");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_ENTRIES);
    assert_true(publish->on_request);
    assert_true(contains(publish->delta.inlined, "The tea table"));
    assert_true(publish->delta.inlined.len < publish->whole.inlined.len);
    assert_int_equal(publish->whole.inlined.len, strlen(edited));
    free(edited);
    free(feed.bytes);
}

static void M3_what_cannot_be_cut_is_whole(void **state)
{
    (void)state;
    settle(fetch("one", "text/plain"));
    const struct store_publish *publish = fetch("two", "text/plain");
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_int_equal(publish->kind, STORE_UPDATE_WHOLE);
    assert_false(publish->on_request);
    assert_int_equal(publish->delta.inlined.len, 0);
}

static void M5_what_lacks_its_end_leaves_the_validators_alone(void **state)
{
    (void)state;
    static const char cut[] = "<rss version=\"2.0\"><channel><item><guid>1"
                              "</guid></item><item><guid>2</gu";
    const struct store_publish *publish = fetch(cut, "application/rss+xml");
    assert_true(history.now->document.incomplete);
    assert_int_equal(publish->changed_count, 1);
    assert_false(publish->new_validators);
    settle(publish);
    publish = fetch("<rss version=\"2.0\"><channel><item><guid>1</guid></item>"
                    "<item><guid>2</guid></item></channel></rss>",
                    "application/rss+xml");
    assert_int_equal(publish->changed_count, 1);
    assert_true(publish->new_validators);
}

static void M6_a_version_is_known_by_a_digest(void **state)
{
    (void)state;
    uint8_t first[16];
    const struct store_publish *publish = fetch("one", "text/plain");
    memcpy(first, publish->digest, sizeof first);
    settle(publish);
    publish = fetch("two", "text/plain");
    assert_memory_not_equal(publish->digest, first, sizeof first);
    settle(publish);
    publish = fetch("one", "text/plain");
    assert_memory_equal(publish->digest, first, sizeof first);
}

// ----------------------------------------------------------- the first ping

static void M12_the_first_ping_delivers_the_baseline_if_nothing_differs(
    void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    settle(fetch_atom(feed.bytes));
    history.item.topic.dirty++;
    const struct store_publish *publish = fetch_atom(feed.bytes);
    assert_true(observation_owes_baseline(history.now, FAKE_UNIX));
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_true(publish->delivers_baseline);
    assert_int_equal(publish->whole.chunked, feed.len);
    // To who only ever gets news it is the first entry.
    assert_int_equal(publish->changed_count, 1);
    assert_true(contains(publish->delta.inlined, "note/1200</id>"));
    assert_false(contains(publish->delta.inlined, "note/1199</id>"));
    settle(publish);
    history.item.topic.baseline_owed = false;
    history.item.topic.dirty++;
    publish = fetch_atom(feed.bytes);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    free(feed.bytes);
}

static void M12_without_a_ping_it_stays_a_baseline(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    settle(fetch_atom(feed.bytes));
    assert_int_equal(fetch_atom(feed.bytes)->verdict, STORE_FETCH_UNCHANGED);
    free(feed.bytes);
}

static void M12_after_a_quarter_of_an_hour_it_stays_a_baseline(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    settle(fetch_atom(feed.bytes));
    history.item.topic.baseline_at = FAKE_UNIX - 15 * MINUTES;
    history.item.topic.dirty++;
    const struct store_publish *publish = fetch_atom(feed.bytes);
    assert_int_equal(publish->verdict, STORE_FETCH_UNCHANGED);
    assert_false(publish->delivers_baseline);
    free(feed.bytes);
}

static void M12_a_first_ping_that_brought_news_delivers_those(void **state)
{
    (void)state;
    struct fixture feed = fixture_read("atom-50.xml");
    char *edited = replaced(feed.bytes, "A borrowed telescope found",
                            "A borrowed microscope found");
    settle(fetch_atom(feed.bytes));
    history.item.topic.dirty++;
    const struct store_publish *publish = fetch_atom(edited);
    assert_int_equal(publish->verdict, STORE_FETCH_UPDATE);
    assert_false(publish->delivers_baseline);
    assert_int_equal(publish->changed_count, 1);
    assert_true(contains(publish->delta.inlined, "microscope"));
    free(edited);
    free(feed.bytes);
}

// --------------------------------------------------------------------- self

#define SELF(url_)                                                             \
    "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x</id>"                 \
    "<link rel='self' href='" url_ "'/><link rel='hub' "                       \
    "href='https://hub.example/'/><entry><id>urn:y</id></entry></feed>"

static bool has_key(const struct store_publish *publish, const char *text)
{
    struct url url;
    struct store_key key;
    assert_null(url_read(text, strlen(text), &url));
    url_key(&url, key.bytes);
    return memcmp(&key, &publish->self_key, sizeof key) == 0;
}

static bool has_no_key(const struct store_publish *publish)
{
    static const struct store_key none;
    return memcmp(&none, &publish->self_key, sizeof none) == 0;
}

static void R88_another_self_is_known_by_its_key(void **state)
{
    (void)state;
    static const char other[] = SELF("https://Lantern.example.org:443/%7Eatom");
    const struct store_publish *publish = fetch_atom(other);
    assert_true(publish->new_links);
    assert_true(has_key(publish, "https://lantern.example.org/~atom"));
    assert_true(publish->self_same_origin);
    publish = fetch_atom(SELF("https://lantern.example.org.evil.test/"));
    assert_true(has_key(publish, "https://lantern.example.org.evil.test/"));
    assert_false(publish->self_same_origin);
    publish = fetch_atom(SELF("http://lantern.example.org/feed.atom"));
    assert_false(has_no_key(publish));
    assert_false(publish->self_same_origin);
}

static void R88_the_topic_itself_is_no_alias(void **state)
{
    (void)state;
    const struct store_publish *publish =
        fetch_atom(SELF("https://lantern.example.org:443/fee%64.atom"));
    assert_true(publish->new_links);
    assert_true(has_no_key(publish));
    publish = fetch_atom(SELF("mailto:nobody"));
    assert_true(has_no_key(publish));
    assert_false(publish->self_same_origin);
}

static void what_came_by_http_after_https_names_no_links(void **state)
{
    (void)state;
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, SELF("https://other.example/"));
    fake_engine_field(x, "content-type", "application/atom+xml");
    x->downgraded = true;
    const struct store_publish *publish = judge();
    assert_int_equal(publish->self.len, 0);
    assert_int_equal(publish->hubs.len, 0);
    assert_true(has_no_key(publish));
}

static void M20_what_a_fetch_reached_is_stored_with_it(void **state)
{
    (void)state;
    struct exchange *x = begin(true);
    fake_engine_answer(x, 200, "text");
    assert_int_equal(judge()->reach, STORE_REACH_PUBLIC);
    x = begin(true);
    fake_engine_answer(x, 200, "text");
    x->inside = true;
    assert_int_equal(judge()->reach, STORE_REACH_INSIDE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OBSERVED(M7_the_first_fetch_only_teaches_what_is_old),
        OBSERVED(M20_what_a_fetch_reached_is_stored_with_it),
        OBSERVED(M12_a_ping_says_that_the_first_fetch_brings_news),
        OBSERVED(M12_where_no_baseline_could_be_had_the_first_200_is_news),
        OBSERVED(the_same_document_again_is_no_update),
        OBSERVED(a_changed_entry_is_an_update_with_that_entry_alone),
        OBSERVED(
            M14_changes_around_the_entries_are_no_news_for_who_wants_those),
        OBSERVED(M14_other_links_are_news_for_everybody),
        OBSERVED(link_fields_count_before_the_document),
        OBSERVED(M14_a_removal_is_told_as_one),
        OBSERVED(M3_what_is_cut_on_request_says_so),
        OBSERVED(M3_what_cannot_be_cut_is_whole),
        OBSERVED(M5_what_lacks_its_end_leaves_the_validators_alone),
        OBSERVED(M6_a_version_is_known_by_a_digest),
        OBSERVED(M12_the_first_ping_delivers_the_baseline_if_nothing_differs),
        OBSERVED(M12_without_a_ping_it_stays_a_baseline),
        OBSERVED(M12_after_a_quarter_of_an_hour_it_stays_a_baseline),
        OBSERVED(M12_a_first_ping_that_brought_news_delivers_those),
        OBSERVED(R88_another_self_is_known_by_its_key),
        OBSERVED(R88_the_topic_itself_is_no_alias),
        OBSERVED(what_came_by_http_after_https_names_no_links),
    };
    document_setup();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
