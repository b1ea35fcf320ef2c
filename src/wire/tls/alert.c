#include "wire/tls/alert.h"

#include "wire/tls/fields.h"

const char *hs_tls_alert_level_name(uint8_t level)
{
    switch (level) {
    case HS_TLS_ALERT_WARNING:
        return "warning";
    case HS_TLS_ALERT_FATAL:
        return "fatal";
    default:
        return NULL;
    }
}

const char *hs_tls_alert_description_name(uint8_t description)
{
    switch (description) {
#define HS_X(symbol, number, name)                                                                 \
    case number:                                                                                   \
        return name;
        HS_TLS_ALERT_MAP(HS_X)
#undef HS_X
    default:
        return NULL;
    }
}

hs_result hs_tls_alert_read(hs_reader *r, hs_tls_alert *out)
{
    out->level = hs_tls_read_u8(r, "level", hs_tls_alert_level_name);
    out->description = hs_tls_read_u8(r, "description", hs_tls_alert_description_name);
    return hs_reader_result(r);
}

void hs_tls_alert_write(hs_writer *w, const hs_tls_alert *alert)
{
    hs_write_u8(w, alert->level);
    hs_write_u8(w, alert->description);
}
