// SPDX-License-Identifier: MIT

#include "noise.h"

#include "canon.h"
#include "noise_list.h"
#include "siphash.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// A rule taken apart.
struct rule {
    const char *uri, *name;
    size_t len;  // of the name, without its stars
    size_t host; // how much of the name is HOST
    bool open;   // there was a star: before a HOST, behind a parameter
};

struct noise {
    const struct rule *rules; // those of a kind together
    size_t from[NOISE_KINDS + 1];
    // Most names are in no rule, and these bits say so of nearly all of them.
    uint64_t seen[NOISE_KINDS];
    bool pixels;
    uint8_t recipe[16];
    struct rule *own;
    char *text;
    size_t shares; // beside the first
};

enum { DEFAULT_MAX = 200 };
static const char PIXEL[] = "1x1";

static uint64_t bit_of_name(const char *name)
{
    unsigned first = (unsigned char)name[0];
    unsigned second = first != 0 ? (unsigned char)name[1] : 0;
    return UINT64_C(1) << ((first * 5 + second) & 63);
}

static uint64_t bit_of_parameter(char first)
{
    return UINT64_C(1) << ((unsigned char)first & 63);
}

static unsigned lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned)c + 32 : (unsigned char)c;
}

// Of a host, its length and its last letters but for the domain's own: with a
// star, only the tail is known.
static uint64_t bit_of_host(const char *host, size_t len)
{
    return UINT64_C(1) << ((len >= 5 ? lower(host[len - 5]) : 0) & 63);
}

static bool is_address(enum noise_kind kind)
{
    return kind == NOISE_IMAGE || kind == NOISE_LINK;
}

static struct rule take_apart(const struct noise_rule *from)
{
    struct rule rule = { .uri = from->uri, .name = from->name };
    rule.len = strlen(rule.name);
    if (is_address(from->kind)) {
        rule.open = rule.name[0] == '*';
        rule.name += rule.open;
        rule.len -= rule.open;
        rule.host = strcspn(rule.name, "/");
    } else if (from->kind == NOISE_PARAMETER && rule.len > 0
               && rule.name[rule.len - 1] == '*') {
        rule.open = true;
        rule.len--;
    }
    return rule;
}

static uint64_t bits_of(enum noise_kind kind, const struct rule *rule)
{
    if (is_address(kind))
        return rule->host >= 5 ? bit_of_host(rule->name, rule->host)
                               : UINT64_MAX;
    if (kind == NOISE_PARAMETER)
        return rule->len > 0 ? bit_of_parameter(rule->name[0]) : UINT64_MAX;
    return bit_of_name(rule->name);
}

static uint64_t chain(uint64_t sum, uint64_t kind, const char *text)
{
    struct siphash_key key = { { sum, kind } };
    return text != NULL ? siphash(&key, text, strlen(text) + 1) : sum;
}

static void add_to_recipe(struct noise *noise, const struct noise_rule *rule)
{
    uint64_t halves[2];
    memcpy(halves, noise->recipe, sizeof halves);
    for (size_t i = 0; i < 2; i++) {
        uint64_t kind = (uint64_t)rule->kind * 2 + i;
        halves[i] = chain(halves[i], kind, rule->uri);
        halves[i] = chain(halves[i], kind, rule->name);
    }
    memcpy(noise->recipe, halves, sizeof halves);
}

// Those of one kind, from one list.
static size_t take(struct noise *noise, struct rule *to, enum noise_kind kind,
                   const struct noise_rule *from, size_t count)
{
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (from[i].kind != kind)
            continue;
        add_to_recipe(noise, &from[i]);
        if (kind == NOISE_IMAGE && strcmp(from[i].name, PIXEL) == 0) {
            noise->pixels = true;
            continue;
        }
        to[taken] = take_apart(&from[i]);
        noise->seen[kind] |= bits_of(kind, &to[taken]);
        taken++;
    }
    return taken;
}

struct lists {
    const struct noise_rule *first, *then;
    size_t first_count, then_count;
};

static void fill(struct noise *noise, struct rule *rules,
                 const struct lists *lists)
{
    const uint64_t start[2] = { CANON_VERSION, ~(uint64_t)CANON_VERSION };
    memcpy(noise->recipe, start, sizeof start);
    noise->rules = rules;
    size_t count = 0;
    for (enum noise_kind kind = 0; kind < NOISE_KINDS; kind++) {
        noise->from[kind] = count;
        count +=
            take(noise, rules + count, kind, lists->first, lists->first_count);
        count +=
            take(noise, rules + count, kind, lists->then, lists->then_count);
    }
    noise->from[NOISE_KINDS] = count;
}

