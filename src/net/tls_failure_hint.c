/* What an alert says about this connection beyond its name. */
#include <stdio.h>

#include "net/tls_failure.h"
#include "wire/tls/alert.h"

const char *hs_tls_alert_text(int alert)
{
    const char *name = hs_tls_alert_description_name((uint8_t)alert);
    return name ? name : "without a name";
}

void hs_tls_protocols_text(hs_bytes list, char *out, size_t size)
{
    size_t used = 0;
    out[0] = 0;
    for (size_t at = 0; at < list.len && used < size; at += 1U + list.data[at]) {
        int len = snprintf(out + used, size - used, "%s%.*s", at ? "," : "", list.data[at],
                           (const char *)list.data + at + 1);
        used += len > 0 ? (size_t)len : 0;
    }
}

void hs_tls_alert_hint(hs_failure_class cls, const hs_tls_peer *peer, bool has_certificate,
                       char *out, size_t size)
{
    switch (cls) {
    case HS_FAILURE_TLS_CIPHER_MISMATCH:
        snprintf(out, size, ": it found no cipher suite, group or signature algorithm in common");
        break;
    case HS_FAILURE_TLS_UNRECOGNIZED_NAME:
        snprintf(out, size, ": it does not know %.100s",
                 peer->name && !peer->name_is_address ? peer->name : "a client without SNI");
        break;
    case HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT:
        snprintf(out, size,
                 has_certificate ? ": it did not accept the client certificate"
                                 : ": it wants a client certificate and none was given");
        break;
    default:
        out[0] = 0;
        break;
    }
}
