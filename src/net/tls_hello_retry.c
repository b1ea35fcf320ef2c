/* An OpenSSL provider with one group, which nobody else has.
 *
 * OpenSSL cannot send an empty key_share. It sends one for the first group of its list, and leaves
 * to providers which groups there are (provider-base(7), "TLS-GROUP"). So the first group is one of
 * the numbers that RFC 8446 4.2.7 keeps for private use, its public key is one byte, and there is
 * no key exchange behind it: a server that chose it all the same ends in an error of OpenSSL's.
 *
 * Providers are known to a whole OSSL_LIB_CTX, here the default one, so that the system's
 * configuration holds for this handshake as for any other. It is there as long as someone needs it,
 * and a context that does not name the group never offers it. */
#include "net/tls_hello_retry.h"

#include <string.h>
#include <strings.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>

#include "base/buffer.h"
#include "net/file.h"
#include "wire/tls/extension_get.h"
#include "wire/tls/message.h"

enum { GROUP_ID = 0xfefe, GROUPS_MAX = 4096 };

static const char provider_name[] = "handshake-hello-retry";
static const char group_name[] = "handshake-unknown-group";
static const char public_key[] = {0};

/* The key: nothing needs to be known of it but that it is there. */

static void free_key(void *key)
{
    OPENSSL_free(key);
}

static int has_key(const void *key, int selection)
{
    return key && !(selection & OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS);
}

static int get_key_params(void *key, OSSL_PARAM params[])
{
    (void)key;
    OSSL_PARAM *wanted = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
    return !wanted || OSSL_PARAM_set_octet_string(wanted, public_key, sizeof public_key);
}

static const OSSL_PARAM *gettable_key_params(void *provider)
{
    (void)provider;
    static const OSSL_PARAM params[] = {
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0), OSSL_PARAM_END};
    return params;
}

static void *begin_generation(void *provider, int selection, const OSSL_PARAM params[])
{
    (void)provider;
    (void)selection;
    (void)params;
    return OPENSSL_zalloc(1);
}

/* The group's name is set: there is but one. */
static int set_generation_params(void *generation, const OSSL_PARAM params[])
{
    (void)generation;
    (void)params;
    return 1;
}

static const OSSL_PARAM *settable_generation_params(void *generation, void *provider)
{
    (void)generation;
    (void)provider;
    static const OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
                                        OSSL_PARAM_END};
    return params;
}

static void *generate(void *generation, OSSL_CALLBACK *progress, void *argument)
{
    (void)generation;
    (void)progress;
    (void)argument;
    return OPENSSL_zalloc(1);
}

static void end_generation(void *generation)
{
    OPENSSL_free(generation);
}

#define FUNCTION(id, function)                                                                     \
    {                                                                                              \
        id, (void (*)(void))(function)                                                             \
    }

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    static const OSSL_DISPATCH functions[] = {
        FUNCTION(OSSL_FUNC_KEYMGMT_FREE, free_key),
        FUNCTION(OSSL_FUNC_KEYMGMT_HAS, has_key),
        FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_key_params),
        FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable_key_params),
        FUNCTION(OSSL_FUNC_KEYMGMT_GEN_INIT, begin_generation),
        FUNCTION(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, set_generation_params),
        FUNCTION(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, settable_generation_params),
        FUNCTION(OSSL_FUNC_KEYMGMT_GEN, generate),
        FUNCTION(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, end_generation),
        {0, NULL},
    };
    /* No cryptography is done here that a machine's demand for FIPS could be about. */
    static const OSSL_ALGORITHM keys[] = {
        {group_name, "provider=handshake-hello-retry,fips=yes", functions, NULL},
        {NULL, NULL, NULL, NULL},
    };
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? keys : NULL;
}

static int get_capabilities(void *provider, const char *capability, OSSL_CALLBACK *tell,
                            void *argument)
{
    (void)provider;
    unsigned id = GROUP_ID;
    unsigned security_bits = 256; /* enough for every security level */
    int min_tls = TLS1_3_VERSION;
    int max_tls = 0; /* any later one */
    int no_dtls = -1;
    char name[sizeof group_name];
    memcpy(name, group_name, sizeof name);
    const OSSL_PARAM group[] = {
        OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_NAME, name, sizeof name),
        OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, name, sizeof name),
        OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_ALG, name, sizeof name),
        OSSL_PARAM_uint(OSSL_CAPABILITY_TLS_GROUP_ID, &id),
        OSSL_PARAM_uint(OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, &security_bits),
        OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS, &min_tls),
        OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS, &max_tls),
        OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS, &no_dtls),
        OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS, &no_dtls),
        OSSL_PARAM_END,
    };
    return strcasecmp(capability, "TLS-GROUP") == 0 ? tell(group, argument) : 0;
}

