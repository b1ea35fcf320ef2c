/* What the rows of extension_registry.c are made of: how one shape of body is read and written.
 * Inside wire/tls only. */
#ifndef HS_WIRE_TLS_EXTENSION_FORMAT_H
#define HS_WIRE_TLS_EXTENSION_FORMAT_H

#include "wire/tls/extension.h"
#include "wire/tls/fields.h"

typedef struct hs_tls_extension_format hs_tls_extension_format;

struct hs_tls_extension_format {
    /* The reader holds the body; what is left over at the end is a fault that the caller sees. */
    void (*read)(hs_reader *r, const hs_tls_extension_format *format, hs_tls_extension_value *out);
    void (*write)(hs_writer *w, const hs_tls_extension_format *format,
                  const hs_tls_extension_value *value);
    /* For the shapes that many extensions share. */
    const char *list; /* the field's name, or the list's */
    const char *item;
    hs_tls_name_u8 name_u8;
    hs_tls_name_u16 name_u16;
};

/* Declares reader and writer of a shape. */
#define HS_TLS_SHAPE(shape)                                                                        \
    void hs_tls_read_##shape(hs_reader *r, const hs_tls_extension_format *format,                  \
                             hs_tls_extension_value *out);                                         \
    void hs_tls_write_##shape(hs_writer *w, const hs_tls_extension_format *format,                 \
                              const hs_tls_extension_value *value);

/* extension_shapes.c: `number`, or `list` with `count`, or `bytes` */
HS_TLS_SHAPE(shape_empty)
HS_TLS_SHAPE(shape_u8)
HS_TLS_SHAPE(shape_u16)
HS_TLS_SHAPE(shape_u32)
HS_TLS_SHAPE(shape_list8_u8)
HS_TLS_SHAPE(shape_list8_u16)
HS_TLS_SHAPE(shape_list16_u16)
HS_TLS_SHAPE(shape_list16_opaque8)
HS_TLS_SHAPE(shape_list16_opaque16)
HS_TLS_SHAPE(shape_rest_opaque8)
HS_TLS_SHAPE(shape_opaque8)
HS_TLS_SHAPE(shape_opaque16)
HS_TLS_SHAPE(shape_rest)

/* extension_server_name.c */
HS_TLS_SHAPE(server_name_list)
/* extension_status.c */
HS_TLS_SHAPE(status_request)
HS_TLS_SHAPE(status_request_optional)
HS_TLS_SHAPE(status_request_v2)
HS_TLS_SHAPE(certificate_status_body)
/* extension_key_share.c */
HS_TLS_SHAPE(key_share_client)
HS_TLS_SHAPE(key_share_server)
/* extension_psk.c */
HS_TLS_SHAPE(offered_psks)
/* extension_auth.c */
HS_TLS_SHAPE(oid_filters)
HS_TLS_SHAPE(delegated_credential)
HS_TLS_SHAPE(token_binding)
/* extension_misc.c */
HS_TLS_SHAPE(use_srtp)
HS_TLS_SHAPE(ticket_request)
HS_TLS_SHAPE(ech_client_hello)
HS_TLS_SHAPE(ech_confirmation)
/* extension_quic.c */
HS_TLS_SHAPE(quic_transport_parameters)

#undef HS_TLS_SHAPE

#endif
