#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        return NULL;
    }
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = calloc(1, 1);
    }
    fclose(file);
    return text;
}

void hs_golden_check(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", HS_GOLDEN_DIR, name);
    if (getenv("HS_UPDATE_GOLDEN")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
        return;
    }
    char *expected = read_file(path);
    if (!expected || strcmp(expected, text) != 0) {
        fprintf(stderr, "%s differs; this was written:\n%s", path, text);
    }
    assert_non_null(expected);
    bool same = strcmp(expected, text) == 0;
    free(expected);
    assert_true(same);
}
