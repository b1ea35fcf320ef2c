#include "wire/tls/client_hello.h"

#include "wire/tls/extension_get.h"
#include "wire/tls/fields.h"
#include "wire/tls/handshake.h"
#include "wire/tls/names.h"

hs_result hs_tls_client_hello_read(hs_reader *r, hs_tls_client_hello *out)
{
    *out = (hs_tls_client_hello){.extensions.context = HS_TLS_IN_CLIENT_HELLO};
    out->legacy_version = hs_tls_read_u16(r, "legacy_version", hs_tls_version_name);
    out->random = hs_read_bytes(r, HS_TLS_RANDOM, "random");
    out->legacy_session_id = hs_tls_read_opaque(r, 1, "legacy_session_id");
    out->cipher_suites = hs_tls_read_u16_list(r, 2, "cipher_suites", "cipher_suite",
                                              hs_tls_cipher_suite_name, NULL);
    out->legacy_compression_methods = hs_tls_read_u8_list(r, 1, "legacy_compression_methods",
                                                          "compression_method",
                                                          hs_tls_compression_method_name, NULL);
    if (hs_reader_left(r) > 0) {
        hs_tls_extensions_read(r, HS_TLS_IN_CLIENT_HELLO, &out->extensions);
    }
    return hs_reader_finish(r);
}

void hs_tls_client_hello_write(hs_writer *w, const hs_tls_client_hello *hello)
{
    hs_write_u16(w, hello->legacy_version);
    hs_write_bytes(w, hello->random);
    hs_tls_write_opaque(w, 1, hello->legacy_session_id);
    hs_tls_write_opaque(w, 2, hello->cipher_suites);
    hs_tls_write_opaque(w, 1, hello->legacy_compression_methods);
    hs_tls_extensions_write(w, &hello->extensions);
}

uint16_t hs_tls_client_hello_version(const hs_tls_client_hello *hello)
{
    hs_tls_u16_list list;
    if (!hs_tls_get_supported_versions(&hello->extensions, &list)) {
        return hello->legacy_version;
    }
    uint16_t highest = 0;
    for (uint16_t version; hs_tls_u16_next(&list, &version);) {
        if (!hs_tls_is_grease(version) && version > highest) {
            highest = version;
        }
    }
    return highest;
}
