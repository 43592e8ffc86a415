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

// What charset and repairs these bytes come to, as "name repairs text".
static const char *verdict_of(const char *bytes, size_t len,
                              const char *content_type)
{
    static char out[1000];
    struct charset_text text;
    assert_true(charset_read(bytes, len, content_type, &text));
    assert_true(text.readable);
    (void)snprintf(out, sizeof out, "%s %x %.*s", text.name, text.repairs,
                   (int)text.len, text.text);
    // However it was read, its end is the end of the bytes.
    size_t text_at = 0, byte_at = text.before;
    charset_seek(&text, text.len, &text_at, &byte_at);
    assert_int_equal(text_at, text.len);
    if (text.width[1] > 0)
        assert_int_equal(byte_at, len);
    charset_clear(&text);
    return out;
}

#define VERDICT(bytes_, type_) verdict_of((bytes_), sizeof(bytes_) - 1, (type_))

static void bytes_that_are_no_characters_are_replaced(void **state)
{
    (void)state;
    assert_string_equal(VERDICT("\xc3\xa9 \xff \xe2\x82 \xc3", NULL),
                        "windows-1252 1 \xc3\x83\xc2\xa9 \xc3\xbf "
                        "\xc3\xa2\xe2\x80\x9a \xc3\x83");
    assert_string_equal(VERDICT("\xc3\xa9\xc3\xa9 \xff \xe2\x82", NULL),
                        "utf-8 2 \xc3\xa9\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd");
    assert_string_equal(VERDICT("\xef\xbb\xbf<\xe9>", NULL),
                        "utf-8 2 <\xef\xbf\xbd>");
    assert_string_equal(VERDICT("\xfe\xff\xd8\x00\x00<", NULL),
                        "utf-16be 2 \xef\xbf\xbd<");
    assert_string_equal(VERDICT("\xfe\xff\0", NULL), "utf-16be 2 \xef\xbf\xbd");
    assert_string_equal(VERDICT("<\0\0\0\0\0\x11\0>\0\0\0\1", NULL),
                        "utf-32le 2 <\xef\xbf\xbd>\xef\xbf\xbd");
    assert_string_equal(VERDICT("<\x83\x5c\xff>", "a/b; charset=shift_jis"),
                        "shift_jis 2 <\xe3\x82\xbd\xef\xbf\xbd>");
}

static void too_long_forms_and_surrogates_are_no_utf8(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i]);
        assert_memory_equal(verdict_of(rows[i], len, NULL), "windows-1252 1",
                            14);
    }
}

static void a_wrong_label_gives_way_to_the_bytes(void **state)
{
    (void)state;
    static const char latin[] = "<?xml encoding='iso-8859-15'?>\xa4";
    assert_string_equal(VERDICT("caf\xe9", NULL), "windows-1252 1 caf\xc3\xa9");
    assert_string_equal(VERDICT("caf\xe9", "text/xml; charset=utf-8"),
                        "windows-1252 1 caf\xc3\xa9");
    assert_string_equal(VERDICT(latin, "text/xml; charset=utf-8"),
                        "iso-8859-15 1 <?xml encoding='iso-8859-15'?>"
                        "\xe2\x82\xac");
    // A server's default against what the document says of itself.
    assert_string_equal(VERDICT("<?xml encoding='utf-8'?>\xc3\xa9",
                                "text/xml; charset=iso-8859-1"),
                        "utf-8 1 <?xml encoding='utf-8'?>\xc3\xa9");
    assert_string_equal(VERDICT("\xc3\xa9", "text/xml; charset=us-ascii"),
                        "utf-8 1 \xc3\xa9");
    assert_string_equal(VERDICT("<?xml encoding='no-such'?>\xc3\xa9", NULL),
                        "utf-8 1 <?xml encoding='no-such'?>\xc3\xa9");
    assert_string_equal(VERDICT("<?xml encoding='utf-16'?>", NULL),
                        "utf-8 1 <?xml encoding='utf-16'?>");
    assert_string_equal(VERDICT("<\0a\0", "a/b; charset=utf-8"),
                        "utf-16le 1 <a");
}

