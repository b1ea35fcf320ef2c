/* What a fatal alert says about the failure, seen from the wire (RFC 8446 6.2): which class it is
 * depends on who sent it. */
#ifndef HS_DECODE_TLS_ALERT_CLASS_H
#define HS_DECODE_TLS_ALERT_CLASS_H

#include <handshake/trace.h>

/* HS_FAILURE_TLS_ALERT where the alert names nothing more. `certificate_requested`: the server had
 * asked the client for a certificate. */
hs_failure_class hs_tls_alert_class_seen(uint8_t description, hs_side from,
                                         bool certificate_requested);

#endif
