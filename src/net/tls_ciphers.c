/* Each name is tried by itself first, so that the one which is not known can be named. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/buffer.h"
#include "base/reader.h"
#include "net/file.h"
#include "net/tls_ciphers.h"

enum { LIST_MAX = 16384, NAME_MAX_LEN = 128 };

/* What one list is taken apart into. */
typedef struct cipher_lists {
    SSL_CTX *probe; /* tries names; every cipher that there is */
    hs_buffer suites;
    hs_buffer older;
} cipher_lists;

hs_result hs_tls_set_versions(SSL_CTX *ctx, uint16_t min, uint16_t max, hs_problem *problem)
{
    if (min && max && min > max) {
        return hs_problem_set(problem, HS_INVALID,
                              "TLS versions: the lowest (0x%04x) is above the highest (0x%04x)",
                              min, max);
    }
    uint16_t lowest = min;
    if (!lowest && SSL_CTX_get_min_proto_version(ctx) < TLS1_2_VERSION) {
        lowest = max && max < TLS1_2_VERSION ? max : TLS1_2_VERSION;
    }
    if (lowest && SSL_CTX_set_min_proto_version(ctx, lowest) != 1) {
        return hs_problem_set(problem, HS_INVALID,
                              "TLS versions: 0x%04x is not one that OpenSSL has", lowest);
    }
    if (max && SSL_CTX_set_max_proto_version(ctx, max) != 1) {
        return hs_problem_set(problem, HS_INVALID,
                              "TLS versions: 0x%04x is not one that OpenSSL has", max);
    }
    return HS_OK;
}

static hs_result append(hs_buffer *list, const char *name)
{
    hs_result result = HS_OK;
    if (hs_buffer_bytes(list).len > 0) {
        result = hs_buffer_append(list, hs_bytes_of(":", 1));
    }
    return result == HS_OK ? hs_buffer_append(list, hs_bytes_of(name, strlen(name))) : result;
}

/* The cipher with this IANA or OpenSSL name. */
static const SSL_CIPHER *find_cipher(SSL_CTX *probe, const char *name)
{
    STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(probe);
    for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
        const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(all, i);
        const char *standard = SSL_CIPHER_standard_name(cipher);
        if ((standard && strcasecmp(standard, name) == 0) ||
            strcasecmp(SSL_CIPHER_get_name(cipher), name) == 0) {
            return cipher;
        }
    }
    return NULL;
}

/* "+aNULL", "HIGH", "ECDHE+AESGCM", "@SECLEVEL=0": whether OpenSSL takes it as part of a list. */
static bool is_list_part(const char *name)
{
    char list[NAME_MAX_LEN + 8] = "ALL:";
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    if (name[0] == '@') {
        strcat(list, name);
    } else {
        strcpy(list, name + strspn(name, "!-+"));
    }
    bool is = ctx && list[0] && SSL_CTX_set_cipher_list(ctx, list) == 1;
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return is;
}

static hs_result sort_name(cipher_lists *lists, const char *name, hs_problem *problem)
{
    size_t sign = strspn(name, "!-+");
    const SSL_CIPHER *cipher = find_cipher(lists->probe, name + sign);
    if (!cipher && !is_list_part(name)) {
        return hs_problem_set(problem, HS_INVALID, "ciphers: '%s' is not known", name);
    }
    if (!cipher) {
        return append(&lists->older, name);
    }
    if (SSL_CIPHER_get_protocol_id(cipher) >> 8 == 0x13) {
        return sign ? hs_problem_set(problem, HS_INVALID,
                                     "ciphers: '%s': a TLS 1.3 suite takes no operator", name)
                    : append(&lists->suites, SSL_CIPHER_get_name(cipher));
    }
    char spelled[NAME_MAX_LEN + 8] = "";
    memcpy(spelled, name, sign);
    strncat(spelled, SSL_CIPHER_get_name(cipher), NAME_MAX_LEN);
    return append(&lists->older, spelled);
}

