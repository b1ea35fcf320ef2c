/* Which UDP ports are served, and how. */
#include "serve/quic_plan.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/reader.h"
#include "net/clock.h"
#include "net/file.h"
#include "wire/quic/version.h"

static const char http3_alpn[] = "h3";
static const char default_alpn[] = "echo,hq-interop";

/* The next item of a comma list; false at its end. */
static bool next_item(const char **list, hs_bytes *item)
{
    if (!*list) {
        return false;
    }
    const char *comma = strchr(*list, ',');
    size_t len = comma ? (size_t)(comma - *list) : strlen(*list);
    *item = hs_bytes_of(*list, len);
    *list = comma ? comma + 1 : NULL;
    return true;
}

static hs_result take_version(hs_quic_plan *plan, hs_bytes name, hs_problem *problem)
{
    static const uint32_t spoken[] = {HS_QUIC_V1, HS_QUIC_V2};
    for (size_t i = 0; i < sizeof spoken / sizeof spoken[0]; i++) {
        if (!hs_bytes_are(name, hs_quic_version_name(spoken[i]))) {
            continue;
        }
        for (size_t j = 0; j < plan->version_count; j++) {
            if (plan->versions[j] == spoken[i]) {
                return hs_problem_set(problem, HS_INVALID, "quic-versions: %s: named twice",
                                      hs_quic_version_name(spoken[i]));
            }
        }
        plan->versions[plan->version_count++] = spoken[i];
        return HS_OK;
    }
    return hs_problem_set(problem, HS_INVALID, "quic-versions: '%.*s' is not v1 or v2",
                          (int)(name.len < 64 ? name.len : 64), (const char *)name.data);
}

static hs_result take_versions(hs_quic_plan *plan, const char *list, hs_problem *problem)
{
    hs_result result = HS_OK;
    hs_bytes name;
    plan->version_count = 0;
    while (result == HS_OK && next_item(&list, &name)) {
        result = take_version(plan, name, problem);
    }
    return result;
}

static hs_result take_alpn(hs_quic_plan *plan, const char *list, hs_problem *problem)
{
    hs_bytes name;
    const char *rest = list;
    while (next_item(&rest, &name)) {
        if (name.len == 0) {
            return hs_problem_set(problem, HS_INVALID, "quic-alpn: '%.64s': an empty name", list);
        }
        if (hs_bytes_are(name, http3_alpn)) {
            return hs_problem_set(problem, HS_INVALID,
                                  "quic-alpn: h3 is what --https3 serves, not the echo");
        }
    }
    int len = snprintf(plan->alpn, sizeof plan->alpn, "%s", list);
    if (len < 0 || (size_t)len + sizeof http3_alpn >= sizeof plan->alpn) {
        return hs_problem_set(problem, HS_INVALID, "quic-alpn: the list is too long");
    }
    return HS_OK;
}

static void add_http3(hs_quic_plan *plan)
{
    char list[HS_QUIC_PLAN_ALPN_MAX];
    memcpy(list, plan->alpn, sizeof list);
    plan->has_http3 = true;
    snprintf(plan->alpn, sizeof plan->alpn, "%s%s%.*s", http3_alpn, list[0] ? "," : "",
             (int)(sizeof list - sizeof http3_alpn - 1), list);
}

hs_result hs_quic_plan_make(const hs_serve_options *options, hs_quic_plan out[HS_QUIC_PORTS_MAX],
                            size_t *count, hs_problem *problem)
{
    int echo = options->ports[HS_SERVICE_QUIC];
    int http3 = options->ports[HS_SERVICE_HTTPS3];
    hs_quic_plan base = {.retry = options->quic_retry ? HS_QUIC_RETRY_ALWAYS
                                                      : HS_QUIC_RETRY_UNDER_LOAD};
    hs_quic_plan alpn = {.port = 0};
    *count = 0;
    hs_result result = options->quic_versions
                           ? take_versions(&base, options->quic_versions, problem)
                           : HS_OK;
    if (result == HS_OK) {
        result = take_alpn(&alpn, options->quic_alpn ? options->quic_alpn : default_alpn, problem);
    }
    if (result != HS_OK) {
        return result;
    }
    if (echo >= 0) {
        hs_quic_plan *plan = &out[(*count)++];
        *plan = base;
        plan->port = echo;
        plan->has_echo = true;
        memcpy(plan->alpn, alpn.alpn, sizeof plan->alpn);
    }
    if (http3 > 0 && http3 == echo) {
        add_http3(&out[0]);
    } else if (http3 >= 0) {
        hs_quic_plan *plan = &out[(*count)++];
        *plan = base;
        plan->port = http3;
        add_http3(plan);
    }
    return HS_OK;
}

static hs_time epoch(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (hs_time)now.tv_sec * HS_SECOND + now.tv_nsec - hs_clock_monotonic();
}

void hs_quic_plan_config(const hs_quic_plan *plan, hs_quic_server_config *out)
{
    *out = (hs_quic_server_config){
        .alpn = plan->alpn,
        .versions = plan->versions,
        .version_count = plan->version_count,
        .retry = plan->retry,
        .epoch = epoch(),
        .idle_timeout = HS_SERVE_IDLE_MS * HS_MILLISECOND,
        .sessions_max = HS_SERVE_CONNECTIONS_MAX,
    };
}

const char *hs_quic_plan_scheme(const hs_quic_plan *plan)
{
    return hs_service_describe(plan->has_echo ? HS_SERVICE_QUIC : HS_SERVICE_HTTPS3)->scheme;
}
