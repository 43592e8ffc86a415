// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/charset.h"

// The text that these bytes are.
static const char *text_of(const char *bytes, size_t len,
                           const char *content_type)
{
    static char out[1000];
    struct charset_text text;
    assert_true(charset_read(bytes, len, content_type, &text));
    (void)snprintf(out, sizeof out, "%.*s", (int)text.len, text.text);
    bool readable = text.readable;
    charset_clear(&text);
    return readable ? out : NULL;
}

#define TEXT_OF(bytes_, type_) text_of((bytes_), sizeof(bytes_) - 1, (type_))

static void the_default_is_utf8(void **state)
{
    (void)state;
    assert_string_equal(TEXT_OF("caf\xc3\xa9", NULL), "caf\xc3\xa9");
    assert_string_equal(TEXT_OF("", NULL), "");
    assert_string_equal(TEXT_OF("x", "text/xml"), "x");
}

static void the_declaration_names_the_charset(void **state)
{
    (void)state;
    assert_string_equal(
        TEXT_OF("<?xml version='1.0' encoding='ISO-8859-2'?>\xb1", NULL),
        "<?xml version='1.0' encoding='ISO-8859-2'?>\xc4\x85");
    assert_string_equal(
        TEXT_OF("\n <?xml version=\"1.0\" encoding = \"koi8-r\" ?>\xc1", NULL),
        "\n <?xml version=\"1.0\" encoding = \"koi8-r\" ?>\xd0\xb0");
}

static void http_goes_before_the_declaration(void **state)
{
    (void)state;
    static const char bytes[] = "<?xml version='1.0' encoding='koi8-r'?>\xe9";
    assert_non_null(strstr(TEXT_OF(bytes, "text/xml; charset=\"Windows-1252\""),
                           "\xc3\xa9"));
    assert_non_null(
        strstr(TEXT_OF(bytes, "text/xml;CHARSET=iso-8859-1"), "\xc3\xa9"));
}

static void a_byte_order_mark_goes_before_everything(void **state)
{
    (void)state;
    assert_string_equal(
        TEXT_OF("\xef\xbb\xbf\xc3\xa9", "text/xml; charset=koi8-r"),
        "\xc3\xa9");
    assert_string_equal(TEXT_OF("\xff\xfe<\0\xe9\0", "a/b; charset=utf-8"),
                        "<\xc3\xa9");
    assert_string_equal(TEXT_OF("\xfe\xff\0<\0\xe9", NULL), "<\xc3\xa9");
    assert_string_equal(TEXT_OF("\xff\xfe\0\0<\0\0\0", NULL), "<");
}

static void utf16_is_seen_without_a_mark(void **state)
{
    (void)state;
    assert_string_equal(TEXT_OF("<\0a\0>\0", NULL), "<a>");
    assert_string_equal(TEXT_OF("\0<\0a\0>", NULL), "<a>");
    assert_string_equal(TEXT_OF("\0<\0a\0>", "text/xml; charset=utf-16"),
                        "<a>");
}

static void latin1_and_ascii_are_windows_1252(void **state)
{
    (void)state;
    assert_string_equal(TEXT_OF("\x93q\x94\x81", "a/b; charset=iso-8859-1"),
                        "\xe2\x80\x9cq\xe2\x80\x9d\xc2\x81");
    assert_string_equal(TEXT_OF("\xe9", "a/b; charset=us-ascii"), "\xc3\xa9");
    assert_string_equal(TEXT_OF("\xc3\xa9", "a/b; charset=us-ascii"),
                        "\xc3\xa9");
}

