// SPDX-License-Identifier: MIT

#include "hub/xmlrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CALL(name_, params_)                                                   \
    "<?xml version=\"1.0\"?>\n<methodCall><methodName>" name_                  \
    "</methodName>\n<params>" params_ "</params></methodCall>\n"
#define PARAM(value_) "<param><value>" value_ "</value></param>\n"

static bool read(const char *text, struct xmlrpc_call *call)
{
    enum xmlrpc_fault fault;
    const char *problem = NULL;
    bool fine = xmlrpc_read(text, strlen(text), call, &fault, &problem);
    if (!fine) {
        assert_int_equal(fault, XMLRPC_MALFORMED);
        assert_non_null(problem);
        assert_null(call->memory);
    }
    return fine;
}

static void assert_value(const char *value, const char *text)
{
    char body[512];
    struct xmlrpc_call call;
    (void)snprintf(body, sizeof body, CALL("m", PARAM("%s")), value);
    if (!read(body, &call))
        fail_msg("refused: %s", value);
    assert_int_equal(call.count, 1);
    assert_string_equal(call.params[0], text);
    xmlrpc_clear(&call);
}

static void assert_bad(const char *text)
{
    struct xmlrpc_call call;
    if (read(text, &call))
        fail_msg("not refused: %s", text);
}

static void assert_bad_value(const char *value)
{
    char body[512];
    (void)snprintf(body, sizeof body, CALL("m", PARAM("%s")), value);
    assert_bad(body);
}

static void a_call_is_read(void **state)
{
    struct xmlrpc_call call;
    (void)state;
    assert_true(read("\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>"
                     "<!-- c --> <methodCall > <methodName> a.b</methodName>"
                     "<params> <param> <value> <string>x</string> </value> "
                     "</param><param><value>y</value></param></params>"
                     "</methodCall > <!-- end -->\n",
                     &call));
    assert_string_equal(call.method, "a.b");
    assert_int_equal(call.count, 2);
    assert_string_equal(call.params[0], "x");
    assert_string_equal(call.params[1], "y");
    xmlrpc_clear(&call);
    xmlrpc_clear(&call);
}

static void a_call_may_have_no_parameters(void **state)
{
    struct xmlrpc_call call;
    (void)state;
    assert_true(read(CALL("m", ""), &call));
    assert_int_equal(call.count, 0);
    xmlrpc_clear(&call);
    assert_true(read("<methodCall><methodName>m</methodName><params/>"
                     "</methodCall>",
                     &call));
    xmlrpc_clear(&call);
    assert_true(
        read("<methodCall><methodName>m</methodName></methodCall>", &call));
    assert_string_equal(call.method, "m");
    xmlrpc_clear(&call);
}

static void values_are_texts(void **state)
{
    (void)state;
    assert_value("", "");
    assert_value("<string/>", "");
    assert_value("<string></string>", "");
    assert_value("<int>4</int>", "4");
    assert_value("<i4>4</i4>", "4");
    assert_value("<boolean>1</boolean>", "1");
    assert_value("<dateTime.iso8601>x</dateTime.iso8601>", "x");
    assert_value("<string> a b </string>", " a b ");
    assert_value(" a ", " a ");
    assert_value("<![CDATA[<a&amp;>]]>", "<a&amp;>");
    assert_value("<string>x<![CDATA[]]]]><![CDATA[>y]]>z</string>", "x]]>yz");
    assert_value("&lt;&gt;&amp;&quot;&apos;", "<>&\"'");
    assert_value("&#65;&#x42;&#xe9;&#8217;&#x1F600;",
                 "AB\xC3\xA9\xE2\x80\x99\xF0\x9F\x98\x80");
    assert_value("K\xC3\xA4se", "K\xC3\xA4se");
    assert_value("K\xE4se", "K\xE4se"); // ISO-8859-1: nobody looks at names
}

