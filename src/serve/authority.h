/* The local CA: minted once and kept, with a leaf that is renewed when it must be. */
#ifndef HS_SERVE_AUTHORITY_H
#define HS_SERVE_AUTHORITY_H

#include "serve/state_folder.h"

/* A leaf with less left than this is renewed, and so is a CA that would end before a new leaf. */
enum { HS_LEAF_RENEW_DAYS = 7, HS_CA_RENEW_DAYS = 100 };

typedef struct hs_authority_config {
    const char *state;        /* NULL: the default folder */
    const char *const *names; /* DNS names and addresses that the leaf must have */
    size_t name_count;
    int64_t now; /* seconds since the epoch */
} hs_authority_config;

typedef struct hs_authority {
    hs_state_folder folder;
    char ca_file[PATH_MAX + 16];     /* the CA's certificate */
    char server_file[PATH_MAX + 16]; /* the leaf and its key */
    bool new_ca;
    bool new_leaf;
} hs_authority;

/* Loads what is kept, mints what is missing, out of date or for other names. The folder stays
 * locked, so that the files are what they are, until hs_authority_close. HS_INVALID with `problem`:
 * the folder or what lies in it cannot be used; HS_CRYPTO with `problem`. */
HS_CHECKED hs_result hs_authority_open(const hs_authority_config *config, hs_authority *out,
                                       hs_problem *problem);
void hs_authority_close(hs_authority *authority);

#endif
