/* A process of the lab, which ends with the one that started it and answers by a socket. */
#ifndef HS_LAB_CHILD_H
#define HS_LAB_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include <handshake/api.h>
#include <handshake/time.h>

typedef struct hs_child {
    pid_t pid;
    int fd; /* the two ends' socket */
} hs_child;

/* What runs in the child: it writes its answer to `fd`, which is readable when it is to finish. */
typedef void (*hs_child_body)(void *context, int fd);

HS_CHECKED hs_result hs_child_start(hs_child *child, hs_child_body body, void *context);
/* Ends this process with the one at the other end of `fd`, at once where that is gone already. A
 * body calls it again after it has changed its namespaces: the kernel forgets it with changed
 * rights. */
void hs_child_bind_to_parent(int fd);
/* The whole answer. HS_SYSTEM: the child ended without. HS_LIMIT: `is_stopped` became true (it may
 * be NULL), or the monotonic deadline passed. */
HS_CHECKED hs_result hs_child_read(const hs_child *child, void *answer, size_t size,
                                   hs_time deadline, bool (*is_stopped)(void));
HS_CHECKED hs_result hs_child_write(int fd, const void *answer, size_t size);
/* Whether it has ended, by itself or by somebody else's doing. */
bool hs_child_is_gone(const hs_child *child);
void hs_child_ask_to_finish(const hs_child *child);
/* Ends it, whatever it does, and waits until it is gone. */
void hs_child_end(hs_child *child);

#endif
