#include "decode/certificate_key.h"

#include <string.h>

#include <arpa/inet.h>
#include <openssl/objects.h>

#include "decode/der.h"

enum { OID_TEXT_MAX = 128 };

/* Reads one OBJECT IDENTIFIER. */
static ASN1_OBJECT *object_of(hs_bytes oid)
{
    const unsigned char *at = oid.data;
    return oid.len > 0 ? d2i_ASN1_OBJECT(NULL, &at, (long)oid.len) : NULL;
}

static char *object_text(hs_arena *arena, hs_bytes oid)
{
    char text[OID_TEXT_MAX];
    ASN1_OBJECT *object = object_of(oid);
    int len = object ? OBJ_obj2txt(text, sizeof text, object, 0) : 0;
    ASN1_OBJECT_free(object);
    return len > 0 ? hs_arena_text(arena, text) : NULL;
}

static int object_nid(hs_bytes oid)
{
    ASN1_OBJECT *object = object_of(oid);
    int nid = object ? OBJ_obj2nid(object) : NID_undef;
    ASN1_OBJECT_free(object);
    return nid;
}

/* How many bits the modulus of an RSAPublicKey has. */
static size_t modulus_bits(hs_bytes key)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, key, &fault, NULL);
    hs_der sequence = hs_der_expect(&r, HS_DER_SEQUENCE, "RSAPublicKey");
    hs_reader inside = hs_der_enter(&r, sequence);
    hs_bytes modulus = hs_der_expect(&inside, HS_DER_INTEGER, "modulus").content;
    if (!hs_reader_ok(&inside)) {
        return 0;
    }
    size_t i = 0;
    while (i < modulus.len && modulus.data[i] == 0) {
        i++;
    }
    if (i == modulus.len) {
        return 0;
    }
    size_t bits = (modulus.len - i) * 8;
    for (uint8_t top = modulus.data[i]; !(top & 0x80); top = (uint8_t)(top << 1)) {
        bits--;
    }
    return bits;
}

static char *curve_text(hs_arena *arena, hs_der parameters)
{
    if (parameters.tag != HS_DER_OID) {
        return hs_arena_text(arena, "EC, explicit curve");
    }
    switch (object_nid(parameters.whole)) {
    case NID_X9_62_prime256v1:
        return hs_arena_text(arena, "EC P-256");
    case NID_secp384r1:
        return hs_arena_text(arena, "EC P-384");
    case NID_secp521r1:
        return hs_arena_text(arena, "EC P-521");
    default: {
        char *name = object_text(arena, parameters.whole);
        return name ? hs_arena_printf(arena, "EC %s", name) : NULL;
    }
    }
}

/* The bytes of a BIT STRING, whose first byte counts unused bits. */
static hs_bytes bit_string_bytes(hs_bytes content)
{
    return content.len > 0 ? hs_bytes_of(content.data + 1, content.len - 1) : content;
}

char *hs_certificate_key_text(hs_arena *arena, hs_bytes subject_public_key_info)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, subject_public_key_info, &fault, NULL);
    hs_der info = hs_der_expect(&r, HS_DER_SEQUENCE, "SubjectPublicKeyInfo");
    hs_reader inside = hs_der_enter(&r, info);
    hs_der algorithm = hs_der_expect(&inside, HS_DER_SEQUENCE, "algorithm");
    hs_der key = hs_der_expect(&inside, HS_DER_BIT_STRING, "subjectPublicKey");
    hs_reader_close(&inside);
    hs_reader identifier = hs_der_enter(&inside, algorithm);
    hs_der oid = hs_der_expect(&identifier, HS_DER_OID, "algorithm");
    hs_der parameters = {0};
    if (hs_reader_left(&identifier) > 0) {
        parameters = hs_der_read(&identifier, "parameters");
    }
    if (!hs_reader_ok(&r)) {
        return NULL;
    }
    switch (object_nid(oid.whole)) {
    case NID_rsaEncryption:
        return hs_arena_printf(arena, "RSA %zu", modulus_bits(bit_string_bytes(key.content)));
    case NID_rsassaPss:
        return hs_arena_printf(arena, "RSA-PSS %zu", modulus_bits(bit_string_bytes(key.content)));
    case NID_X9_62_id_ecPublicKey:
        return curve_text(arena, parameters);
    case NID_ED25519:
        return hs_arena_text(arena, "Ed25519");
    case NID_ED448:
        return hs_arena_text(arena, "Ed448");
    default:
        return object_text(arena, oid.whole);
    }
}

char *hs_certificate_algorithm_text(hs_arena *arena, hs_bytes algorithm_identifier)
{
    hs_fault fault;
    hs_reader r;
    hs_reader_init(&r, algorithm_identifier, &fault, NULL);
    hs_der sequence = hs_der_expect(&r, HS_DER_SEQUENCE, "AlgorithmIdentifier");
    hs_reader inside = hs_der_enter(&r, sequence);
    hs_der oid = hs_der_expect(&inside, HS_DER_OID, "algorithm");
    return hs_reader_ok(&r) ? object_text(arena, oid.whole) : NULL;
}

char *hs_certificate_ipv6_text(hs_arena *arena, const uint8_t address[16])
{
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(AF_INET6, address, text, sizeof text) ? hs_arena_text(arena, text) : NULL;
}
