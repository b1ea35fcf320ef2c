/* The folder that holds the local CA: found, made, locked; its files read and replaced whole. */
#include "serve/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net/file.h"

enum { LOCK_TRIES = 250, LOCK_PAUSE_NS = 20 * 1000 * 1000 };

static hs_result default_path(char out[PATH_MAX], hs_problem *problem)
{
    const char *base = getenv("XDG_STATE_HOME");
    const char *middle = "";
    /* The specification: a relative path is to be ignored. */
    if (!base || base[0] != '/') {
        base = getenv("HOME");
        middle = "/.local/state";
    }
    if (!base || base[0] != '/') {
        return hs_problem_set(problem, HS_INVALID,
                              "neither XDG_STATE_HOME nor HOME says where to keep the local CA; "
                              "give --state, or --cert and --key");
    }
    if (snprintf(out, PATH_MAX, "%s%s/handshake", base, middle) >= PATH_MAX) {
        return hs_problem_set(problem, HS_INVALID, "%.64s…: the path is too long", base);
    }
    return HS_OK;
}

static hs_result make_folders(const char *path, hs_problem *problem)
{
    char prefix[PATH_MAX];
    size_t len = strlen(path);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(prefix, path, i);
        prefix[i] = '\0';
        if (mkdir(prefix, 0700) != 0 && errno != EEXIST) {
            struct stat status;
            int error = errno;
            /* A read-only parent that exists answers EROFS or EACCES. */
            if (stat(prefix, &status) != 0 || !S_ISDIR(status.st_mode)) {
                return hs_problem_set(problem, HS_INVALID, "%s: %s", prefix, strerror(error));
            }
        }
    }
    return HS_OK;
}

static hs_result check_folder(int fd, const char *path, hs_problem *problem)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return hs_problem_set(problem, HS_INVALID, "%s: %s", path, strerror(errno));
    }
    if (status.st_uid != geteuid()) {
        return hs_problem_set(problem, HS_INVALID, "%s: belongs to another user", path);
    }
    if (status.st_mode & (S_IWGRP | S_IWOTH)) {
        return hs_problem_set(problem, HS_INVALID,
                              "%s: others may write in it, so no key can be kept there "
                              "(chmod 700)",
                              path);
    }
    return HS_OK;
}

static hs_result take_lock(hs_state_folder *folder, hs_problem *problem)
{
    folder->lock = openat(folder->fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (folder->lock < 0) {
        return hs_problem_set(problem, HS_INVALID, "%s/lock: %s", folder->path, strerror(errno));
    }
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(folder->lock, LOCK_EX | LOCK_NB) == 0) {
            return HS_OK;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return hs_problem_set(problem, HS_INVALID, "%s/lock: %s", folder->path,
                                  strerror(errno));
        }
        nanosleep(&(struct timespec){0, LOCK_PAUSE_NS}, NULL);
    }
    return hs_problem_set(problem, HS_INVALID, "%s/lock: another process holds it", folder->path);
}

hs_result hs_state_folder_open(const char *path, hs_state_folder *folder, hs_problem *problem)
{
    char name[PATH_MAX];
    folder->fd = -1;
    folder->lock = -1;
    hs_result result = HS_OK;
    if (!path) {
        result = default_path(name, problem);
    } else if (path[0] == '\0' || strlen(path) >= sizeof name) {
        result = hs_problem_set(problem, HS_INVALID, "'%.64s': not the path of a folder", path);
    } else {
        memcpy(name, path, strlen(path) + 1);
        /* A slash at the end would make O_NOFOLLOW follow. */
        for (size_t len = strlen(name); len > 1 && name[len - 1] == '/'; len--) {
            name[len - 1] = '\0';
        }
    }
    if (result == HS_OK) {
        result = make_folders(name, problem);
    }
    if (result != HS_OK) {
        return result;
    }
    folder->fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->fd < 0) {
        return hs_problem_set(problem, HS_INVALID, "%s: %s", name,
                              errno == ELOOP || errno == ENOTDIR
                                  ? "not a folder (a symbolic link is not followed)"
                                  : strerror(errno));
    }
    result = check_folder(folder->fd, name, problem);
    if (result == HS_OK && !realpath(name, folder->path)) {
        result = hs_problem_set(problem, HS_INVALID, "%s: %s", name, strerror(errno));
    }
    if (result == HS_OK) {
        result = take_lock(folder, problem);
    }
    if (result != HS_OK) {
        hs_state_folder_close(folder);
    }
    return result;
}

void hs_state_folder_close(hs_state_folder *folder)
{
    if (folder->lock >= 0) {
        close(folder->lock);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->lock = -1;
    folder->fd = -1;
}

static hs_result check_file(const struct stat *status, bool secret, const char **why)
{
    if (!S_ISREG(status->st_mode)) {
        *why = "not a file";
    } else if (status->st_uid != geteuid()) {
        *why = "belongs to another user";
    } else if (secret && (status->st_mode & (S_IRWXG | S_IRWXO))) {
        *why = "others may read or write it (chmod 600)";
    } else if (status->st_size > HS_STATE_FILE_MAX) {
        *why = "too large";
    } else {
        return HS_OK;
    }
    return HS_INVALID;
}

static hs_result read_all(int fd, hs_buffer *out, const char **why)
{
    uint8_t chunk[4096];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0) {
            return HS_OK;
        }
        if (got < 0) {
            *why = strerror(errno);
            return HS_INVALID;
        }
        hs_result result = hs_buffer_append(out, (hs_bytes){chunk, (size_t)got});
        if (result != HS_OK) {
            *why = hs_result_text(result);
            return result;
        }
    }
}

hs_result hs_state_folder_read(const hs_state_folder *folder, const char *name, bool secret,
                               hs_buffer *out, hs_problem *problem)
{
    /* O_NONBLOCK: opening a FIFO must not hang. */
    int fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return HS_OK;
    }
    const char *why = "";
    hs_result result = HS_INVALID;
    struct stat status;
    if (fd < 0) {
        why = errno == ELOOP ? "is a symbolic link, which is not followed" : strerror(errno);
    } else if (fstat(fd, &status) != 0) {
        why = strerror(errno);
    } else {
        result = check_file(&status, secret, &why);
        if (result == HS_OK) {
            result = read_all(fd, out, &why);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    if (result != HS_OK) {
        return hs_problem_set(problem, result, "%s/%s: %s", folder->path, name, why);
    }
    return HS_OK;
}

static int write_all(int fd, hs_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return -1;
        }
        bytes.data += put;
        bytes.len -= (size_t)put;
    }
    return fsync(fd);
}

hs_result hs_state_folder_write(const hs_state_folder *folder, const char *name, mode_t mode,
                                hs_bytes bytes, hs_problem *problem)
{
    char temporary[NAME_MAX];
    snprintf(temporary, sizeof temporary, ".%.100s.%ld", name, (long)getpid());
    /* Left by a process of the same number that was killed; the lock is ours. */
    unlinkat(folder->fd, temporary, 0);
    int fd = openat(folder->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0600);
    bool done = fd >= 0 && fchmod(fd, mode) == 0 && write_all(fd, bytes) == 0 &&
                renameat(folder->fd, temporary, folder->fd, name) == 0;
    int error = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (!done) {
        unlinkat(folder->fd, temporary, 0);
        return hs_problem_set(problem, HS_INVALID, "%s/%s: %s", folder->path, name,
                              strerror(error));
    }
    /* A folder that cannot be synced still holds the new file. */
    (void)fsync(folder->fd);
    return HS_OK;
}
