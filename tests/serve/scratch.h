/* A folder of the test's own, removed with what is in it. */
#ifndef HS_TESTS_SCRATCH_H
#define HS_TESTS_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

static inline char *scratch_new(char path[64])
{
    snprintf(path, 64, "/tmp/hs-serve-test-XXXXXX");
    return mkdtemp(path);
}

static inline int scratch_remove_one(const char *path, const struct stat *status, int type,
                                     struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static inline void scratch_free(const char *path)
{
    nftw(path, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
