// SPDX-License-Identifier: MIT

#include "mdoc.h"

#include <stdbool.h>
#include <string.h>

enum { LINE_MAX_BYTES = 78, LONGEST_MACRO = 3 };

static void put(FILE *to, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\')
            fputs("\\e", to);
        else if (text[i] == '-')
            fputs("\\-", to); // for those who copy it
        else
            putc(text[i], to);
    }
}

static bool ends_sentence(const char *word, size_t len)
{
    return len > 0 && strchr(".!?", word[len - 1]);
}

// Escapes count as what they show.
static void put_word(FILE *to, const char *word, size_t len, size_t *column)
{
    if (*column > 0 && *column + 1 + len > LINE_MAX_BYTES) {
        putc('\n', to);
        *column = 0;
    } else if (*column > 0) {
        putc(' ', to);
        ++*column;
    }
    if (*column == 0 && strchr(".'", word[0]))
        fputs("\\&", to);
    put(to, word, len);
    *column += len + (size_t)(memchr(word, '-', len) != NULL);
    if (ends_sentence(word, len)) {
        putc('\n', to);
        *column = 0;
    }
}

// The first word, unless it is one that a program reads, or a key.
static bool takes_capital(const char *word, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!(word[i] >= 'a' && word[i] <= 'z')
            && !(i + 1 == len && strchr(",:;", word[i])))
            return false;
    return len > 1 || (len == 1 && word[0] == 'a');
}

void mdoc_sentence(FILE *to, const char *text)
{
    size_t column = 0, len = 0;
    const char *word = text + strspn(text, " \n");
    if (takes_capital(word, strcspn(word, " \n"))) {
        putc(word[0] - 'a' + 'A', to);
        word++;
        column = 1;
        len = strcspn(word, " \n");
        put(to, word, len);
        column += len;
        word += len;
    }
    while (*(word += strspn(word, " \n"))) {
        len = strcspn(word, " \n");
        put_word(to, word, len, &column);
        word += len;
    }
    if (column > 0)
        fputs(".\n", to);
}

void mdoc_arguments(FILE *to, const char *words)
{
    while (*(words += strspn(words, " \n"))) {
        size_t len = strcspn(words, " \n");
        putc(' ', to);
        // Short enough for the name of a macro.
        if (len <= LONGEST_MACRO)
            fputs("\\&", to);
        put(to, words, len);
        words += len;
    }
}
