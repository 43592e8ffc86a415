// SPDX-License-Identifier: MIT

#include "admin_topic_wish.h"

#include "content_name.h"
#include "fetcher/url.h"
#include "inquiry.h"
#include "span.h"

#include <stdio.h>
#include <string.h>

#define POLL_LEAST INT64_C(1000)
#define POLL_MOST  (INT64_C(365) * 24 * 3600 * 1000)

static bool read_poll(struct inquiry *inquiry, struct store_keep_topic *out)
{
    const char *poll = inquiry_text(inquiry, "poll");
    out->set_poll = poll != NULL;
    if (!poll || strcmp(poll, "auto") == 0)
        out->poll_every = 0;
    else if (strcmp(poll, "never") == 0)
        out->poll_every = -1;
    else if (!span_read(poll, &out->poll_every) || out->poll_every < POLL_LEAST
             || out->poll_every > POLL_MOST) {
        inquiry_blame(inquiry, "poll", "a time from 1s to 365d, auto or never");
        return false;
    }
    return true;
}

static bool read_content(struct inquiry *inquiry, struct store_keep_topic *out)
{
    const char *content = inquiry_text(inquiry, "content");
    out->set_content = content != NULL;
    if (!content || content_name_read(content, &out->content))
        return true;
    inquiry_blame(inquiry, "content", "default, full, entries or each");
    return false;
}

bool admin_topic_wish_read(struct inquiry *inquiry,
                           struct store_keep_topic *out)
{
    out->set_keep = inquiry_text(inquiry, "keep") != NULL;
    return inquiry_truth(inquiry, "keep", false, &out->keep)
           && read_poll(inquiry, out) && read_content(inquiry, out);
}

void admin_topic_wish_name(struct store_keep_topic *out, const struct url *url)
{
    url_key(url, out->key.bytes);
    out->url = (struct bytes){ url->text, url->len };
    out->url_normal = (struct bytes){ url->normal, url->normal_len };
}

static int add_poll(const struct store_keep_topic *keep, char *out, size_t max)
{
    if (!keep->set_poll)
        return 0;
    if (keep->poll_every <= 0)
        return snprintf(out, max, "poll=%s ",
                        keep->poll_every < 0 ? "never" : "auto");
    return snprintf(out, max, "poll=%lldms ", (long long)keep->poll_every);
}

const char *admin_topic_wish_text(const struct store_keep_topic *keep,
                                  char out[ADMIN_TOPIC_WISH_MAX])
{
    size_t max = ADMIN_TOPIC_WISH_MAX, len = 0;
    out[0] = '\0';
    if (keep->set_content)
        len += (size_t)snprintf(out, max, "content=%s ",
                                content_name(keep->content));
    len += (size_t)add_poll(keep, out + len, max - len);
    if (keep->set_keep)
        len += (size_t)snprintf(out + len, max - len, "keep=%s ",
                                keep->keep ? "yes" : "no");
    if (len > 0)
        out[len - 1] = '\0';
    return out;
}
