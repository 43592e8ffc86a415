// SPDX-License-Identifier: MIT

#include "published.h"

#include <stdio.h>
#include <string.h>

static const char entry_form[] =
    "  <entry>\n"
    "    <id>tag:example.org,2024:post-%u</id>\n"
    "    <title>Post number %u</title>\n"
    "    <link href=\"http://example.org/posts/%u\"/>\n"
    "    <updated>2024-01-01T00:00:00Z</updated>\n"
    "    <content type=\"html\">&lt;p&gt;Some words about the subject of "
    "post %u, as many as feeds of this kind tend to carry for each of their "
    "entries.&lt;/p&gt;</content>\n"
    "  </entry>\n";
static const char feed_end[] = "</feed>\n";

static size_t write_feed(const struct published *published, char *out)
{
    size_t len =
        (size_t)snprintf(out, PUBLISHED_BYTES_MAX,
                         "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                         "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
                         "  <id>tag:example.org,2024:feed</id>\n"
                         "  <title>A feed</title>\n"
                         "  <updated>2024-01-01T00:00:00Z</updated>\n");
    size_t entry_max = sizeof entry_form + 64;
    for (unsigned i = 0; len + entry_max < published->bytes; i++) {
        unsigned post = 1000 + published->version - i;
        len += (size_t)snprintf(out + len, PUBLISHED_BYTES_MAX - len,
                                entry_form, post, post, post, post);
    }
    memcpy(out + len, feed_end, sizeof feed_end - 1);
    return len + sizeof feed_end - 1;
}

static size_t write_text(const struct published *published, char *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz .\n";
    size_t len = (size_t)snprintf(out, PUBLISHED_BYTES_MAX,
                                  "This is version %u of a document.\n",
                                  published->version);
    for (; len < published->bytes; len++)
        out[len] =
            letters[(len * 7 + published->version) % (sizeof letters - 1)];
    return len;
}

const char *published_type(const struct published *published)
{
    return published->feed ? "application/atom+xml" : "text/plain";
}

size_t published_next(struct published *published, const char **out)
{
    static char document[PUBLISHED_BYTES_MAX];
    published->version++;
    *out = document;
    return published->feed ? write_feed(published, document)
                           : write_text(published, document);
}
