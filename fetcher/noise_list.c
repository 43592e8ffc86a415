// SPDX-License-Identifier: MIT

#include "noise_list.h"

#define SLASH "http://purl.org/rss/1.0/modules/slash/"
#define THR   "http://purl.org/syndication/thread/1.0"
#define MRSS  "http://search.yahoo.com/mrss/"
#define GDATA "http://schemas.google.com/g/2005"
#define YT    "http://gdata.youtube.com/schemas/2007"
#define LJ    "http://www.livejournal.org/rss/lj/1.0/"
#define NYAA  "https://nyaa.si/xmlns/nyaa"
#define EZRSS "http://xmlns.ezrss.it/0.1/"
#define XSI   "http://www.w3.org/2001/XMLSchema-instance"

static const struct noise_rule rules[] = {
    // How many comments there are (WordPress, Slash; RFC 4685; LiveJournal).
    { NOISE_ELEMENT, SLASH, "comments" },
    { NOISE_ELEMENT, SLASH, "hit_parade" },
    { NOISE_ELEMENT, THR, "total" },
    { NOISE_ELEMENT, LJ, "reply-count" },
    // WordPress writes #respond until there is a comment, and #comments then.
    { NOISE_ELEMENT, "", "comments" },
    // How often something was seen and how well it was liked (YouTube).
    { NOISE_ELEMENT, MRSS, "community" },
    { NOISE_ELEMENT, MRSS, "statistics" },
    { NOISE_ELEMENT, MRSS, "starRating" },
    { NOISE_ELEMENT, GDATA, "rating" },
    { NOISE_ELEMENT, YT, "statistics" },
    { NOISE_ELEMENT, YT, "rating" },
    // Who shares a torrent just now.
    { NOISE_ELEMENT, NYAA, "seeders" },
    { NOISE_ELEMENT, NYAA, "leechers" },
    { NOISE_ELEMENT, NYAA, "downloads" },
    { NOISE_ELEMENT, NYAA, "comments" },
    { NOISE_ELEMENT, EZRSS, "seeds" },
    { NOISE_ELEMENT, EZRSS, "peers" },

    // Of a link to replies: how many, and when the last one came (RFC 4685;
    // "when" in its drafts).
    { NOISE_ATTRIBUTE, THR, "count" },
    { NOISE_ATTRIBUTE, THR, "updated" },
    { NOISE_ATTRIBUTE, THR, "when" },
    // A hash of the server's own record (Blogger).
    { NOISE_ATTRIBUTE, GDATA, "etag" },
    { NOISE_ATTRIBUTE, GDATA, "countHint" },
    // For validators of XML, as xmlns is for parsers.
    { NOISE_ATTRIBUTE, XSI, "schemaLocation" },
    { NOISE_ATTRIBUTE, XSI, "noNamespaceSchemaLocation" },

    // Google Analytics and Ads, and whoever took over its names.
    { NOISE_PARAMETER, NULL, "utm_*" },
    { NOISE_PARAMETER, NULL, "gclid" },
    { NOISE_PARAMETER, NULL, "gclsrc" },
    { NOISE_PARAMETER, NULL, "dclid" },
    { NOISE_PARAMETER, NULL, "gbraid" },
    { NOISE_PARAMETER, NULL, "wbraid" },
    { NOISE_PARAMETER, NULL, "_ga" },
    { NOISE_PARAMETER, NULL, "_gl" },
    // Click numbers: Facebook, Instagram, Microsoft, Yandex, X, TikTok,
    // LinkedIn.
    { NOISE_PARAMETER, NULL, "fbclid" },
    { NOISE_PARAMETER, NULL, "igshid" },
    { NOISE_PARAMETER, NULL, "igsh" },
    { NOISE_PARAMETER, NULL, "msclkid" },
    { NOISE_PARAMETER, NULL, "yclid" },
    { NOISE_PARAMETER, NULL, "ysclid" },
    { NOISE_PARAMETER, NULL, "twclid" },
    { NOISE_PARAMETER, NULL, "ttclid" },
    { NOISE_PARAMETER, NULL, "li_fat_id" },
    // Mail campaigns: Mailchimp, HubSpot, Marketo, Vero, Omeda.
    { NOISE_PARAMETER, NULL, "mc_cid" },
    { NOISE_PARAMETER, NULL, "mc_eid" },
    { NOISE_PARAMETER, NULL, "_hsenc" },
    { NOISE_PARAMETER, NULL, "_hsmi" },
    { NOISE_PARAMETER, NULL, "hsCtaTracking" },
    { NOISE_PARAMETER, NULL, "mkt_tok" },
    { NOISE_PARAMETER, NULL, "vero_id" },
    { NOISE_PARAMETER, NULL, "vero_conv" },
    { NOISE_PARAMETER, NULL, "oly_anon_id" },
    { NOISE_PARAMETER, NULL, "oly_enc_id" },
    // Campaigns of publishers: AT Internet (the BBC's at_, France's xtor),
    // the BBC's before, Matomo and Piwik, Webtrekk, Adobe, Microsoft's MSN,
    // Bloomberg, Conde Nast, CBS.
    { NOISE_PARAMETER, NULL, "at_medium" },
    { NOISE_PARAMETER, NULL, "at_campaign*" },
    { NOISE_PARAMETER, NULL, "at_custom*" },
    { NOISE_PARAMETER, NULL, "at_link*" },
    { NOISE_PARAMETER, NULL, "at_ptr_name" },
    { NOISE_PARAMETER, NULL, "at_bbc_team" },
    { NOISE_PARAMETER, NULL, "at_format" },
    { NOISE_PARAMETER, NULL, "xtor" },
    { NOISE_PARAMETER, NULL, "ns_mchannel" },
    { NOISE_PARAMETER, NULL, "ns_source" },
    { NOISE_PARAMETER, NULL, "ns_campaign" },
    { NOISE_PARAMETER, NULL, "ns_linkname" },
    { NOISE_PARAMETER, NULL, "ns_fee" },
    { NOISE_PARAMETER, NULL, "mtm_*" },
    { NOISE_PARAMETER, NULL, "pk_*" },
    { NOISE_PARAMETER, NULL, "piwik_*" },
    { NOISE_PARAMETER, NULL, "wt_mc*" },
    { NOISE_PARAMETER, NULL, "wt.mc_*" },
    { NOISE_PARAMETER, NULL, "s_cid" },
    { NOISE_PARAMETER, NULL, "ocid" },
    { NOISE_PARAMETER, NULL, "cmpid" },
    { NOISE_PARAMETER, NULL, "mbid" },
    { NOISE_PARAMETER, NULL, "ftag" },

    { NOISE_IMAGE, NULL, "1x1" },
    // Counters and buttons of those who serve feeds for others: FeedBurner,
    // WordPress.com and Jetpack, Blogger, FeedBlitz, FeedPress, Pheedo,
    // Mediafed.
    { NOISE_IMAGE, NULL, "feeds.feedburner.com/~" },
    { NOISE_IMAGE, NULL, "feedproxy.google.com/~" },
    { NOISE_IMAGE, NULL, "feeds.wordpress.com/1.0/" },
    { NOISE_IMAGE, NULL, "stats.wordpress.com/b.gif" },
    { NOISE_IMAGE, NULL, "pixel.wp.com/" },
    { NOISE_IMAGE, NULL, "blogger.googleusercontent.com/tracker/" },
    { NOISE_IMAGE, NULL, "feeds.feedblitz.com/~" },
    { NOISE_IMAGE, NULL, "assets.feedblitz.com/i/" },
    { NOISE_IMAGE, NULL, "tracking.feedpress.it/" },
    { NOISE_IMAGE, NULL, "tracking.feedpress.com/" },
    { NOISE_IMAGE, NULL, "*.pheedo.com/" },
    { NOISE_IMAGE, NULL, "*.feedsportal.com/" },
    // Advertisement.
    { NOISE_IMAGE, NULL, "*.doubleclick.net/" },
    { NOISE_IMAGE, NULL, "pagead2.googlesyndication.com/" },
    { NOISE_IMAGE, NULL, "rss.buysellads.com/" },
    // Who counts readers: Google, Quantcast, comScore, Adobe, StatCounter,
    // HubSpot, Medium, NPR, ProPublica, The Conversation.
    { NOISE_IMAGE, NULL, "www.google-analytics.com/" },
    { NOISE_IMAGE, NULL, "pixel.quantserve.com/" },
    { NOISE_IMAGE, NULL, "*.scorecardresearch.com/" },
    { NOISE_IMAGE, NULL, "*.2o7.net/" },
    { NOISE_IMAGE, NULL, "*.omtrdc.net/" },
    { NOISE_IMAGE, NULL, "c.statcounter.com/" },
    { NOISE_IMAGE, NULL, "track.hubspot.com/" },
    { NOISE_IMAGE, NULL, "medium.com/_/stat" },
    { NOISE_IMAGE, NULL, "media.npr.org/include/images/tracking/" },
    { NOISE_IMAGE, NULL, "pixel.propublica.org/" },
    { NOISE_IMAGE, NULL, "counter.theconversation.com/" },

    // What such images are wrapped in. Not ~r: it leads to the entries.
    { NOISE_LINK, NULL, "feeds.feedburner.com/~ff/" },
    { NOISE_LINK, NULL, "feeds.feedburner.com/~a/" },
    { NOISE_LINK, NULL, "feeds.wordpress.com/1.0/" },
    { NOISE_LINK, NULL, "feedads.g.doubleclick.net/" },
    { NOISE_LINK, NULL, "*.doubleclick.net/" },
    { NOISE_LINK, NULL, "*.feedsportal.com/" },
    { NOISE_LINK, NULL, "*.pheedo.com/" },
    { NOISE_LINK, NULL, "rss.buysellads.com/" },
};

const struct noise_rule *noise_list(size_t *count)
{
    *count = sizeof rules / sizeof rules[0];
    return rules;
}