static void latin1_is_latin1_unless_it_reads_as_utf8(void **state)
{
    (void)state;
    static const char type[] = "text/xml; charset=iso-8859-1";
    assert_string_equal(VERDICT("\xe9\xe8", type),
                        "windows-1252 0 \xc3\xa9\xc3\xa8");
    assert_string_equal(VERDICT("\xc3\xa9", type), "utf-8 1 \xc3\xa9");
    assert_string_equal(VERDICT("<?xml encoding='latin1'?>\xc3\xa9", NULL),
                        "utf-8 1 <?xml encoding='latin1'?>\xc3\xa9");
    // A stray byte among many characters does not change their reading.
    assert_memory_equal(
        VERDICT("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xe9", type),
        "utf-8 3", 7);
    // Nor does a pair that happens to look like one among letters.
    assert_memory_equal(VERDICT("Spa\xdf\xab \xbb\xfc\xf6\xe4", type),
                        "windows-1252 0", 14);
}

static void text_xml_without_a_charset_is_not_ascii(void **state)
{
    (void)state;
    assert_string_equal(VERDICT("\xc3\xa9", "text/xml"), "utf-8 0 \xc3\xa9");
    assert_string_equal(VERDICT("\xc3\xa9", "text/xml; x-charset=koi8-r"),
                        "utf-8 0 \xc3\xa9");
}

static void a_page_names_its_charset_in_meta(void **state)
{
    (void)state;
    static const char old[] =
        "<html><head><meta name=a><META http-equiv=Content-Type "
        "content='text/html; charset=koi8-r'>\xc1";
    static const char new[] = "<!doctype html><meta charset=windows-1251>\xe0";
    static const char feed[] = "<rss><meta charset='koi8-r'/>\xc3\xa9";
    assert_memory_equal(VERDICT(old, NULL), "koi8-r 0", 8);
    assert_memory_equal(VERDICT(new, NULL), "windows-1251 0", 14);
    assert_memory_equal(VERDICT(new, "text/html; charset=koi8-r"), "koi8-r 0",
                        8);
    assert_memory_equal(VERDICT(feed, NULL), "utf-8 0", 7);
}

static void charsets_with_a_state_can_be_read_but_not_cut(void **state)
{
    (void)state;
    static const char jis[] = "<?xml encoding='iso-2022-jp'?>\x1b$B$\"\x1b(B<";
    static const char hz[] = "<?xml encoding='hz-gb-2312'?>~{0!~}b~~";
    static const char *const rows[] = { jis, hz };
    static const char *const texts[] = { "?>\xe3\x81\x82<", "?>\xe5\x95\x8a"
                                                            "b~" };
    for (size_t i = 0; i < 2; i++) {
        struct charset_text text;
        assert_true(charset_read(rows[i], strlen(rows[i]), NULL, &text));
        assert_int_equal(text.width[1], 0);
        size_t len = strlen(texts[i]);
        assert_memory_equal(text.text + text.len - len, texts[i], len);
        charset_clear(&text);
    }
}

