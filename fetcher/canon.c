// SPDX-License-Identifier: MIT

#include "canon.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Bytes that no XML document can hold, so that no text looks like a mark.
static const char MARK_START[] = "\1", MARK_STOP[] = "\2", MARK_TEXT[] = "\3",
                  MARK_ATTRIBUTE[] = "\4", MARK_PART[] = "\5";

const struct attribute *element_attribute(const struct element *element,
                                          const char *uri, const char *name)
{
    for (size_t i = 0; i < element->attribute_count; i++) {
        const struct attribute *attribute = &element->attributes[i];
        if (strcmp(attribute->name, name) == 0
            && strcmp(attribute->uri, uri) == 0)
            return attribute;
    }
    return NULL;
}

bool canon_open(struct canon *canon)
{
    canon->run = (struct pool){ 0 };
    return digest_open(&canon->digest);
}

void canon_close(struct canon *canon)
{
    digest_close(&canon->digest);
    pool_clear(&canon->run);
}

bool canon_failed(const struct canon *canon)
{
    return canon->digest.failed || canon->run.failed;
}

void canon_begin(struct canon *canon)
{
    canon->run.len = 0;
    digest_begin(&canon->digest);
}

static bool is_blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r\n", text[i]) == NULL)
            return false;
    return true;
}

static void add(struct canon *canon, const char *mark, const char *text,
                size_t len)
{
    digest_add(&canon->digest, mark, 1);
    digest_add(&canon->digest, text, len);
}

static void flush(struct canon *canon)
{
    if (!is_blank(canon->run.bytes, canon->run.len))
        add(canon, MARK_TEXT, canon->run.bytes, canon->run.len);
    canon->run.len = 0;
}

static int compare(const void *left, const void *right)
{
    const struct attribute *a = *(const struct attribute *const *)left;
    const struct attribute *b = *(const struct attribute *const *)right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->uri, b->uri);
}

void canon_start(struct canon *canon, const struct element *element)
{
    size_t count = element->attribute_count;
    assert(count <= CANON_ATTRIBUTES_MAX);
    flush(canon);
    add(canon, MARK_START, element->uri, strlen(element->uri));
    add(canon, MARK_PART, element->name, strlen(element->name));

    for (size_t i = 0; i < count; i++)
        canon->sorted[i] = &element->attributes[i];
    if (count > 1)
        qsort(canon->sorted, count, sizeof canon->sorted[0], compare);
    for (size_t i = 0; i < count; i++) {
        const struct attribute *attribute = canon->sorted[i];
        add(canon, MARK_ATTRIBUTE, attribute->uri, strlen(attribute->uri));
        add(canon, MARK_PART, attribute->name, strlen(attribute->name));
        add(canon, MARK_PART, attribute->value, attribute->value_len);
    }
}

void canon_text(struct canon *canon, const char *text, size_t len)
{
    pool_add(&canon->run, text, len);
}

void canon_stop(struct canon *canon)
{
    flush(canon);
    digest_add(&canon->digest, MARK_STOP, 1);
}

void canon_end(struct canon *canon, uint8_t out[DIGEST_SIZE])
{
    digest_end(&canon->digest, out);
}
