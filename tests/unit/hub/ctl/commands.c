// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/commands.h"

#include <ctype.h>
#include <string.h>

static const struct command *find(char *first, char *second, int *words)
{
    char *const argv[] = { first, second };
    return commands_find(second ? 2 : first ? 1 : 0, argv, words);
}

static void the_name_with_the_most_words_wins(void **state)
{
    (void)state;
    char topic[] = "topic", add[] = "add", url[] = "http://h/";
    int words;
    assert_string_equal(find(topic, url, &words)->name, "topic");
    assert_int_equal(words, 1);
    assert_string_equal(find(topic, add, &words)->name, "topic add");
    assert_int_equal(words, 2);
}

static void half_a_name_is_none(void **state)
{
    (void)state;
    char token[] = "token", top[] = "to", none[] = "";
    int words;
    assert_null(find(token, NULL, &words));
    assert_null(find(top, NULL, &words));
    assert_null(find(none, NULL, &words));
    assert_null(find(NULL, NULL, &words));
}

static void every_row_is_whole(void **state)
{
    (void)state;
    const struct command *command;
    for (size_t i = 0; (command = commands_at(i)); i++) {
        assert_non_null(command->run);
        assert_ptr_equal(commands_named(command->name), command);
        // Half a sentence, of which help makes a whole one.
        assert_true(islower((unsigned char)command->about[0]));
        assert_int_not_equal(command->about[strlen(command->about) - 1], '.');
    }
    assert_true(commands_at(0)->group == COMMAND_LOOK);
}

static void assert_options(const struct command_option *options)
{
    for (; options && options->name; options++) {
        assert_false(strncmp(options->name, "--", 2) == 0);
        assert_true(strlen(options->about) > 0);
        if (options->kind == COMMAND_WORD)
            assert_non_null(strchr(options->value, '|'));
        if (!options->value)
            assert_int_equal(options->kind, COMMAND_NOTHING);
        for (const struct command_option *other = options + 1; other->name;
             other++)
            assert_string_not_equal(options->name, other->name);
    }
}

static void every_option_can_be_completed(void **state)
{
    (void)state;
    const struct command *command;
    assert_options(commands_common());
    assert_options(commands_listing());
    for (size_t i = 0; (command = commands_at(i)); i++) {
        assert_options(command->options);
        for (size_t at = 0; at < COMMAND_PLACES_MAX; at++)
            if (command->places[at] == COMMAND_WORD)
                assert_non_null(command->words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_with_the_most_words_wins),
        cmocka_unit_test(half_a_name_is_none),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(every_option_can_be_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