static struct noise usual;

static void make_usual(void)
{
    static struct rule rules[DEFAULT_MAX];
    struct lists lists = { 0 };
    lists.first = noise_list(&lists.first_count);
    assert(lists.first_count <= DEFAULT_MAX);
    fill(&usual, rules, &lists);
}

const struct noise *noise_default(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_usual);
    return &usual;
}

// The next word of a line, ended by a NUL; "" at its end.
static char *next_word(char **line)
{
    char *word = *line + strspn(*line, " \t");
    char *end = word + strcspn(word, " \t");
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static const char *check_address(char *name)
{
    if (strcmp(name, PIXEL) == 0)
        return NULL;
    char *host = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
    size_t len = strcspn(host, "/");
    for (size_t i = 0; i < len; i++)
        host[i] = (char)lower(host[i]);
    if (len == 0 || strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") < len
        || host[0] == '.' || memchr(host, '.', len) == NULL)
        return "it needs HOST/PATH, without http://";
    return NULL;
}

static const char *read_rule(char *line, struct noise_rule *out)
{
    static const char *const words[NOISE_KINDS] = {
        [NOISE_ELEMENT] = "element",     [NOISE_ATTRIBUTE] = "attribute",
        [NOISE_PARAMETER] = "parameter", [NOISE_IMAGE] = "image",
        [NOISE_LINK] = "link",
    };
    char *word = next_word(&line);
    enum noise_kind kind = 0;
    while (kind < NOISE_KINDS && strcmp(words[kind], word) != 0)
        kind++;
    if (kind == NOISE_KINDS)
        return "it begins with none of element, attribute, parameter, image "
               "and link";
    *out = (struct noise_rule){ .kind = kind };
    if (kind == NOISE_ELEMENT || kind == NOISE_ATTRIBUTE) {
        char *uri = next_word(&line);
        out->uri = strcmp(uri, "-") == 0 ? "" : uri;
    }
    char *name = next_word(&line);
    out->name = name;
    if (*name == '\0' || *next_word(&line) != '\0')
        return kind < NOISE_PARAMETER ? "it needs NAMESPACE and NAME"
                                      : "it needs one word more";
    if (is_address(kind))
        return kind == NOISE_LINK && strcmp(name, PIXEL) == 0
                   ? "only images have a size"
                   : check_address(name);
    if (kind == NOISE_PARAMETER
        && (name[strcspn(name, "=&#?")] != '\0'
            || strcspn(name, "*") < strlen(name) - 1))
        return "a parameter is a name, with a * at most at its end";
    return NULL;
}

static const char *say(const char *rule, const char *why)
{
    static _Thread_local char problem[NOISE_RULE_MAX];
    (void)snprintf(problem, sizeof problem, "\"%.200s\": %s", rule, why);
    return problem;
}

// NULL: all are well.
static const char *read_rules(const char *const *rules, size_t count,
                              char *text, struct noise_rule *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(rules[i]) + 1;
        memcpy(text, rules[i], len);
        const char *problem = read_rule(text, &out[i]);
        if (problem != NULL)
            return say(rules[i], problem);
        text += len;
    }
    return NULL;
}

static const char *measure(const char *const *rules, size_t count, size_t *len)
{
    *len = 1;
    if (count > NOISE_RULES_MAX)
        return say("ignore", "there are more than 1000 rules");
    for (size_t i = 0; i < count; i++) {
        size_t more = strlen(rules[i]) + 1;
        if (more > NOISE_RULE_MAX)
            return say(rules[i], "it is longer than 511 bytes");
        *len += more;
    }
    return NULL;
}

static struct noise *make(const char *const *rules, struct lists *lists,
                          size_t text_len, const char **problem)
{
    struct noise *noise = calloc(1, sizeof *noise);
    struct noise_rule *read = calloc(lists->then_count + 1, sizeof *read);
    if (noise != NULL) {
        noise->text = malloc(text_len);
        noise->own = calloc(lists->first_count + lists->then_count + 1,
                            sizeof *noise->own);
    }
    *problem = "out of memory";
    if (noise != NULL && read != NULL && noise->text != NULL
        && noise->own != NULL)
        *problem = read_rules(rules, lists->then_count, noise->text, read);
    lists->then = read;
    if (*problem == NULL)
        fill(noise, noise->own, lists);
    free(read);
    if (*problem == NULL)
        return noise;
    noise_free(noise);
    return NULL;
}

