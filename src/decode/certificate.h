/* An X.509 certificate's DER to what people ask of it (RFC 5280). */
#ifndef HS_DECODE_CERTIFICATE_H
#define HS_DECODE_CERTIFICATE_H

#include <handshake/trace.h>

#include "base/arena.h"

/* Fills `out`, everything in `arena` (the DER too, copied). HS_MALFORMED: no certificate.
 * HS_NO_MEMORY. */
HS_CHECKED hs_result hs_certificate_parse(hs_arena *arena, hs_bytes der, hs_certificate *out);

#endif
