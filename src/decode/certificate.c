/* The certificate is walked here, and only names, times and object identifiers are given to
 * libcrypto: its d2i_X509 also makes an EVP_PKEY of each public key, which in OpenSSL 3.0 costs
 * more than all else, and which nobody asks for here. */
#include "decode/certificate.h"

#include <string.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/writer.h"
#include "decode/certificate_key.h"
#include "decode/der.h"

enum { DER_MAX = 1024 * 1024, NAMES_MAX = 1024, TEXT_MAX = 16 * 1024, ADDRESS_MAX = 48 };

/* The elements of a TBSCertificate (RFC 5280 4.1). */
typedef struct parts {
    hs_der serial;
    hs_der signature; /* AlgorithmIdentifier */
    hs_der issuer;
    hs_der not_before;
    hs_der not_after;
    hs_der subject;
    hs_der key;              /* SubjectPublicKeyInfo */
    hs_der subject_alt_name; /* content of its extnValue */
} parts;

/* Keeps the value of subjectAltName, 2.5.29.17. */
static void read_extension(hs_reader *list, parts *p)
{
    static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11};
    hs_der extension = hs_der_expect(list, HS_DER_SEQUENCE, "Extension");
    hs_reader r = hs_der_enter(list, extension);
    hs_der id = hs_der_expect(&r, HS_DER_OID, "extnID");
    if (hs_der_peek(&r) == HS_DER_BOOLEAN) {
        (void)hs_der_read(&r, "critical");
    }
    hs_der value = hs_der_expect(&r, HS_DER_OCTET_STRING, "extnValue");
    hs_reader_close(&r);
    if (hs_reader_ok(&r) &&
        hs_bytes_equal(id.content, hs_bytes_of(subject_alt_name, sizeof subject_alt_name))) {
        p->subject_alt_name = value;
    }
}

static void read_extensions(hs_reader *tbs, parts *p)
{
    while (hs_reader_ok(tbs) && hs_reader_left(tbs) > 0) {
        hs_der element = hs_der_read(tbs, "extensions");
        if (element.tag != HS_DER_CONTEXT_3) {
            continue; /* issuerUniqueID, subjectUniqueID */
        }
        hs_reader explicit_tag = hs_der_enter(tbs, element);
        hs_der sequence = hs_der_expect(&explicit_tag, HS_DER_SEQUENCE, "extensions");
        hs_reader list = hs_der_enter(&explicit_tag, sequence);
        while (hs_reader_ok(&list) && hs_reader_left(&list) > 0) {
            read_extension(&list, p);
        }
        hs_reader_close(&explicit_tag);
    }
}

static hs_result read_parts(hs_bytes der, parts *p)
{
    *p = (parts){0};
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, der, &fault, NULL);
    hs_der certificate = hs_der_expect(&r, HS_DER_SEQUENCE, "Certificate");
    hs_reader outer = hs_der_enter(&r, certificate);
    hs_der tbs_certificate = hs_der_expect(&outer, HS_DER_SEQUENCE, "tbsCertificate");
    (void)hs_der_expect(&outer, HS_DER_SEQUENCE, "signatureAlgorithm");
    (void)hs_der_expect(&outer, HS_DER_BIT_STRING, "signatureValue");
    hs_reader_close(&outer);

    hs_reader tbs = hs_der_enter(&outer, tbs_certificate);
    if (hs_der_peek(&tbs) == HS_DER_CONTEXT_0) {
        (void)hs_der_read(&tbs, "version");
    }
    p->serial = hs_der_expect(&tbs, HS_DER_INTEGER, "serialNumber");
    p->signature = hs_der_expect(&tbs, HS_DER_SEQUENCE, "signature");
    p->issuer = hs_der_expect(&tbs, HS_DER_SEQUENCE, "issuer");
    hs_der validity = hs_der_expect(&tbs, HS_DER_SEQUENCE, "validity");
    hs_reader times = hs_der_enter(&tbs, validity);
    p->not_before = hs_der_read(&times, "notBefore");
    p->not_after = hs_der_read(&times, "notAfter");
    hs_reader_close(&times);
    p->subject = hs_der_expect(&tbs, HS_DER_SEQUENCE, "subject");
    p->key = hs_der_expect(&tbs, HS_DER_SEQUENCE, "subjectPublicKeyInfo");
    read_extensions(&tbs, p);
    return hs_reader_finish(&r) == HS_OK ? HS_OK : HS_MALFORMED;
}

/* What a memory BIO holds, escaped; frees it. */
static char *bio_text(hs_arena *arena, BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    char *text = NULL;
    if (len >= 0 && len <= TEXT_MAX) {
        text = hs_arena_escaped(arena, hs_bytes_of(data, (size_t)len));
    }
    BIO_free(bio);
    return text;
}

/* RFC 2253's one line, with UTF-8 left as it is. */
static char *name_text(hs_arena *arena, hs_bytes der)
{
    const unsigned char *at = der.data;
    X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);
    BIO *bio = name ? BIO_new(BIO_s_mem()) : NULL;
    char *text = NULL;
    if (bio) {
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
        text = bio_text(arena, bio);
    }
    X509_NAME_free(name);
    return text;
}