static void a_label_that_is_not_on_the_list_is_none(void **state)
{
    (void)state;
    static const char *const types[] = {
        "a/b; charset=utf-7",   "a/b; charset=ISO-2022-CN-EXT",
        "a/b; charset=../../x", "a/b; charset=UTF-8//IGNORE",
        "a/b; charset=",        "a/b; charset",
        "a/b; charset=\"",
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_string_equal(TEXT_OF("+ADw-\xc3\xa9", types[i]),
                            "+ADw-\xc3\xa9");
}

static void bytes_that_are_not_what_they_claim_are_unreadable(void **state)
{
    (void)state;
    assert_null(TEXT_OF("\xfe\xff\xd8\x00\x00<", NULL));
    assert_null(TEXT_OF("\xfe\xff\0", NULL));
    assert_null(TEXT_OF("\x80\xff", "a/b; charset=shift_jis"));
}

static void every_single_byte_is_one_character(void **state)
{
    (void)state;
    static const char *const labels[] = {
        "windows-1255", "windows-1258", "windows-874",
        "macintosh",    "ibm866",       "iso-8859-8",
    };
    char bytes[255], type[64];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i + 1);
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        (void)snprintf(type, sizeof type, "a/b; charset=%s", labels[i]);
        struct charset_text text;
        assert_true(charset_read(bytes, sizeof bytes, type, &text));
        assert_true(text.readable);
        assert_memory_equal(text.text, bytes, 127);
        size_t text_at = 0, byte_at = 0;
        charset_seek(&text, text.len, &text_at, &byte_at);
        assert_int_equal(byte_at, sizeof bytes);
        charset_clear(&text);
    }
}

static void a_place_in_the_text_is_found_in_the_bytes(void **state)
{
    (void)state;
    static const char *const names[] = {
        "rss20-latin1.xml",
        "rss20-utf16le.xml",
        "rss20-utf16be.xml",
        "rss20-utf8-bom.xml",
    };
    static const size_t width[] = { 1, 2, 2, 1 };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct fixture file = fixture_read(names[i]);
        struct charset_text text;
        assert_true(charset_read(file.bytes, file.len, NULL, &text));
        size_t text_at = 0, byte_at = text.before, items = 0;
        for (size_t at = 0; at + 6 < text.len; at++) {
            if (memcmp(text.text + at, "</item", 6) != 0)
                continue;
            charset_seek(&text, at, &text_at, &byte_at);
            size_t ascii = byte_at + (i == 2 ? 1 : 0);
            assert_int_equal(file.bytes[ascii], '<');
            assert_int_equal(file.bytes[ascii + 2 * width[i]], 'i');
            items++;
        }
        assert_int_equal(items, 3);
        charset_seek(&text, text.len, &text_at, &byte_at);
        assert_int_equal(byte_at, file.len);
        charset_clear(&text);
        free(file.bytes);
    }
}

static void in_charsets_of_mixed_width_places_are_not_known(void **state)
{
    (void)state;
    struct fixture file = fixture_read("rss20-sjis.xml");
    struct charset_text text;
    assert_true(charset_read(file.bytes, file.len, NULL, &text));
    assert_true(text.readable);
    assert_int_equal(text.width[1], 0);
    assert_true(memmem(text.text, text.len, "\xe6\xb5\xb7", 3) != NULL);
    charset_clear(&text);
    free(file.bytes);
}

static void a_media_type_is_told_from_its_parameters(void **state)
{
    (void)state;
    char type[20];
    charset_media_type(" Text/HTML ; charset=x", type, sizeof type);
    assert_string_equal(type, "text/html");
    charset_media_type(NULL, type, sizeof type);
    assert_string_equal(type, "");
    charset_media_type("application/atom+xml", type, sizeof type);
    assert_string_equal(type, "application/atom+xm");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_is_utf8),
        cmocka_unit_test(the_declaration_names_the_charset),
        cmocka_unit_test(http_goes_before_the_declaration),
        cmocka_unit_test(a_byte_order_mark_goes_before_everything),
        cmocka_unit_test(utf16_is_seen_without_a_mark),
        cmocka_unit_test(latin1_and_ascii_are_windows_1252),
        cmocka_unit_test(a_label_that_is_not_on_the_list_is_none),
        cmocka_unit_test(bytes_that_are_not_what_they_claim_are_unreadable),
        cmocka_unit_test(every_single_byte_is_one_character),
        cmocka_unit_test(a_place_in_the_text_is_found_in_the_bytes),
        cmocka_unit_test(in_charsets_of_mixed_width_places_are_not_known),
        cmocka_unit_test(a_media_type_is_told_from_its_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
