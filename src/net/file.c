/* Reading a file without leaving copies of it in memory. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "net/file.h"

enum { FILE_MAX = 16 << 20, FILE_STEP = 64 << 10 };

hs_result hs_problem_set(hs_problem *problem, hs_result result, const char *format, ...)
{
    if (problem) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(problem->text, sizeof(problem->text), format, arguments);
        va_end(arguments);
    }
    return result;
}

void hs_file_free(hs_file *file)
{
    if (file->data) {
        OPENSSL_cleanse(file->data, file->len);
        free(file->data);
    }
    *file = (hs_file){NULL, 0};
}

/* One byte more than is wanted is always there, for the NUL. realloc() is not used: it could leave
 * a copy of a key behind. */
static bool grow(hs_file *file, size_t *capacity)
{
    size_t larger = *capacity * 2;
    uint8_t *data = malloc(larger + 1);
    if (!data) {
        return false;
    }
    memcpy(data, file->data, file->len);
    OPENSSL_cleanse(file->data, file->len);
    free(file->data);
    file->data = data;
    *capacity = larger;
    return true;
}

static hs_result read_all(FILE *stream, hs_file *file)
{
    size_t capacity = FILE_STEP;
    file->data = malloc(capacity + 1);
    if (!file->data) {
        return HS_NO_MEMORY;
    }
    for (;;) {
        file->len += fread(file->data + file->len, 1, capacity - file->len, stream);
        file->data[file->len] = 0;
        if (ferror(stream)) {
            return HS_SYSTEM;
        }
        if (feof(stream)) {
            return HS_OK;
        }
        if (file->len >= FILE_MAX) {
            return HS_LIMIT;
        }
        if (file->len == capacity && !grow(file, &capacity)) {
            return HS_NO_MEMORY;
        }
    }
}

hs_result hs_file_read(const char *path, const char *what, hs_file *out, hs_problem *problem)
{
    *out = (hs_file){NULL, 0};
    errno = 0;
    FILE *stream = fopen(path, "rbe");
    if (!stream) {
        return hs_problem_set(problem, HS_SYSTEM, "%s: %s: %s", what, path, strerror(errno));
    }
    /* A second copy of a key in stdio's buffer would outlive us. */
    setvbuf(stream, NULL, _IONBF, 0);
    hs_result result = read_all(stream, out);
    int why = errno;
    fclose(stream);
    if (result == HS_OK && out->len == 0) {
        result = hs_problem_set(problem, HS_INVALID, "%s: %s: the file is empty", what, path);
    } else if (result == HS_SYSTEM) {
        hs_problem_set(problem, result, "%s: %s: %s", what, path, strerror(why));
    } else if (result == HS_LIMIT) {
        result = hs_problem_set(problem, HS_INVALID, "%s: %s: the file has over 16 MiB", what,
                                path);
    } else if (result == HS_NO_MEMORY) {
        hs_problem_set(problem, result, "%s: %s: out of memory", what, path);
    }
    if (result != HS_OK) {
        hs_file_free(out);
    }
    return result;
}