/* UTCTime and GeneralizedTime to seconds since the epoch. */
static bool time_seconds(hs_bytes der, int64_t *out)
{
    const unsigned char *at = der.data;
    ASN1_TIME *time = d2i_ASN1_TIME(NULL, &at, (long)der.len);
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool ok = time && epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    *out = (int64_t)days * 86400 + seconds;
    ASN1_TIME_free(epoch);
    ASN1_TIME_free(time);
    return ok;
}

/* An IPv4 address as RFC 791 writes it, an IPv6 one as RFC 5952 does. */
static char *address_text(hs_arena *arena, const ASN1_OCTET_STRING *address)
{
    hs_bytes bytes = hs_bytes_of(ASN1_STRING_get0_data(address),
                                 (size_t)ASN1_STRING_length(address));
    if (bytes.len == 4) {
        return hs_arena_printf(arena, "%u.%u.%u.%u", bytes.data[0], bytes.data[1], bytes.data[2],
                               bytes.data[3]);
    }
    if (bytes.len != 16) {
        return hs_arena_hex(arena, bytes);
    }
    return hs_certificate_ipv6_text(arena, bytes.data);
}

static const char *general_name_text(hs_arena *arena, const GENERAL_NAME *name)
{
    if (name->type == GEN_IPADD) {
        return address_text(arena, name->d.iPAddress);
    }
    const ASN1_STRING *dns = name->d.dNSName;
    return hs_arena_escaped(
        arena, hs_bytes_of(ASN1_STRING_get0_data(dns), (size_t)ASN1_STRING_length(dns)));
}

static hs_result take_names(hs_arena *arena, hs_bytes der, hs_certificate *out)
{
    const unsigned char *at = der.data;
    GENERAL_NAMES *names = der.len > 0 ? d2i_GENERAL_NAMES(NULL, &at, (long)der.len) : NULL;
    int count = sk_GENERAL_NAME_num(names);
    if (count <= 0) {
        GENERAL_NAMES_free(names);
        return HS_OK;
    }
    size_t most = count < NAMES_MAX ? (size_t)count : NAMES_MAX;
    const char **list = hs_arena_alloc(arena, most * sizeof *list);
    for (int i = 0; list && i < count && out->name_count < most; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS || name->type == GEN_IPADD) {
            list[out->name_count] = general_name_text(arena, name);
            out->name_count += list[out->name_count] != NULL;
        }
    }
    out->names = list;
    GENERAL_NAMES_free(names);
    return list ? HS_OK : HS_NO_MEMORY;
}

/* "sha256//" and the hash of the SubjectPublicKeyInfo in base64. */
static char *pin_text(hs_arena *arena, hs_bytes key)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    unsigned char base64[2 * EVP_MAX_MD_SIZE];
    if (!EVP_Digest(key.data, key.len, digest, &len, EVP_sha256(), NULL)) {
        return NULL;
    }
    EVP_EncodeBlock(base64, digest, (int)len);
    return hs_arena_printf(arena, "sha256//%s", (char *)base64);
}

static char *sha256_text(hs_arena *arena, hs_bytes der)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (!EVP_Digest(der.data, der.len, digest, &len, EVP_sha256(), NULL)) {
        return NULL;
    }
    return hs_arena_hex(arena, hs_bytes_of(digest, len));
}

/* The integer's bytes, without the zero that only keeps it positive. */
static hs_bytes serial_bytes(hs_bytes content)
{
    if (content.len > 1 && content.data[0] == 0) {
        return hs_bytes_of(content.data + 1, content.len - 1);
    }
    return content;
}

hs_result hs_certificate_parse(hs_arena *arena, hs_bytes der, hs_certificate *out)
{
    *out = (hs_certificate){0};
    parts p;
    if (der.len > DER_MAX || read_parts(der, &p) != HS_OK) {
        return HS_MALFORMED;
    }
    out->subject = name_text(arena, p.subject.whole);
    out->issuer = name_text(arena, p.issuer.whole);
    out->key = hs_certificate_key_text(arena, p.key.whole);
    out->signature = hs_certificate_algorithm_text(arena, p.signature.whole);
    bool well_formed = out->subject && out->issuer && out->key && out->signature &&
                       time_seconds(p.not_before.whole, &out->not_before) &&
                       time_seconds(p.not_after.whole, &out->not_after);
    out->serial = hs_arena_hex(arena, serial_bytes(p.serial.content));
    out->sha256 = sha256_text(arena, der);
    out->pin = pin_text(arena, p.key.whole);
    out->der = hs_arena_copy(arena, der);
    hs_result result = take_names(arena, p.subject_alt_name.content, out);
    if (hs_arena_failed(arena) || result != HS_OK || !out->sha256 || !out->pin) {
        return HS_NO_MEMORY;
    }
    return well_formed ? HS_OK : HS_MALFORMED;
}
