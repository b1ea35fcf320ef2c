/* The tables from OpenSSL's and TLS's numbers to failure classes (RFC 8446 6.2). */
#include <openssl/err.h>

#include "net/tls_failure.h"
#include "wire/tls/alert.h"

typedef struct verify_row {
    int verify;
    hs_failure_class cls;
} verify_row;

static const verify_row verify_rows[] = {
    {X509_V_ERR_CERT_NOT_YET_VALID, HS_FAILURE_TLS_CERT_DATE_INVALID},
    {X509_V_ERR_CERT_HAS_EXPIRED, HS_FAILURE_TLS_CERT_DATE_INVALID},
    {X509_V_ERR_HOSTNAME_MISMATCH, HS_FAILURE_TLS_CERT_NAME_INVALID},
    {X509_V_ERR_EMAIL_MISMATCH, HS_FAILURE_TLS_CERT_NAME_INVALID},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, HS_FAILURE_TLS_CERT_NAME_INVALID},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, HS_FAILURE_TLS_CERT_SELF_SIGNED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {X509_V_ERR_CERT_UNTRUSTED, HS_FAILURE_TLS_CERT_AUTHORITY_INVALID},
    {X509_V_ERR_CERT_REVOKED, HS_FAILURE_TLS_CERT_REVOKED},
    {X509_V_ERR_EE_KEY_TOO_SMALL, HS_FAILURE_TLS_CERT_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, HS_FAILURE_TLS_CERT_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, HS_FAILURE_TLS_CERT_WEAK},
};

typedef struct alert_row {
    int alert;
    hs_failure_class cls;
    hs_failure_class after_request; /* once the server has asked for a client certificate */
} alert_row;

static const alert_row alert_rows[] = {
    {HS_TLS_ALERT_HANDSHAKE_FAILURE, HS_FAILURE_TLS_CIPHER_MISMATCH,
     HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_INSUFFICIENT_SECURITY, HS_FAILURE_TLS_CIPHER_MISMATCH,
     HS_FAILURE_TLS_CIPHER_MISMATCH},
    {HS_TLS_ALERT_NO_CERTIFICATE, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_BAD_CERTIFICATE, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_UNSUPPORTED_CERTIFICATE, HS_FAILURE_TLS_ALERT,
     HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_CERTIFICATE_REVOKED, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_CERTIFICATE_EXPIRED, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_CERTIFICATE_UNKNOWN, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_UNKNOWN_CA, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_ACCESS_DENIED, HS_FAILURE_TLS_ALERT, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_CERTIFICATE_REQUIRED, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT,
     HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT},
    {HS_TLS_ALERT_PROTOCOL_VERSION, HS_FAILURE_TLS_VERSION_MISMATCH,
     HS_FAILURE_TLS_VERSION_MISMATCH},
    {HS_TLS_ALERT_INAPPROPRIATE_FALLBACK, HS_FAILURE_TLS_VERSION_MISMATCH,
     HS_FAILURE_TLS_VERSION_MISMATCH},
    {HS_TLS_ALERT_UNRECOGNIZED_NAME, HS_FAILURE_TLS_UNRECOGNIZED_NAME,
     HS_FAILURE_TLS_UNRECOGNIZED_NAME},
    {HS_TLS_ALERT_NO_APPLICATION_PROTOCOL, HS_FAILURE_TLS_ALPN_MISMATCH,
     HS_FAILURE_TLS_ALPN_MISMATCH},
};

typedef struct reason_row {
    int reason;
    hs_failure_class cls;
    const char *what; /* NULL: OpenSSL's own words */
} reason_row;

