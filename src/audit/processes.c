/* Which processes have the listening sockets: /proc/PID/fd names each socket by its inode. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"

/* The number in "socket:[123]", 0 for anything else. */
static uint64_t inode_of(int folder, const char *name)
{
    char target[64];
    ssize_t len = readlinkat(folder, name, target, sizeof target - 1);
    if (len <= 0) {
        return 0;
    }
    target[len] = '\0';
    static const char start[] = "socket:[";
    if (strncmp(target, start, sizeof start - 1) != 0) {
        return 0;
    }
    char *end;
    errno = 0;
    unsigned long long inode = strtoull(target + sizeof start - 1, &end, 10);
    return errno == 0 && *end == ']' ? inode : 0;
}

static void read_name(int64_t pid, char name[HS_AUDIT_PROCESS])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/comm", (long long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, name, HS_AUDIT_PROCESS - 1) : 0;
    if (fd >= 0) {
        close(fd);
    }
    name[len > 0 ? len : 0] = '\0';
    name[strcspn(name, "\n")] = '\0';
}

/* A process counts once for a listener, however often it has it. */
static void take_process(hs_audit *audit, int64_t pid, DIR *folder)
{
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        uint64_t inode = inode_of(dirfd(folder), entry->d_name);
        hs_audit_listener *listener = inode != 0 ? hs_audit_listener_find(audit, inode) : NULL;
        if (!listener) {
            continue;
        }
        if (listener->holders == 0) {
            listener->pid = pid;
            read_name(pid, listener->process);
        }
        listener->holders += listener->last_pid != pid;
        listener->last_pid = pid;
    }
}

/* How many processes may not be looked into. */
static size_t take_processes(hs_audit *audit, DIR *proc)
{
    size_t hidden = 0;
    const struct dirent *entry;
    while ((entry = readdir(proc)) != NULL) {
        char path[300];
        if (!isdigit((unsigned char)entry->d_name[0])) {
            continue;
        }
        snprintf(path, sizeof path, "/proc/%s/fd", entry->d_name);
        DIR *folder = opendir(path);
        if (folder) {
            take_process(audit, strtoll(entry->d_name, NULL, 10), folder);
            closedir(folder);
        } else {
            hidden += errno == EACCES || errno == EPERM;
        }
    }
    return hidden;
}

void hs_audit_processes_read(hs_audit *audit)
{
    DIR *proc = opendir("/proc");
    if (!proc) {
        hs_audit_add_unseen(audit, strerror(errno), "processes of the listeners");
        return;
    }
    size_t hidden = take_processes(audit, proc);
    closedir(proc);
    size_t nameless = 0;
    for (size_t i = 0; i < audit->listener_count; i++) {
        nameless += audit->listeners[i].holders == 0;
    }
    if (nameless > 0) {
        hs_audit_add_unseen(audit,
                            hidden > 0 ? "this user may not look into the processes of others"
                                       : "none of the processes seen from here",
                            "process of %zu listener%s", nameless, nameless == 1 ? "" : "s");
    }
}
