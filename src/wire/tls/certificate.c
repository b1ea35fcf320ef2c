#include "wire/tls/certificate.h"

#include "wire/tls/fields.h"
#include "wire/tls/names.h"

static void read_entry(hs_reader *r, uint16_t version, hs_tls_certificate_entry *out)
{
    *out = (hs_tls_certificate_entry){.extensions.context = HS_TLS_IN_CERTIFICATE};
    out->cert_data = hs_tls_read_opaque(r, 3, "cert_data");
    if (hs_tls_version_is_13(version)) {
        hs_tls_extensions_read(r, HS_TLS_IN_CERTIFICATE, &out->extensions);
    }
}

hs_result hs_tls_certificate_read(hs_reader *r, uint16_t version, hs_tls_certificate *out)
{
    *out = (hs_tls_certificate){.version = version};
    if (hs_tls_version_is_13(version)) {
        out->certificate_request_context = hs_tls_read_opaque(r, 1, "certificate_request_context");
    }
    hs_reader list = hs_read_block24(r, "certificate_list");
    out->certificate_list = hs_tls_peek(&list);
    for (; hs_reader_left(&list) > 0; out->count++) {
        hs_tls_certificate_entry entry;
        size_t mark = hs_reader_group_begin(&list, "CertificateEntry");
        read_entry(&list, version, &entry);
        hs_reader_group_end(&list, mark);
    }
    hs_reader_close(&list);
    return hs_reader_finish(r);
}

void hs_tls_certificate_write(hs_writer *w, const hs_tls_certificate *message)
{
    if (hs_tls_version_is_13(message->version)) {
        hs_tls_write_opaque(w, 1, message->certificate_request_context);
    }
    hs_tls_write_opaque(w, 3, message->certificate_list);
}

hs_tls_certificate_iterator hs_tls_certificate_begin(const hs_tls_certificate *message)
{
    return (hs_tls_certificate_iterator){message->version, message->certificate_list};
}

bool hs_tls_certificate_next(hs_tls_certificate_iterator *it, hs_tls_certificate_entry *out)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, it->left, &fault, NULL);
    if (hs_reader_left(&r) == 0) {
        return false;
    }
    read_entry(&r, it->version, out);
    it->left = hs_tls_peek(&r);
    return hs_reader_ok(&r);
}

void hs_tls_certificate_entry_write(hs_writer *w, uint16_t version,
                                    const hs_tls_certificate_entry *entry)
{
    hs_tls_write_opaque(w, 3, entry->cert_data);
    if (hs_tls_version_is_13(version)) {
        hs_tls_extensions_write(w, &entry->extensions);
    }
}
