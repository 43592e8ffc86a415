// SPDX-License-Identifier: MIT

#include "prefix.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *prefix, *uri;
} known[] = {
    { "a10", "http://www.w3.org/2005/Atom" },
    { "admin", "http://webns.net/mvcb/" },
    { "app", "http://www.w3.org/2007/app" },
    { "at", "http://purl.org/atompub/tombstones/1.0" },
    { "atom", "http://www.w3.org/2005/Atom" },
    { "atom10", "http://www.w3.org/2005/Atom" },
    { "blogger", "http://schemas.google.com/blogger/2008" },
    { "cc", "http://web.resource.org/cc/" },
    { "content", "http://purl.org/rss/1.0/modules/content/" },
    { "creativeCommons",
      "http://backend.userland.com/creativeCommonsRssModule" },
    { "dc", "http://purl.org/dc/elements/1.1/" },
    { "dcterms", "http://purl.org/dc/terms/" },
    { "feedburner", "http://rssnamespace.org/feedburner/ext/1.0" },
    { "foaf", "http://xmlns.com/foaf/0.1/" },
    { "gd", "http://schemas.google.com/g/2005" },
    { "geo", "http://www.w3.org/2003/01/geo/wgs84_pos#" },
    { "georss", "http://www.georss.org/georss" },
    { "gml", "http://www.opengis.net/gml" },
    { "googleplay", "http://www.google.com/schemas/play-podcasts/1.0" },
    { "itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd" },
    { "media", "http://search.yahoo.com/mrss/" },
    { "openSearch", "http://a9.com/-/spec/opensearch/1.1/" },
    { "opensearch", "http://a9.com/-/spec/opensearch/1.1/" },
    { "podcast", "https://podcastindex.org/namespace/1.0" },
    { "psc", "http://podlove.org/simple-chapters" },
    { "rawvoice", "http://www.rawvoice.com/rawvoiceRssModule/" },
    { "rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#" },
    { "rdfs", "http://www.w3.org/2000/01/rdf-schema#" },
    { "rss", "http://purl.org/rss/1.0/" },
    { "slash", "http://purl.org/rss/1.0/modules/slash/" },
    { "sy", "http://purl.org/rss/1.0/modules/syndication/" },
    { "taxo", "http://purl.org/rss/1.0/modules/taxonomy/" },
    { "thr", "http://purl.org/syndication/thread/1.0" },
    { "trackback", "http://madskills.com/public/xml/rss/module/trackback/" },
    { "wfw", "http://wellformedweb.org/CommentAPI/" },
    { "xhtml", "http://www.w3.org/1999/xhtml" },
    { "xlink", "http://www.w3.org/1999/xlink" },
    { "yt", "http://www.youtube.com/xml/schemas/2015" },
};

const char *prefix_uri(const char *prefix)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].prefix, prefix) == 0)
            return known[i].uri;
    return NULL;
}