static int init_provider(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
                         const OSSL_DISPATCH **functions, void **context)
{
    static const OSSL_DISPATCH provider[] = {
        FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
        FUNCTION(OSSL_FUNC_PROVIDER_GET_CAPABILITIES, get_capabilities),
        {0, NULL},
    };
    (void)handle;
    (void)core;
    *functions = provider;
    *context = NULL;
    return 1;
}

OSSL_PROVIDER *hs_tls_hello_retry_open(void)
{
    /* Whether it was there already does not matter, and both this and the loading count. The
     * default provider stays, which a loaded one would else take the place of. */
    (void)OSSL_PROVIDER_add_builtin(NULL, provider_name, init_provider);
    OSSL_PROVIDER *provider = OSSL_PROVIDER_try_load(NULL, provider_name, 1);
    ERR_clear_error();
    return provider;
}

void hs_tls_hello_retry_close(OSSL_PROVIDER *provider)
{
    if (provider) {
        OSSL_PROVIDER_unload(provider);
    }
}

/* The names of the groups in a ClientHello, behind ours. */
static hs_result name_groups(SSL *ssl, hs_bytes message, hs_buffer *names)
{
    const hs_tls_message_context context = {.version = TLS1_2_VERSION};
    hs_fault fault;
    hs_reader reader;
    hs_tls_message hello;
    hs_tls_u16_list groups = {{NULL, 0}};
    hs_reader_init(&reader, message, &fault, NULL);
    if (hs_tls_message_read(&reader, &context, &hello) != HS_OK ||
        hello.msg_type != HS_TLS_HS_CLIENT_HELLO ||
        !hs_tls_get_supported_groups(&hello.body.client_hello.extensions, &groups)) {
        return HS_SYSTEM;
    }
    hs_result result = hs_buffer_append(names, hs_bytes_of(group_name, sizeof group_name - 1));
    uint16_t id = 0;
    while (result == HS_OK && hs_tls_u16_next(&groups, &id)) {
        const char *name = SSL_group_to_name(ssl, TLSEXT_nid_unknown | id);
        if (name) {
            result = hs_buffer_append(names, hs_bytes_of(":", 1));
        }
        if (name && result == HS_OK) {
            result = hs_buffer_append(names, hs_bytes_of(name, strlen(name)));
        }
    }
    return result == HS_OK ? hs_buffer_append(names, hs_bytes_of("", 1)) : result;
}

static void keep_hello(int is_write, int version, int type, const void *bytes, size_t len, SSL *ssl,
                       void *hello)
{
    (void)version;
    (void)ssl;
    if (is_write && type == SSL3_RT_HANDSHAKE && hs_buffer_bytes(hello).len == 0 &&
        hs_buffer_append(hello, hs_bytes_of(bytes, len)) != HS_OK) {
        hs_buffer_consume(hello, hs_buffer_bytes(hello).len);
    }
}

static void ignore_news(const SSL *ssl, int where, int value)
{
    (void)ssl;
    (void)where;
    (void)value;
}

/* Which groups are offered depends on the library's version and on the system's configuration, and
 * OpenSSL tells it in a ClientHello alone: this one goes nowhere. */
static SSL *say_hello(SSL_CTX *ctx, hs_buffer *hello)
{
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    if (!ssl || !in || !out) {
        BIO_free(in);
        BIO_free(out);
        SSL_free(ssl);
        return NULL;
    }
    SSL_set_bio(ssl, in, out);
    SSL_set_info_callback(ssl, ignore_news);
    SSL_set_msg_callback(ssl, keep_hello);
    SSL_set_msg_callback_arg(ssl, hello);
    (void)SSL_connect(ssl);
    return ssl;
}

hs_result hs_tls_hello_retry_set(SSL_CTX *ctx, hs_problem *problem)
{
    hs_buffer hello;
    hs_buffer names;
    hs_buffer_init(&hello, SSL3_RT_MAX_PLAIN_LENGTH);
    hs_buffer_init(&names, GROUPS_MAX);
    SSL *ssl = say_hello(ctx, &hello);
    hs_result result = ssl ? name_groups(ssl, hs_buffer_bytes(&hello), &names) : HS_NO_MEMORY;
    if (result == HS_OK &&
        SSL_CTX_set1_groups_list(ctx, (const char *)hs_buffer_bytes(&names).data) != 1) {
        result = HS_SYSTEM;
    }
    if (result != HS_OK) {
        result = hs_problem_set(problem, result,
                                "OpenSSL cannot be made to force a HelloRetryRequest here");
    }
    SSL_free(ssl);
    hs_buffer_free(&hello);
    hs_buffer_free(&names);
    ERR_clear_error();
    return result;
}