static const reason_row reason_rows[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, HS_FAILURE_TLS_VERSION_MISMATCH,
     "no version may be offered at this security level"},
    {SSL_R_WRONG_SSL_VERSION, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_UNSUPPORTED_SSL_VERSION, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_UNKNOWN_SSL_VERSION, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_VERSION_TOO_LOW, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_VERSION_TOO_HIGH, HS_FAILURE_TLS_VERSION_MISMATCH, NULL},
    {SSL_R_INAPPROPRIATE_FALLBACK, HS_FAILURE_TLS_VERSION_MISMATCH,
     "the negotiation was led down to an older version than both sides speak"},
    {SSL_R_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED, HS_FAILURE_TLS_VERSION_MISMATCH,
     "TLS before 1.2 signs with SHA-1, which this security level does not allow"},
    {SSL_R_NO_SHARED_CIPHER, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_NO_CIPHERS_AVAILABLE, HS_FAILURE_TLS_CIPHER_MISMATCH,
     "no cipher suite may be offered with these options"},
    {SSL_R_NO_SUITABLE_KEY_SHARE, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_NO_SHARED_GROUPS, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_NO_SUITABLE_GROUPS, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_WRONG_CURVE, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_WRONG_SIGNATURE_TYPE, HS_FAILURE_TLS_CIPHER_MISMATCH, NULL},
    {SSL_R_DH_KEY_TOO_SMALL, HS_FAILURE_TLS_CIPHER_MISMATCH,
     "the server's Diffie-Hellman group is too small"},
    {SSL_R_NO_APPLICATION_PROTOCOL, HS_FAILURE_TLS_ALPN_MISMATCH, NULL},
    {SSL_R_HTTP_REQUEST, HS_FAILURE_TLS_NOT_TLS, NULL},
    {SSL_R_HTTPS_PROXY_REQUEST, HS_FAILURE_TLS_NOT_TLS, NULL},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, HS_FAILURE_TLS_BAD_CLIENT_AUTH_CERT, NULL},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, HS_FAILURE_TLS_CERT_INVALID, NULL},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, HS_FAILURE_TLS_CLOSED, NULL},
    {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, HS_FAILURE_TLS_PROTOCOL_ERROR,
     "the server does not know secure renegotiation (RFC 5746)"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, HS_FAILURE_TLS_PROTOCOL_ERROR,
     "a record does not decrypt"},
    {SSL_R_INCONSISTENT_EARLY_DATA_ALPN, HS_FAILURE_LOCAL,
     "the ticket is for another application protocol"},
    {SSL_R_INCONSISTENT_EARLY_DATA_SNI, HS_FAILURE_LOCAL, "the ticket is for another name"},
    {ERR_R_MALLOC_FAILURE, HS_FAILURE_LOCAL, "out of memory"},
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

hs_failure_class hs_tls_verify_class(int verify)
{
    for (size_t i = 0; i < ROWS(verify_rows); i++) {
        if (verify_rows[i].verify == verify) {
            return verify_rows[i].cls;
        }
    }
    return verify == X509_V_OK ? HS_FAILURE_NONE : HS_FAILURE_TLS_CERT_INVALID;
}

hs_failure_class hs_tls_alert_class(int alert, bool certificate_requested)
{
    for (size_t i = 0; i < ROWS(alert_rows); i++) {
        if (alert_rows[i].alert == alert) {
            return certificate_requested ? alert_rows[i].after_request : alert_rows[i].cls;
        }
    }
    return HS_FAILURE_TLS_ALERT;
}

static const reason_row *find_reason(int reason)
{
    for (size_t i = 0; i < ROWS(reason_rows); i++) {
        if (reason_rows[i].reason == reason) {
            return &reason_rows[i];
        }
    }
    return NULL;
}

hs_failure_class hs_tls_reason_class(int reason)
{
    const reason_row *row = find_reason(reason);
    return row ? row->cls : HS_FAILURE_TLS_PROTOCOL_ERROR;
}

const char *hs_tls_reason_what(int reason)
{
    const reason_row *row = find_reason(reason);
    return row ? row->what : NULL;
}

bool hs_tls_looks_like_tls(hs_bytes first)
{
    const uint8_t *b = first.data;
    if (first.len == 0) {
        return true;
    }
    bool ssl2_hello = (b[0] & 0x80) && (first.len < 3 || b[2] == 1);
    bool record = b[0] >= SSL3_RT_CHANGE_CIPHER_SPEC && b[0] <= SSL3_RT_APPLICATION_DATA + 1 &&
                  (first.len < 2 || b[1] == 3);
    return record || ssl2_hello;
}