static hs_result sort_names(cipher_lists *lists, const char *list, hs_problem *problem)
{
    static const char separators[] = ":, ";
    hs_result result = HS_OK;
    size_t len = 0;
    for (const char *at = list; *at && result == HS_OK; at += len) {
        at += strspn(at, separators);
        len = strcspn(at, separators);
        char name[NAME_MAX_LEN + 1];
        if (len > NAME_MAX_LEN - 8) {
            return hs_problem_set(problem, HS_INVALID, "ciphers: '%.40s...' is not known", at);
        }
        if (len > 0) {
            memcpy(name, at, len);
            name[len] = 0;
            result = sort_name(lists, name, problem);
        }
    }
    return result;
}

static const char *terminated(hs_buffer *list)
{
    return hs_buffer_append(list, hs_bytes_of("", 1)) == HS_OK
               ? (const char *)hs_buffer_bytes(list).data
               : NULL;
}

hs_result hs_tls_set_ciphers(SSL_CTX *ctx, const char *list, hs_problem *problem)
{
    hs_result result = HS_NO_MEMORY;
    cipher_lists lists = {.probe = SSL_CTX_new(TLS_method())};
    hs_buffer_init(&lists.suites, LIST_MAX);
    hs_buffer_init(&lists.older, LIST_MAX);
    if (!lists.probe ||
        SSL_CTX_set_ciphersuites(lists.probe, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                                              "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                                              "TLS_AES_128_CCM_8_SHA256") != 1 ||
        SSL_CTX_set_cipher_list(lists.probe, "ALL:COMPLEMENTOFALL:@SECLEVEL=0") != 1) {
        hs_problem_set(problem, result, "ciphers: out of memory");
        goto done;
    }
    result = sort_names(&lists, list, problem);
    if (result != HS_OK) {
        goto done;
    }
    bool has_suites = hs_buffer_bytes(&lists.suites).len > 0;
    bool has_older = hs_buffer_bytes(&lists.older).len > 0;
    const char *suites = terminated(&lists.suites);
    const char *older = terminated(&lists.older);
    if (!suites || !older) {
        result = hs_problem_set(problem, HS_INVALID, "ciphers: the list is too long");
    } else if ((!has_suites && !has_older) ||
               (has_suites && SSL_CTX_set_ciphersuites(ctx, suites) != 1) ||
               (has_older && SSL_CTX_set_cipher_list(ctx, older) != 1)) {
        result = hs_problem_set(problem, HS_INVALID, "ciphers: '%.200s' leaves no cipher", list);
    }
done:
    hs_buffer_free(&lists.suites);
    hs_buffer_free(&lists.older);
    SSL_CTX_free(lists.probe);
    ERR_clear_error();
    return result;
}

hs_result hs_tls_set_groups(SSL_CTX *ctx, const char *list, hs_problem *problem)
{
    static const char separators[] = ":, ";
    hs_result result = HS_OK;
    size_t len = 0;
    hs_buffer spelled;
    hs_buffer_init(&spelled, LIST_MAX);
    for (const char *at = list; *at && result == HS_OK; at += len) {
        at += strspn(at, separators);
        len = strcspn(at, separators);
        char name[NAME_MAX_LEN + 1];
        if (len > NAME_MAX_LEN) {
            result = hs_problem_set(problem, HS_INVALID, "groups: '%.40s...' is not known", at);
        } else if (len > 0) {
            memcpy(name, at, len);
            name[len] = 0;
            result = SSL_CTX_set1_groups_list(ctx, name) == 1
                         ? append(&spelled, name)
                         : hs_problem_set(problem, HS_INVALID, "groups: '%s' is not known", name);
        }
    }
    if (result == HS_OK) {
        const char *all = hs_buffer_bytes(&spelled).len > 0 ? terminated(&spelled) : NULL;
        if (!all || SSL_CTX_set1_groups_list(ctx, all) != 1) {
            result = hs_problem_set(problem, HS_INVALID, "groups: '%.200s' is not a list of groups",
                                    list);
        }
    }
    hs_buffer_free(&spelled);
    ERR_clear_error();
    return result;
}