static void the_labels_of_the_encoding_standard_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *label, *name;
    } rows[] = {
        { "unicode-1-1-utf-8", "utf-8" },
        { "866", "ibm866" },
        { "ISO8859-2", "iso-8859-2" },
        { "csisolatin3", "iso-8859-3" },
        { "l4", "iso-8859-4" },
        { "Cyrillic", "iso-8859-5" },
        { "asmo-708", "iso-8859-6" },
        { "sun_eu_greek", "iso-8859-7" },
        { "visual", "iso-8859-8" },
        { "logical", "iso-8859-8-i" },
        { "l6", "iso-8859-10" },
        { "iso885913", "iso-8859-13" },
        { "iso8859-14", "iso-8859-14" },
        { "l9", "iso-8859-15" },
        { "iso-8859-16", "iso-8859-16" },
        { "koi", "koi8-r" },
        { "koi8-ru", "koi8-u" },
        { "x-mac-roman", "macintosh" },
        { "dos-874", "windows-874" },
        { "x-cp1250", "windows-1250" },
        { "cp1251", "windows-1251" },
        { "ansi_x3.4-1968", "windows-1252" },
        { "ibm819", "windows-1252" },
        { "x-cp1253", "windows-1253" },
        { "latin5", "windows-1254" },
        { "cp1255", "windows-1255" },
        { "cp1256", "windows-1256" },
        { "cp1257", "windows-1257" },
        { "x-cp1258", "windows-1258" },
        { "x-mac-ukrainian", "x-mac-cyrillic" },
        { "iso-ir-58", "gbk" },
        { "GB18030", "gb18030" },
        { "x-x-big5", "big5" },
        { "cseucpkdfmtjapanese", "euc-jp" },
        { "csiso2022jp", "iso-2022-jp" },
        { "ms_kanji", "shift_jis" },
        { "korean", "euc-kr" },
        { "ksc5601", "euc-kr" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char type[64];
        (void)snprintf(type, sizeof type, "a/b; charset=%s", rows[i].label);
        struct charset_text text;
        assert_true(charset_read("x", 1, type, &text));
        assert_string_equal(text.name, rows[i].name);
        charset_clear(&text);
    }
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

static void places_are_known_in_charsets_of_mixed_width(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *type;
    } rows[] = {
        { "\x82\xa0\xb1<\x83\x5c\xfc<", "a/b; charset=shift_jis" },
        { "\xa4\xa2\x8e\xb1<\x8f\xb0\xa1\xff<", "a/b; charset=euc-jp" },
        { "\x81\x30\x81\x30<\xb0\xa1\x80<", "a/b; charset=gb18030" },
        { "\xa4\x40<\xa4<", "a/b; charset=big5" },
        { "\xb0\xa1<\xb0\x41<", "a/b; charset=euc-kr" },
        { "<?xml encoding='utf-8'?>\xc3\xa9\xff<\xc3<", NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct charset_text text;
        const char *bytes = rows[i].bytes;
        size_t len = strlen(bytes);
        assert_true(charset_read(bytes, len, rows[i].type, &text));
        assert_true(text.width[1] > 0);
        size_t text_at = 0, byte_at = 0;
        for (size_t at = 0; at < text.len; at++) {
            if (text.text[at] != '<')
                continue;
            charset_seek(&text, at, &text_at, &byte_at);
            assert_int_equal(bytes[byte_at], '<');
        }
        charset_seek(&text, text.len, &text_at, &byte_at);
        assert_int_equal(byte_at, len);
        charset_clear(&text);
    }
}

// Of BIG5-HKSCS, where one character of the bytes is two of the text.
static void places_that_cannot_be_told_are_not_told(void **state)
{
    (void)state;
    struct charset_text text;
    assert_true(
        charset_read("\x88\x62<\xa4\x40", 5, "a/b; charset=big5", &text));
    assert_int_equal(text.width[1], 0);
    assert_non_null(memmem(text.text, text.len, "<\xe4\xb8\x80", 4));
    charset_clear(&text);
}

static void a_document_of_nothing_but_broken_bytes_stays_small(void **state)
{
    (void)state;
    static char bytes[200000];
    static const char *const types[] = {
        "a/b; charset=shift_jis",
        "a/b; charset=utf-8",
        "a/b; charset=gb18030",
        "a/b; charset=iso-2022-jp",
        NULL,
    };
    memset(bytes, 0xff, sizeof bytes);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct charset_text text;
        assert_true(charset_read(bytes, sizeof bytes, types[i], &text));
        assert_true(text.fault_count <= 10000);
        assert_true(text.len <= 3 * sizeof bytes);
        charset_clear(&text);
    }
    // With a mark it is UTF-8, come what may; places are no longer told.
    memcpy(bytes, "\xef\xbb\xbf", 3);
    struct charset_text text;
    assert_true(charset_read(bytes, sizeof bytes, NULL, &text));
    assert_string_equal(text.name, "utf-8");
    assert_int_equal(text.fault_count, 10000);
    assert_int_equal(text.width[1], 0);
    charset_clear(&text);
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
        cmocka_unit_test(bytes_that_are_no_characters_are_replaced),
        cmocka_unit_test(too_long_forms_and_surrogates_are_no_utf8),
        cmocka_unit_test(a_wrong_label_gives_way_to_the_bytes),
        cmocka_unit_test(latin1_is_latin1_unless_it_reads_as_utf8),
        cmocka_unit_test(text_xml_without_a_charset_is_not_ascii),
        cmocka_unit_test(a_page_names_its_charset_in_meta),
        cmocka_unit_test(charsets_with_a_state_can_be_read_but_not_cut),
        cmocka_unit_test(the_labels_of_the_encoding_standard_are_known),
        cmocka_unit_test(every_single_byte_is_one_character),
        cmocka_unit_test(a_place_in_the_text_is_found_in_the_bytes),
        cmocka_unit_test(places_are_known_in_charsets_of_mixed_width),
        cmocka_unit_test(places_that_cannot_be_told_are_not_told),
        cmocka_unit_test(a_document_of_nothing_but_broken_bytes_stays_small),
        cmocka_unit_test(a_media_type_is_told_from_its_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
