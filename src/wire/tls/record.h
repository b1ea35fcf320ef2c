/* TLS records: five bytes of header and a fragment (RFC 8446 5.1, RFC 5246 6.2), and the record in
 * which an SSLv2 ClientHello comes (RFC 5246 E.2). */
#ifndef HS_WIRE_TLS_RECORD_H
#define HS_WIRE_TLS_RECORD_H

#include "base/reader.h"
#include "base/writer.h"

typedef enum hs_tls_content_type {
    HS_TLS_CHANGE_CIPHER_SPEC = 20,
    HS_TLS_ALERT = 21,
    HS_TLS_HANDSHAKE = 22,
    HS_TLS_APPLICATION_DATA = 23,
    HS_TLS_HEARTBEAT = 24,
} hs_tls_content_type;

enum {
    HS_TLS_RECORD_HEADER = 5,
    HS_TLS_PLAINTEXT_MAX = 16384,
    /* TLSCiphertext: 2^14 + 2048 up to TLS 1.2; TLS 1.3 allows 2^14 + 256. */
    HS_TLS_CIPHERTEXT_MAX = 16384 + 2048,
    HS_TLS_13_CIPHERTEXT_MAX = 16384 + 256,
    HS_TLS_RECORD_MAX = HS_TLS_RECORD_HEADER + HS_TLS_CIPHERTEXT_MAX,
};

typedef struct hs_tls_record {
    uint8_t type; /* hs_tls_content_type, or what else was there */
    uint16_t legacy_record_version;
    hs_bytes fragment;
} hs_tls_record;

/* Reads one record. HS_NEED_MORE: it is not whole yet. HS_MALFORMED: it cannot be a TLS record: a
 * type outside 20..24, a major version other than 3, or longer than HS_TLS_CIPHERTEXT_MAX; said as
 * soon as the byte at fault is there. On success the reader stands behind the record. */
/* What hs_tls_record_read_header would find, for the many records that nobody takes notes of: the
 * size of the record that begins here, with its header; 0 where that is not whole, or cannot be. */
size_t hs_tls_record_size(hs_bytes bytes);
HS_CHECKED hs_result hs_tls_record_read(hs_reader *r, hs_tls_record *out);
/* The same without its fragment: `length` gets what the header says. */
HS_CHECKED hs_result hs_tls_record_read_header(hs_reader *r, hs_tls_record *out, uint16_t *length);
void hs_tls_record_write(hs_writer *w, const hs_tls_record *record);

/* "handshake"; NULL for what has no name. */
const char *hs_tls_content_type_name(uint8_t type);

/* An SSLv2 ClientHello, which clients that also know SSLv3 or TLS once sent first. */
typedef struct hs_tls_ssl2_client_hello {
    uint16_t version;      /* the highest that the client offers */
    hs_bytes cipher_specs; /* three bytes each */
    hs_bytes session_id;
    hs_bytes challenge;
} hs_tls_ssl2_client_hello;

/* Whether these bytes begin one; HS_NEED_MORE: too few to tell; HS_MALFORMED: no. Five bytes tell.
 */
HS_CHECKED hs_result hs_tls_ssl2_client_hello_detect(hs_bytes bytes);
/* Reads the record with its two bytes of header. */
HS_CHECKED hs_result hs_tls_ssl2_client_hello_read(hs_reader *r, hs_tls_ssl2_client_hello *out);
void hs_tls_ssl2_client_hello_write(hs_writer *w, const hs_tls_ssl2_client_hello *hello);

/* The content of a change_cipher_spec record: one byte, 1. */
HS_CHECKED hs_result hs_tls_change_cipher_spec_read(hs_reader *r, uint8_t *type);
void hs_tls_change_cipher_spec_write(hs_writer *w, uint8_t type);

#endif