struct noise *noise_new(const char *const *rules, size_t count,
                        bool with_default, const char **problem)
{
    struct lists lists = { .then_count = count };
    size_t text_len;
    *problem = measure(rules, count, &text_len);
    if (*problem != NULL)
        return NULL;
    if (with_default)
        lists.first = noise_list(&lists.first_count);
    return make(rules, &lists, text_len, problem);
}

struct noise *noise_share(struct noise *noise)
{
    if (noise != NULL)
        noise->shares++;
    return noise;
}

void noise_free(struct noise *noise)
{
    if (noise == NULL || noise->shares-- > 0)
        return;
    free(noise->own);
    free(noise->text);
    free(noise);
}

void noise_recipe(const struct noise *noise, uint8_t out[16])
{
    memcpy(out, noise->recipe, sizeof noise->recipe);
}

static bool is_named(const struct noise *noise, enum noise_kind kind,
                     const char *uri, const char *name)
{
    if ((noise->seen[kind] & bit_of_name(name)) == 0)
        return false;
    for (size_t i = noise->from[kind]; i < noise->from[kind + 1]; i++)
        if (canon_is(noise->rules[i].name, name)
            && canon_is(noise->rules[i].uri, uri))
            return true;
    return false;
}

bool noise_is_element(const struct noise *noise, const char *uri,
                      const char *name)
{
    return is_named(noise, NOISE_ELEMENT, uri, name);
}

bool noise_is_attribute(const struct noise *noise, const char *uri,
                        const char *name)
{
    return is_named(noise, NOISE_ATTRIBUTE, uri, name);
}

bool noise_is_parameter(const struct noise *noise, const char *name, size_t len)
{
    if (len == 0
        || (noise->seen[NOISE_PARAMETER] & bit_of_parameter(name[0])) == 0)
        return false;
    for (size_t i = noise->from[NOISE_PARAMETER];
         i < noise->from[NOISE_PARAMETER + 1]; i++) {
        const struct rule *rule = &noise->rules[i];
        if ((rule->name[0] == name[0] || rule->len == 0)
            && (rule->open ? len >= rule->len : len == rule->len)
            && memcmp(rule->name, name, rule->len) == 0)
            return true;
    }
    return false;
}

static size_t host_at(const char *address, size_t len)
{
    size_t at = 0;
    if (len >= 5 && strncasecmp(address, "http", 4) == 0)
        at = lower(address[4]) == 's' ? 5 : 4;
    if (at > 0 && (at >= len || address[at++] != ':'))
        return len;
    return len - at >= 2 && memcmp(address + at, "//", 2) == 0 ? at + 2 : len;
}

static bool fits(const struct rule *rule, const char *host, size_t host_len,
                 const char *path, size_t path_len)
{
    size_t wanted = rule->len - rule->host;
    return (rule->open ? host_len > rule->host : host_len == rule->host)
           && path_len >= wanted
           && strncasecmp(host + host_len - rule->host, rule->name, rule->host)
                  == 0
           && memcmp(path, rule->name + rule->host, wanted) == 0;
}

static bool leads(const struct noise *noise, enum noise_kind kind,
                  const char *address, size_t len)
{
    if (len == 0)
        return false;
    size_t at = host_at(address, len), end = at;
    while (end < len && strchr("/:?#", address[end]) == NULL)
        end++;
    if ((noise->seen[kind] & bit_of_host(address + at, end - at)) == 0)
        return false;
    size_t path = end;
    while (path < len && strchr("/?#", address[path]) == NULL)
        path++;
    for (size_t i = noise->from[kind]; i < noise->from[kind + 1]; i++)
        if (fits(&noise->rules[i], address + at, end - at, address + path,
                 len - path))
            return true;
    return false;
}

bool noise_is_image(const struct noise *noise, const char *address, size_t len)
{
    return leads(noise, NOISE_IMAGE, address, len);
}

bool noise_is_link(const struct noise *noise, const char *address, size_t len)
{
    return leads(noise, NOISE_LINK, address, len);
}

bool noise_has_pixels(const struct noise *noise)
{
    return noise->pixels;
}
