// SPDX-License-Identifier: MIT
//
// mdoc -- sentences and words in the language of manual pages.
//
// The manuals take the tables of options and commands from the programs, whose
// sentences are half ones without markup. Nothing in them may be taken for a
// request, a macro or an escape.

#pragma once

#include <stdio.h>

// As text, with a capital and a full stop, in lines of at most 78 bytes of
// which none has the end of a sentence but at its own end.
void mdoc_sentence(FILE *to, const char *text);

// What may follow a macro on its line: a blank and the word, for each word.
void mdoc_arguments(FILE *to, const char *words);
