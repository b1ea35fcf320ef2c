/* The header of every handshake message (RFC 8446 4, RFC 5246 7.4), and their names. */
#ifndef HS_WIRE_TLS_HANDSHAKE_H
#define HS_WIRE_TLS_HANDSHAKE_H

#include "base/reader.h"
#include "base/writer.h"

/* X(symbol, number, RFC name) */
#define HS_TLS_HANDSHAKE_TYPE_MAP(X)                                                               \
    X(HELLO_REQUEST, 0, "HelloRequest")                                                            \
    X(CLIENT_HELLO, 1, "ClientHello")                                                              \
    X(SERVER_HELLO, 2, "ServerHello")                                                              \
    X(HELLO_VERIFY_REQUEST, 3, "HelloVerifyRequest")                                               \
    X(NEW_SESSION_TICKET, 4, "NewSessionTicket")                                                   \
    X(END_OF_EARLY_DATA, 5, "EndOfEarlyData")                                                      \
    X(HELLO_RETRY_REQUEST, 6, "HelloRetryRequest") /* drafts only; else see the ServerHello */     \
    X(ENCRYPTED_EXTENSIONS, 8, "EncryptedExtensions")                                              \
    X(REQUEST_CONNECTION_ID, 9, "RequestConnectionId")                                             \
    X(NEW_CONNECTION_ID, 10, "NewConnectionId")                                                    \
    X(CERTIFICATE, 11, "Certificate")                                                              \
    X(SERVER_KEY_EXCHANGE, 12, "ServerKeyExchange")                                                \
    X(CERTIFICATE_REQUEST, 13, "CertificateRequest")                                               \
    X(SERVER_HELLO_DONE, 14, "ServerHelloDone")                                                    \
    X(CERTIFICATE_VERIFY, 15, "CertificateVerify")                                                 \
    X(CLIENT_KEY_EXCHANGE, 16, "ClientKeyExchange")                                                \
    X(CLIENT_CERTIFICATE_REQUEST, 17, "ClientCertificateRequest")                                  \
    X(FINISHED, 20, "Finished")                                                                    \
    X(CERTIFICATE_URL, 21, "CertificateURL")                                                       \
    X(CERTIFICATE_STATUS, 22, "CertificateStatus")                                                 \
    X(SUPPLEMENTAL_DATA, 23, "SupplementalData")                                                   \
    X(KEY_UPDATE, 24, "KeyUpdate")                                                                 \
    X(COMPRESSED_CERTIFICATE, 25, "CompressedCertificate")                                         \
    X(EKT_KEY, 26, "EKTKey")                                                                       \
    X(NEXT_PROTOCOL, 67, "NextProtocol")                                                           \
    X(MESSAGE_HASH, 254, "MessageHash")

typedef enum hs_tls_handshake_type {
#define HS_X(symbol, number, name) HS_TLS_HS_##symbol = number,
    HS_TLS_HANDSHAKE_TYPE_MAP(HS_X)
#undef HS_X
} hs_tls_handshake_type;

enum { HS_TLS_HANDSHAKE_HEADER = 4, HS_TLS_RANDOM = 32 };

typedef struct hs_tls_handshake {
    uint8_t msg_type; /* hs_tls_handshake_type, or what else was there */
    hs_bytes body;
} hs_tls_handshake;

/* Reads one message, header and body. HS_NEED_MORE: it is not whole yet. */
HS_CHECKED hs_result hs_tls_handshake_read(hs_reader *r, hs_tls_handshake *out);
/* Only the four bytes: `length` gets the body's, so that a reader of the stream can bound it. */
HS_CHECKED hs_result hs_tls_handshake_read_header(hs_reader *r, uint8_t *msg_type,
                                                  uint32_t *length);
/* Header and body at once, or around what the caller writes. */
void hs_tls_handshake_write(hs_writer *w, const hs_tls_handshake *message);
hs_block hs_tls_handshake_open(hs_writer *w, uint8_t msg_type);
void hs_tls_handshake_close(hs_writer *w, hs_block block);

/* "ClientHello"; NULL for what has no name. A HelloRetryRequest is a ServerHello by its type: ask
 * hs_tls_handshake_name. */
const char *hs_tls_handshake_type_name(uint8_t msg_type);
/* The same, and "HelloRetryRequest" for a ServerHello that has its random (RFC 8446 4.1.3). */
const char *hs_tls_handshake_name(const hs_tls_handshake *message);

#endif
