/* Two tables of names. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/file.h"
#include "net/quic_priority.h"

enum { NAME_MAX_LEN = 128 };

typedef struct name_row {
    const char *name;   /* OpenSSL's */
    const char *other;  /* another spelling of the same; NULL */
    const char *gnutls; /* NULL: QUIC does not have it */
} name_row;

/* RFC 9001 5.3: any TLS 1.3 suite, but for TLS_AES_128_CCM_8_SHA256. */
static const name_row cipher_rows[] = {
    {"TLS_AES_128_GCM_SHA256", NULL, "AES-128-GCM"},
    {"TLS_AES_256_GCM_SHA384", NULL, "AES-256-GCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", NULL, "CHACHA20-POLY1305"},
    {"TLS_AES_128_CCM_SHA256", NULL, "AES-128-CCM"},
    {"TLS_AES_128_CCM_8_SHA256", NULL, NULL},
};

static const name_row group_rows[] = {
    {"x25519", NULL, "X25519"},
    {"secp256r1", "P-256", "SECP256R1"},
    {"prime256v1", NULL, "SECP256R1"},
    {"secp384r1", "P-384", "SECP384R1"},
    {"secp521r1", "P-521", "SECP521R1"},
    {"x448", NULL, "X448"},
    {"X25519MLKEM768", NULL, "X25519-MLKEM768"},
    {"ffdhe2048", NULL, "FFDHE2048"},
    {"ffdhe3072", NULL, "FFDHE3072"},
    {"ffdhe4096", NULL, "FFDHE4096"},
    {"ffdhe6144", NULL, "FFDHE6144"},
    {"ffdhe8192", NULL, "FFDHE8192"},
};

static const char default_ciphers[] = ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-CCM";
static const char default_groups[] = ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1";

typedef struct name_list {
    const char *what; /* "ciphers" */
    const name_row *rows;
    size_t count;
    const char *prefix; /* before each of GnuTLS's names */
} name_list;

static const name_row *find(const name_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const name_row *row = &list->rows[i];
        if (strcasecmp(row->name, name) == 0 || (row->other && strcasecmp(row->other, name) == 0)) {
            return row;
        }
    }
    return NULL;
}

static hs_result append(char out[HS_QUIC_PRIORITY_MAX], const char *a, const char *b,
                        hs_problem *problem)
{
    size_t used = strlen(out);
    int len = snprintf(out + used, HS_QUIC_PRIORITY_MAX - used, "%s%s", a, b);
    return len >= 0 && (size_t)len < HS_QUIC_PRIORITY_MAX - used
               ? HS_OK
               : hs_problem_set(problem, HS_INVALID, "ciphers and groups: the list is too long");
}

static hs_result append_name(const name_list *list, const char *name,
                             char out[HS_QUIC_PRIORITY_MAX], hs_problem *problem)
{
    const name_row *row = find(list, name);
    if (!row || !row->gnutls) {
        return hs_problem_set(problem, HS_INVALID, "%s: '%s' is not one that QUIC can use",
                              list->what, name);
    }
    return append(out, list->prefix, row->gnutls, problem);
}

static hs_result append_names(const name_list *list, const char *names,
                              char out[HS_QUIC_PRIORITY_MAX], hs_problem *problem)
{
    static const char separators[] = ":, ";
    size_t len = 0;
    size_t count = 0;
    hs_result result = HS_OK;
    for (const char *at = names; *at && result == HS_OK; at += len) {
        char name[NAME_MAX_LEN + 1];
        at += strspn(at, separators);
        len = strcspn(at, separators);
        if (len > NAME_MAX_LEN) {
            return hs_problem_set(problem, HS_INVALID, "%s: '%.40s...' is not known", list->what,
                                  at);
        }
        if (len > 0) {
            memcpy(name, at, len);
            name[len] = 0;
            result = append_name(list, name, out, problem);
            count++;
        }
    }
    return result == HS_OK && count == 0
               ? hs_problem_set(problem, HS_INVALID, "%s: '%.200s' names none", list->what, names)
               : result;
}

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

hs_result hs_quic_priority(const char *ciphers, const char *groups, char out[HS_QUIC_PRIORITY_MAX],
                           hs_problem *problem)
{
    static const name_list cipher_list = {"ciphers", cipher_rows, ROWS(cipher_rows), ":+"};
    static const name_list group_list = {"groups", group_rows, ROWS(group_rows), ":+GROUP-"};
    out[0] = 0;
    hs_result result = append(out, "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_TLS13_COMPAT_MODE",
                              ":-CIPHER-ALL", problem);
    if (result == HS_OK) {
        result = ciphers ? append_names(&cipher_list, ciphers, out, problem)
                         : append(out, default_ciphers, "", problem);
    }
    if (result == HS_OK) {
        result = append(out, ":-GROUP-ALL", "", problem);
    }
    if (result == HS_OK) {
        result = groups ? append_names(&group_list, groups, out, problem)
                        : append(out, default_groups, "", problem);
    }
    return result;
}

const char *hs_quic_group_name(const char *gnutls_name)
{
    for (size_t i = 0; i < ROWS(group_rows) && gnutls_name; i++) {
        if (strcmp(group_rows[i].gnutls, gnutls_name) == 0) {
            return group_rows[i].name;
        }
    }
    return NULL;
}
