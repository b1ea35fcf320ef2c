/* What a failed resolution says. */
#include "net/resolve_failure.h"

#include <ares.h>
#include <stdio.h>

static hs_failure_class failure_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
        return HS_FAILURE_DNS_NAME_NOT_RESOLVED;
    case ARES_ETIMEOUT:
        return HS_FAILURE_DNS_TIMED_OUT;
    case ARES_ENOMEM:
        return HS_FAILURE_LOCAL;
    default:
        return HS_FAILURE_DNS_FAILED;
    }
}

static const char *words_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return "NXDOMAIN";
    case ARES_ENODATA:
        return "no such record";
    case ARES_EFORMERR:
        return "FORMERR";
    case ARES_ESERVFAIL:
        return "SERVFAIL";
    case ARES_ENOTIMP:
        return "NOTIMP";
    case ARES_EREFUSED:
        return "REFUSED";
    case ARES_EBADRESP:
        return "a malformed answer";
    case ARES_EBADNAME:
        return "not a name that DNS can carry";
    case ARES_ECONNREFUSED:
        return "no usable answer from any name server";
    case ARES_ETIMEOUT:
        return "no answer";
    default:
        return ares_strerror(status);
    }
}

/* An error that a server returned tells more than silence, and either leaves open whether the name
 * exists. */
static hs_failure_class worse(hs_failure_class one, hs_failure_class other)
{
    static const hs_failure_class order[] = {HS_FAILURE_LOCAL, HS_FAILURE_DNS_FAILED,
                                             HS_FAILURE_DNS_TIMED_OUT};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (one == order[i] || other == order[i])
            return order[i];
    }
    return HS_FAILURE_DNS_NAME_NOT_RESOLVED;
}

hs_failure_class hs_resolve_explain(const char *host, int aaaa, int a, char *why, size_t capacity)
{
    if (aaaa == HS_RESOLVE_NOT_ASKED || a == HS_RESOLVE_NOT_ASKED) {
        int only = a == HS_RESOLVE_NOT_ASKED ? aaaa : a;
        snprintf(why, capacity, "%s for %s (%s)", words_of(only), host, only == a ? "A" : "AAAA");
        return failure_of(only);
    }
    if (a == aaaa)
        snprintf(why, capacity, "%s for %s (AAAA and A)", words_of(a), host);
    else
        snprintf(why, capacity, "AAAA: %s, A: %s, for %s", words_of(aaaa), words_of(a), host);
    return worse(failure_of(a), failure_of(aaaa));
}
