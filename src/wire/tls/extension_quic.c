/* quic_transport_parameters (RFC 9001 8.2): its body is the codec's of QUIC. */
#include "wire/quic/transport_parameters.h"
#include "wire/tls/extension_format.h"

void hs_tls_read_quic_transport_parameters(hs_reader *r, const hs_tls_extension_format *format,
                                           hs_tls_extension_value *out)
{
    (void)format;
    hs_quic_transport_parameters parameters;
    /* The fault is the reader's, which the caller looks at. */
    if (hs_quic_read_transport_parameters(r, &parameters) == HS_OK) {
        out->bytes = parameters.bytes;
    }
}

void hs_tls_write_quic_transport_parameters(hs_writer *w, const hs_tls_extension_format *format,
                                            const hs_tls_extension_value *value)
{
    (void)format;
    hs_write_bytes(w, value->bytes);
}