static void broken_values_are_refused(void **state)
{
    static const char *const bad[] = {
        "&nbsp;",
        "&",
        "&amp",
        "&#;",
        "&#x;",
        "&#0;",
        "&#8;",
        "&#xD800;",
        "&#xFFFE;",
        "&#x110000;",
        "&#99999999999999999999;",
        "&#-1;",
        "&#6 5;",
        "<![CDATA[x",
        "<string>x</int>",
        "<string>x",
        "<string a='b'>x</string>",
        "<string>x</string>y",
        "<string>x</string><string>y</string>",
        "<String>x</String>",
        "<struct><member></member></struct>",
        "<array><data></data></array>",
        "<nil/>",
        "<stringx>x</stringx>",
        "x<!-- c -->",
        "<a>",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_bad_value(bad[i]);
}

static void broken_calls_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "x",
        "<",
        "<methodCall",
        "<methodCall>",
        "<methodCall/>",
        "<methodCall></methodCall>",
        "<methodcall><methodName>m</methodName></methodcall>",
        "<methodCall><methodName>m</methodName>",
        "<methodCall><methodName>m<a/></methodName></methodCall>",
        "<methodCall><methodName>m</methodName></methodCall>x",
        "<methodCall><methodName>m</methodName></methodCall><a/>",
        "<methodResponse></methodResponse>",
        "<!DOCTYPE methodCall><methodCall><methodName>m</methodName>"
        "</methodCall>",
        "<!-- <methodCall><methodName>m</methodName></methodCall>",
        "<?xml <methodCall><methodName>m</methodName></methodCall>",
        CALL("m", "x"),
        CALL("m", "<value>x</value>"),
        CALL("m", "<param>x</param>"),
        CALL("m", "<param></param>"),
        CALL("m", PARAM("x") "<params>"),
        CALL("m", "<param><value>x</param></value>"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_bad(bad[i]);
}

static void parameters_have_a_ceiling(void **state)
{
    struct xmlrpc_call call;
    char text[1024], more[1200];
    (void)state;
    int len = snprintf(text, sizeof text,
                       "<methodCall><methodName>m</methodName><params>");
    for (int i = 0; i < XMLRPC_PARAMS_MAX; i++)
        len += snprintf(text + len, sizeof text - (size_t)len, PARAM("x"));
    (void)snprintf(more, sizeof more, "%s</params></methodCall>", text);
    assert_true(read(more, &call));
    assert_int_equal(call.count, XMLRPC_PARAMS_MAX);
    xmlrpc_clear(&call);
    (void)snprintf(more, sizeof more, "%s" PARAM("x") "</params></methodCall>",
                   text);
    assert_bad(more);
}

static void what_is_too_long_is_not_read(void **state)
{
    char *text = malloc(XMLRPC_BYTES_MAX + 2);
    struct xmlrpc_call call;
    (void)state;
    assert_non_null(text);
    int len = snprintf(text, XMLRPC_BYTES_MAX, "%s", CALL("m", ""));
    memset(text + len, ' ', (size_t)(XMLRPC_BYTES_MAX + 1 - len));
    text[XMLRPC_BYTES_MAX + 1] = '\0';
    assert_bad(text);
    text[XMLRPC_BYTES_MAX] = '\0';
    assert_true(read(text, &call));
    xmlrpc_clear(&call);
    free(text);
}

static void a_zero_byte_is_refused(void **state)
{
    static const char text[] = CALL("m", "") "\0";
    struct xmlrpc_call call;
    enum xmlrpc_fault fault;
    const char *problem;
    (void)state;
    assert_false(xmlrpc_read(text, sizeof text, &call, &fault, &problem));
    assert_int_equal(fault, XMLRPC_MALFORMED);
}

static void answers_are_what_the_method_promises(void **state)
{
    char out[XMLRPC_ANSWER_MAX];
    (void)state;
    size_t len = xmlrpc_write_result(true, "a < b & c", out);
    assert_int_equal(strlen(out), len);
    assert_string_equal(
        out, "<?xml version=\"1.0\"?>\n<methodResponse><params><param><value>"
             "<struct><member><name>flerror</name><value><boolean>1</boolean>"
             "</value></member><member><name>message</name><value><string>a "
             "&lt; b &amp; c</string></value></member></struct></value>"
             "</param></params></methodResponse>\n");
    len = xmlrpc_write_fault(XMLRPC_NO_METHOD, "no", out);
    assert_int_equal(strlen(out), len);
    assert_string_equal(
        out, "<?xml version=\"1.0\"?>\n<methodResponse><fault><value><struct>"
             "<member><name>faultCode</name><value><int>-32601</int></value>"
             "</member><member><name>faultString</name><value><string>no"
             "</string></value></member></struct></value></fault>"
             "</methodResponse>\n");
}

static void a_long_message_is_cut(void **state)
{
    char out[XMLRPC_ANSWER_MAX], message[2000];
    (void)state;
    memset(message, '&', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    size_t len = xmlrpc_write_result(false, message, out);
    assert_int_equal(strlen(out), len);
    assert_string_equal(out + len - 18, "</methodResponse>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_read),
        cmocka_unit_test(a_call_may_have_no_parameters),
        cmocka_unit_test(values_are_texts),
        cmocka_unit_test(broken_values_are_refused),
        cmocka_unit_test(broken_calls_are_refused),
        cmocka_unit_test(parameters_have_a_ceiling),
        cmocka_unit_test(what_is_too_long_is_not_read),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(answers_are_what_the_method_promises),
        cmocka_unit_test(a_long_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
