// SPDX-License-Identifier: MIT

#include "top_sample.h"

#include "admin.h"
#include "hub/loop.h"
#include "show.h"

const struct top_rate *top_rates(void)
{
    static const struct top_rate rates[] = {
        { "requests", "counters.requests", NULL, NULL },
        { "pings", "counters.pings", NULL, NULL },
        { "fetches", "counters.fetches", "network.in_flight.fetch",
          "network.queued.fetch" },
        { "updates", "counters.updates", NULL, NULL },
        { "verifications", "counters.verifications", "network.in_flight.verify",
          "network.queued.verify" },
        { "deliveries", "counters.deliveries", "network.in_flight.deliver",
          "network.queued.deliver" },
        { "retries", "counters.deliveries.retries", "network.in_flight.retry",
          "network.queued.retry" },
        { "failed", "counters.deliveries.failed", NULL, NULL },
        { "pulls", "counters.pulls", NULL, NULL },
        { "events pulled", "counters.pulls.events", NULL, NULL },
        { "commits", "store.commits", NULL, NULL },
        { NULL, NULL, NULL, NULL },
    };
    return rates;
}

static int ask(const struct ctl *ctl, const char *path, const char *limit,
               json_t **out)
{
    const struct admin_parameter parameter = { "limit", limit };
    const struct admin_question question = {
        .method = "GET",
        .path = path,
        .parameters = &parameter,
        .count = 1,
        .timeout_s = 30,
    };
    struct admin_answer answer;
    if (!admin_ask(ctl, &question, &answer))
        return CTL_NO_DAEMON;
    int code = CTL_FINE;
    if (answer.status == 200)
        *out = json_incref(answer.json);
    else
        code = admin_complain(ctl, &answer);
    admin_clear(&answer);
    return code;
}

int top_sample_take(const struct ctl *ctl, struct top_sample *out)
{
    struct top_sample sample = { 0 };
    int code = ask(ctl, "/admin/status", NULL, &sample.status);
    sample.at = loop_now().mono;
    if (code == CTL_FINE)
        code = ask(ctl, "/admin/origins", "20", &sample.origins);
    if (code == CTL_FINE)
        code = ask(ctl, "/admin/pulls", NULL, &sample.pulls);
    if (code == CTL_FINE)
        code = ask(ctl, "/admin/traces", "8", &sample.traces);
    if (code != CTL_FINE)
        top_sample_clear(&sample);
    else
        *out = sample;
    return code;
}

void top_sample_clear(struct top_sample *sample)
{
    json_decref(sample->status);
    json_decref(sample->origins);
    json_decref(sample->pulls);
    json_decref(sample->traces);
    *sample = (struct top_sample){ 0 };
}

// Names of counters have dots in them.
static int64_t counter(const json_t *status, const char *path)
{
    static const char block[] = "counters.";
    enum { LEN = sizeof block - 1 };
    for (size_t i = 0; i < LEN; i++)
        if (path[i] != block[i])
            return show_number(status, path);
    return json_integer_value(
        json_object_get(json_object_get(status, "counters"), path + LEN));
}

double top_sample_rate(const struct top_sample *before,
                       const struct top_sample *now, const char *path)
{
    int64_t passed = now->at - before->at;
    int64_t more = counter(now->status, path) - counter(before->status, path);
    if (passed <= 0 || more < 0)
        return 0;
    return (double)more * 1000 / (double)passed;
}

json_t *top_sample_json(const struct top_sample *before,
                        const struct top_sample *now)
{
    json_t *rates = json_object();
    for (const struct top_rate *rate = top_rates(); rate->name; rate++)
        json_object_set_new(
            rates, rate->path,
            json_real(top_sample_rate(before, now, rate->path)));
    return json_pack(
        "{s:f, s:o, s:O, s:O, s:O, s:O}", "seconds",
        (double)(now->at - before->at) / 1000, "per_second", rates, "status",
        now->status, "origins", json_object_get(now->origins, "origins"),
        "pulls", now->pulls, "traces", json_object_get(now->traces, "traces"));
}
