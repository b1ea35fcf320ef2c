/* New certificates (RFC 5280): a CA that can vouch for this host's own names only, and its leaf. */
#include "serve/mint.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/writer.h"

enum {
    SERIAL_BYTES = 16, /* RFC 5280 4.1.2.2: at most 20; positive */
    CLOCK_SKEW = 3600, /* a certificate that begins now is refused by a clock that is behind */
    EXTENSION_MAX = 8192,
};

/* What a lab server is ever bound to: RFC 1918, RFC 3927, RFC 4193, RFC 4291 2.5. */
static const char permitted_always[] = "critical,permitted;DNS:localhost"
                                       ",permitted;IP:127.0.0.0/255.0.0.0"
                                       ",permitted;IP:10.0.0.0/255.0.0.0"
                                       ",permitted;IP:172.16.0.0/255.240.0.0"
                                       ",permitted;IP:192.168.0.0/255.255.0.0"
                                       ",permitted;IP:169.254.0.0/255.255.0.0"
                                       ",permitted;IP:::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
                                       ",permitted;IP:fc00::/fe00::"
                                       ",permitted;IP:fe80::/ffc0::";

void hs_minted_free(hs_minted *minted)
{
    X509_free(minted->certificate);
    EVP_PKEY_free(minted->key);
    minted->certificate = NULL;
    minted->key = NULL;
}

static bool is_address(const char *name, int family)
{
    uint8_t address[sizeof(struct in6_addr)];
    return inet_pton(family, name, address) == 1;
}

static bool is_permitted_always(const char *name)
{
    static const char *const always[] = {"localhost", "*.localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        if (strcmp(name, always[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void write_permitted(hs_writer *w, const char *const *names, size_t count)
{
    hs_write_text(w, permitted_always);
    for (size_t i = 0; i < count; i++) {
        bool v4 = is_address(names[i], AF_INET);
        bool v6 = is_address(names[i], AF_INET6);
        if (is_permitted_always(names[i])) {
            continue;
        }
        hs_write_text(w, v4 || v6 ? ",permitted;IP:" : ",permitted;DNS:");
        hs_write_text(w, names[i]);
        if (v4) {
            hs_write_text(w, "/255.255.255.255");
        } else if (v6) {
            hs_write_text(w, "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        }
    }
    hs_write_u8(w, '\0');
}

static void write_alternative_names(hs_writer *w, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool address = is_address(names[i], AF_INET) || is_address(names[i], AF_INET6);
        hs_write_text(w, i > 0 ? "," : "");
        hs_write_text(w, address ? "IP:" : "DNS:");
        hs_write_text(w, names[i]);
    }
    hs_write_u8(w, '\0');
}

typedef struct extension {
    int nid;
    const char *value;
} extension;

static bool add_extensions(X509 *certificate, X509 *issuer, const extension *extensions,
                           size_t count)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *added = X509V3_EXT_conf_nid(NULL, &context, extensions[i].nid,
                                                    extensions[i].value);
        int ok = added ? X509_add_ext(certificate, added, -1) : 0;
        X509_EXTENSION_free(added);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool set_serial(X509 *certificate)
{
    uint8_t bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    bytes[0] &= 0x7f;
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return ok;
}

static bool set_times(X509 *certificate, int64_t now, int days)
{
    time_t at = (time_t)now;
    return X509_time_adj_ex(X509_getm_notBefore(certificate), 0, -CLOCK_SKEW, &at) &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, &at);
}

static bool set_subject(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)"handshake", -1,
                                      -1, 0) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1,
                                      -1, 0);
}

/* Everything but extensions and signature. `issuer` NULL: its own. */
static hs_result begin(const char *common_name, X509 *issuer, int64_t now, int days, hs_minted *out)
{
    out->key = EVP_EC_gen("P-256");
    out->certificate = X509_new();
    if (!out->key || !out->certificate || !X509_set_version(out->certificate, X509_VERSION_3) ||
        !set_serial(out->certificate) || !set_times(out->certificate, now, days) ||
        !set_subject(out->certificate, common_name) ||
        !X509_set_pubkey(out->certificate, out->key)) {
        return HS_CRYPTO;
    }
    X509_NAME *by = X509_get_subject_name(issuer ? issuer : out->certificate);
    return X509_set_issuer_name(out->certificate, by) ? HS_OK : HS_CRYPTO;
}

hs_result hs_mint_ca(const char *const *names, size_t name_count, int64_t now, hs_minted *out)
{
    *out = (hs_minted){NULL, NULL};
    char permitted[EXTENSION_MAX];
    hs_writer w;
    hs_writer_init(&w, permitted, sizeof permitted);
    write_permitted(&w, names, name_count);
    hs_result result = hs_writer_result(&w);
    /* Two CAs in one trust store should be told apart by eye. */
    uint8_t mark[3];
    char common_name[64];
    if (result == HS_OK && RAND_bytes(mark, sizeof mark) != 1) {
        result = HS_CRYPTO;
    }
    if (result == HS_OK) {
        snprintf(common_name, sizeof common_name, "handshake local CA %02x%02x%02x", mark[0],
                 mark[1], mark[2]);
        result = begin(common_name, NULL, now, HS_MINT_CA_DAYS, out);
    }
    const extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_name_constraints, permitted},
    };
    if (result == HS_OK && (!add_extensions(out->certificate, out->certificate, extensions,
                                            sizeof extensions / sizeof extensions[0]) ||
                            !X509_sign(out->certificate, out->key, EVP_sha256()))) {
        result = HS_CRYPTO;
    }
    if (result != HS_OK) {
        hs_minted_free(out);
    }
    return result;
}

hs_result hs_mint_leaf(const hs_minted *ca, const char *const *names, size_t name_count,
                       int64_t now, hs_minted *out)
{
    *out = (hs_minted){NULL, NULL};
    char alternative[EXTENSION_MAX];
    hs_writer w;
    hs_writer_init(&w, alternative, sizeof alternative);
    write_alternative_names(&w, names, name_count);
    hs_result result = hs_writer_result(&w);
    if (result == HS_OK) {
        result = begin("handshake lab server", ca->certificate, now, HS_MINT_LEAF_DAYS, out);
    }
    const extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, "serverAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, alternative},
    };
    if (result == HS_OK && (!add_extensions(out->certificate, ca->certificate, extensions,
                                            sizeof extensions / sizeof extensions[0]) ||
                            !X509_sign(out->certificate, ca->key, EVP_sha256()))) {
        result = HS_CRYPTO;
    }
    if (result != HS_OK) {
        hs_minted_free(out);
    }
    return result;
}
