#include "lab/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/path.h"
#include "net/file.h"

/* Not /proc/self: a namespace is a thread's. */
#define PRESENT_NETWORK "/proc/thread-self/ns/net"

enum { PATH_MAX_HERE = 128, LINE_MAX_HERE = 64 };

const char *hs_namespace_way_name(hs_namespace_way way)
{
    return way == HS_WAY_USER ? "user namespace" : "root";
}

static hs_result write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return HS_SYSTEM;
    }
    size_t len = strlen(text);
    ssize_t written = write(fd, text, len);
    int os_errno = errno;
    close(fd);
    errno = os_errno;
    return written == (ssize_t)len ? HS_OK : HS_SYSTEM;
}

static uint64_t present_network(void)
{
    struct stat status;
    return stat(PRESENT_NETWORK, &status) == 0 ? status.st_ino : 0;
}

/* In it this user is root, over nothing but what is made in it. Without a mapping no file could be
 * opened for writing. */
static hs_result map_users(uid_t uid, gid_t gid)
{
    char line[LINE_MAX_HERE];
    snprintf(line, sizeof line, "0 %u 1", (unsigned)uid);
    if (write_file("/proc/self/setgroups", "deny") != HS_OK ||
        write_file("/proc/self/uid_map", line) != HS_OK) {
        return HS_SYSTEM;
    }
    snprintf(line, sizeof line, "0 %u 1", (unsigned)gid);
    return write_file("/proc/self/gid_map", line);
}

/* Namespaces that are counted out are "No space left on device". */
const char *hs_namespaces_why(void)
{
    return errno == ENOSPC ? "their number is limited by the sysctls user.max_…_namespaces"
                           : strerror(errno);
}

static hs_result leave(hs_namespaces *namespaces, hs_problem *problem)
{
    const uid_t uid = geteuid();
    const gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
        namespaces->way = HS_WAY_USER;
        if (map_users(uid, gid) == HS_OK) {
            return HS_OK;
        }
    } else if (uid == 0 && unshare(CLONE_NEWNET) == 0) {
        namespaces->way = HS_WAY_ROOT;
        return HS_OK;
    }
    return hs_problem_set(problem, HS_SYSTEM,
                          "this system permits no private network namespaces (%s): run it as root, "
                          "or where unprivileged user namespaces are allowed",
                          hs_namespaces_why());
}

static int open_present(void)
{
    return open(PRESENT_NETWORK, O_RDONLY | O_CLOEXEC);
}

hs_result hs_namespaces_enter(const hs_namespaces *namespaces, hs_lab_side side)
{
    return setns(namespaces->networks[side], CLONE_NEWNET) == 0 ? HS_OK : HS_SYSTEM;
}

bool hs_namespaces_is_inside(const hs_namespaces *namespaces, hs_lab_side side)
{
    struct stat status;
    uint64_t present = present_network();
    return present != 0 && namespaces->outside != 0 && present != namespaces->outside &&
           fstat(namespaces->networks[side], &status) == 0 && status.st_ino == present;
}

hs_result hs_namespaces_open(hs_namespaces *namespaces, bool relayed, hs_problem *problem)
{
    *namespaces = (hs_namespaces){.is_relayed = relayed, .outside = present_network()};
    hs_result result = leave(namespaces, problem);
    if (result != HS_OK) {
        return result;
    }
    namespaces->networks[HS_SIDE_SERVER] = open_present();
    int sides = relayed ? HS_SIDE_COUNT : HS_SIDE_PATH;
    for (int side = 0; side < sides; side++) {
        if (side != HS_SIDE_SERVER && unshare(CLONE_NEWNET) == 0) {
            namespaces->networks[side] = open_present();
        }
        if (namespaces->networks[side] <= 0) {
            return hs_problem_set(problem, HS_SYSTEM,
                                  "this system permits no private network namespaces (%s)",
                                  hs_namespaces_why());
        }
    }
    result = hs_path_join(namespaces, problem);
    if (result == HS_OK && hs_namespaces_enter(namespaces, HS_SIDE_CLIENT) != HS_OK) {
        result = hs_problem_set(problem, HS_SYSTEM, "a namespace could not be entered: %s",
                                strerror(errno));
    }
    return result;
}

hs_result hs_namespaces_set(const char *name, int value, hs_problem *problem)
{
    char path[PATH_MAX_HERE];
    char text[LINE_MAX_HERE];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    snprintf(text, sizeof text, "%d", value);
    if (write_file(path, text) == HS_OK) {
        return HS_OK;
    }
    return hs_problem_set(problem, HS_SYSTEM, "%s: %s", path, strerror(errno));
}
