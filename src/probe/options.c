/* The options' defaults, and the checks that need no file and no library. */
#include <stdio.h>
#include <string.h>

#include "net/resolve.h"
#include "probe/options.h"
#include "wire/quic/version.h"

void hs_probe_options_init(hs_probe_options *options)
{
    *options = (hs_probe_options){
        .connect_timeout = 10 * HS_SECOND,
        .tls_timeout = 10 * HS_SECOND,
        .upgrade_timeout = 10 * HS_SECOND,
        .timeout = 30 * HS_SECOND,
        .keep_events = true,
    };
}

static hs_result invalid(hs_problem *problem, const char *what)
{
    (void)snprintf(problem->text, sizeof problem->text, "%s", what);
    return HS_INVALID;
}

static hs_result check_overrides(const hs_probe_options *o, hs_problem *problem)
{
    for (size_t i = 0; i < o->resolve_count; i++) {
        hs_address addresses[HS_OVERRIDE_ADDRESSES_MAX];
        size_t count = 0;
        if (hs_resolve_override(o->resolve[i], "", 0, addresses, HS_OVERRIDE_ADDRESSES_MAX,
                                &count) != HS_OK) {
            (void)snprintf(problem->text, sizeof problem->text,
                           "--resolve '%.200s' is not HOST:PORT:ADDRESS[,ADDRESS]…", o->resolve[i]);
            return HS_INVALID;
        }
    }
    return HS_OK;
}

/* Of a token of RFC 9110 5.6.2. */
static bool is_token_byte(char c)
{
    return c > 0x20 && c < 0x7f && !strchr("\"(),/:;<=>?@[\\]{}", c);
}

/* Tokens, so that nothing can be put into the request with them. */
static bool is_token_list(const char *list)
{
    for (;;) {
        list += strspn(list, " ");
        const char *token = list;
        while (is_token_byte(*list)) {
            list++;
        }
        if (list == token) {
            return false;
        }
        list += strspn(list, " ");
        if (*list != ',') {
            return *list == '\0';
        }
        list++;
    }
}

bool hs_quic_versions_parse(const char *list, uint32_t versions[HS_QUIC_VERSIONS_MAX],
                            size_t *count)
{
    *count = 0;
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        if (*count == HS_QUIC_VERSIONS_MAX ||
            !hs_quic_version_parse(at, len, &versions[(*count)++])) {
            return false;
        }
        at += len;
        if (*at == '\0') {
            return true;
        }
    }
}

/* What the session can speak, beside versions that exist to be refused (RFC 9000 15). */
static hs_result check_quic_versions(const char *list, hs_problem *problem)
{
    uint32_t versions[HS_QUIC_VERSIONS_MAX];
    size_t count = 0;
    bool usable = false;
    bool good = hs_quic_versions_parse(list, versions, &count);
    for (size_t i = 0; good && i < count; i++) {
        bool is_spoken = versions[i] == HS_QUIC_V1 || versions[i] == HS_QUIC_V2;
        usable = usable || is_spoken;
        good = is_spoken || hs_quic_version_is_reserved(versions[i]);
    }
    if (good && usable) {
        return HS_OK;
    }
    (void)snprintf(problem->text, sizeof problem->text,
                   "'%.100s' is not a list of QUIC versions: v1, v2, and before them perhaps one "
                   "of 0x?a?a?a?a",
                   list);
    return HS_INVALID;
}

hs_result hs_probe_options_check(const hs_probe_options *o, hs_problem *problem)
{
    if (o->family != 0 && o->family != 4 && o->family != 6) {
        return invalid(problem, "the address family is not 4 or 6");
    }
    if (o->connect_timeout < 0 || o->tls_timeout < 0 || o->upgrade_timeout < 0 || o->timeout < 0) {
        return invalid(problem, "a deadline is negative");
    }
    if (o->tls_min != 0 && o->tls_max != 0 && o->tls_min > o->tls_max) {
        return invalid(problem, "the lowest TLS version is above the highest");
    }
    if (o->hello_retry && o->tls_max != 0 && o->tls_max < 0x0304) {
        return invalid(problem, "--hello-retry needs TLS 1.3 (--tls-max)");
    }
    if (o->key && !o->cert) {
        return invalid(problem, "--key needs --cert");
    }
    if (o->embed_secrets && !o->pcap) {
        return invalid(problem, "--embed-secrets needs --pcap");
    }
    if (o->subprotocols && !is_token_list(o->subprotocols)) {
        return invalid(problem, "the subprotocols are not a comma list of tokens");
    }
    if (o->quic_versions && check_quic_versions(o->quic_versions, problem) != HS_OK) {
        return HS_INVALID;
    }
    return check_overrides(o, problem);
}
