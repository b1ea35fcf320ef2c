/* Pins out of a list or of one of four kinds of file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "net/file.h"
#include "net/pins.h"

enum { PINS_MAX = 256, BASE64_LEN = 44 };

typedef struct pin {
    uint8_t sha256[SHA256_DIGEST_LENGTH];
} pin;

struct hs_pins {
    size_t count;
    pin pins[PINS_MAX];
};

static const char prefix[] = "sha256//";

static bool decode_base64(const char *text, size_t len, pin *out)
{
    uint8_t bytes[BASE64_LEN / 4 * 3];
    if (len != BASE64_LEN || text[len - 1] != '=' ||
        EVP_DecodeBlock(bytes, (const unsigned char *)text, BASE64_LEN) != (int)sizeof(bytes)) {
        return false;
    }
    memcpy(out->sha256, bytes, sizeof(out->sha256));
    /* 32 bytes leave one byte of padding; text with two would decode to the same length. */
    return text[len - 2] != '=';
}

static hs_result parse_list(const char *text, hs_pins *pins, hs_problem *problem)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ";");
        size_t skip = strlen(prefix);
        if (len <= skip || strncmp(at, prefix, skip) != 0 || pins->count == PINS_MAX ||
            !decode_base64(at + skip, len - skip, &pins->pins[pins->count])) {
            return hs_problem_set(problem, HS_INVALID,
                                  "pinned public key: '%.*s' is not sha256//BASE64 of 32 bytes",
                                  (int)(len < 80 ? len : 80), at);
        }
        pins->count++;
        at += len;
        at += *at == ';';
    }
    return HS_OK;
}

static bool hash_key(X509_PUBKEY *key, pin *out)
{
    uint8_t *der = NULL;
    int len = key ? i2d_X509_PUBKEY(key, &der) : -1;
    if (len <= 0) {
        return false;
    }
    bool done = EVP_Digest(der, (size_t)len, out->sha256, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return done;
}

static bool hash_certificate(const X509 *certificate, pin *out)
{
    return certificate && hash_key(X509_get_X509_PUBKEY(certificate), out);
}

static bool hash_evp_key(EVP_PKEY *key, pin *out)
{
    X509_PUBKEY *wrapped = NULL;
    bool done = key && X509_PUBKEY_set(&wrapped, key) == 1 && hash_key(wrapped, out);
    X509_PUBKEY_free(wrapped);
    return done;
}

/* Whatever of the four forms the file has. */
static bool hash_file(const hs_file *file, pin *out)
{
    BIO *bio = BIO_new_mem_buf(file->data, (int)file->len);
    if (!bio) {
        return false;
    }
    EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    bool done = hash_evp_key(key, out);
    EVP_PKEY_free(key);
    X509 *certificate = NULL;
    if (!done && BIO_reset(bio) == 1) {
        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        done = hash_certificate(certificate, out);
        X509_free(certificate);
    }
    if (!done) {
        const unsigned char *at = file->data;
        key = d2i_PUBKEY(NULL, &at, (long)file->len);
        done = hash_evp_key(key, out);
        EVP_PKEY_free(key);
    }
    if (!done) {
        const unsigned char *at = file->data;
        certificate = d2i_X509(NULL, &at, (long)file->len);
        done = hash_certificate(certificate, out);
        X509_free(certificate);
    }
    BIO_free(bio);
    ERR_clear_error();
    return done;
}

static hs_result parse_file(const char *path, hs_pins *pins, hs_problem *problem)
{
    hs_file file;
    hs_result result = hs_file_read(path, "pinned public key", &file, problem);
    if (result != HS_OK) {
        return result;
    }
    if (hash_file(&file, &pins->pins[0])) {
        pins->count = 1;
    } else {
        result = hs_problem_set(problem, HS_INVALID,
                                "pinned public key: %s: neither a public key nor a certificate, "
                                "PEM or DER",
                                path);
    }
    hs_file_free(&file);
    return result;
}

hs_result hs_pins_new(const char *text, hs_pins **out, hs_problem *problem)
{
    *out = NULL;
    hs_pins *pins = calloc(1, sizeof(*pins));
    if (!pins) {
        return hs_problem_set(problem, HS_NO_MEMORY, "pinned public key: out of memory");
    }
    bool is_list = strncmp(text, prefix, strlen(prefix)) == 0;
    hs_result result = is_list ? parse_list(text, pins, problem) : parse_file(text, pins, problem);
    if (result == HS_OK) {
        *out = pins;
    } else {
        hs_pins_free(pins);
    }
    return result;
}

void hs_pins_free(hs_pins *pins)
{
    free(pins);
}

size_t hs_pins_count(const hs_pins *pins)
{
    return pins->count;
}

bool hs_pins_match(const hs_pins *pins, const X509 *certificate)
{
    pin own;
    if (!hash_certificate(certificate, &own)) {
        return false;
    }
    for (size_t i = 0; i < pins->count; i++) {
        if (memcmp(own.sha256, pins->pins[i].sha256, sizeof(own.sha256)) == 0) {
            return true;
        }
    }
    return false;
}

const char *hs_pin_text(const X509 *certificate, char out[HS_PIN_TEXT_MAX])
{
    pin own;
    out[0] = 0;
    if (hash_certificate(certificate, &own)) {
        unsigned char base64[BASE64_LEN + 1];
        EVP_EncodeBlock(base64, own.sha256, (int)sizeof(own.sha256));
        snprintf(out, HS_PIN_TEXT_MAX, "%s%s", prefix, (const char *)base64);
    }
    return out;
}
