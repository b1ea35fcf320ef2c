#include "wire/quic/error.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/tls/alert.h"

const char *hs_quic_error_name(uint64_t error)
{
    uint8_t alert = 0;
    switch (error) {
#define HS_X(symbol, value, name)                                                                  \
    case value:                                                                                    \
        return name;
        HS_QUIC_ERROR_MAP(HS_X)
#undef HS_X
    default:
        return hs_quic_error_alert(error, &alert) ? "CRYPTO_ERROR" : NULL;
    }
}

bool hs_quic_error_alert(uint64_t error, uint8_t *alert)
{
    *alert = (uint8_t)(error & 0xff);
    return error >> 8 == HS_QUIC_ERROR_CRYPTO >> 8;
}

const char *hs_quic_error_text(uint64_t error, char text[HS_QUIC_ERROR_TEXT_SIZE])
{
    uint8_t alert = 0;
    if (hs_quic_error_alert(error, &alert)) {
        const char *name = hs_tls_alert_description_name(alert);
        if (name) {
            (void)snprintf(text, HS_QUIC_ERROR_TEXT_SIZE, "CRYPTO_ERROR (%s)", name);
        } else {
            (void)snprintf(text, HS_QUIC_ERROR_TEXT_SIZE, "CRYPTO_ERROR (alert %u)", alert);
        }
    } else if (hs_quic_error_name(error)) {
        (void)snprintf(text, HS_QUIC_ERROR_TEXT_SIZE, "%s", hs_quic_error_name(error));
    } else {
        (void)snprintf(text, HS_QUIC_ERROR_TEXT_SIZE, "0x%" PRIx64, error);
    }
    return text;
}
