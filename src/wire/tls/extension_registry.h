/* The table of extensions. Inside wire/tls only. */
#ifndef HS_WIRE_TLS_EXTENSION_REGISTRY_H
#define HS_WIRE_TLS_EXTENSION_REGISTRY_H

#include "wire/tls/extension_format.h"

typedef struct hs_tls_extension_descriptor {
    uint16_t type;
    /* One for each place where it may stand; NULL: it has no known form there. */
    const hs_tls_extension_format *format[HS_TLS_EXTENSION_CONTEXT_COUNT];
} hs_tls_extension_descriptor;

/* How to read and write a body; of one without a known form, all of it as bytes. Never NULL. */
const hs_tls_extension_format *hs_tls_extension_format_find(uint16_t type,
                                                            hs_tls_extension_context context);

#endif
