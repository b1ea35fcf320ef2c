/* The folder that holds the local CA and QUIC's key: found, made, locked; its files read and
 * replaced whole.
 *
 * The folder is $XDG_STATE_HOME/handshake, else ~/.local/state/handshake (XDG Base Directory
 * Specification 0.8), made with mode 0700. While it is open no other server reads or writes in it.
 * Symbolic links are not followed where another user could have put them: the folder's last step,
 * and its files.
 */
#ifndef HS_SERVE_STATE_FOLDER_H
#define HS_SERVE_STATE_FOLDER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include <handshake/probe.h>

#include "base/buffer.h"

enum { HS_STATE_FILE_MAX = 64 * 1024 };

typedef struct hs_state_folder {
    int fd;
    int lock;
    char path[PATH_MAX]; /* absolute */
} hs_state_folder;

/* `path` NULL: the default. HS_INVALID with `problem` where it cannot be used; nothing is then
 * held. */
HS_CHECKED hs_result hs_state_folder_open(const char *path, hs_state_folder *folder,
                                          hs_problem *problem);
/* Gives the lock back. */
void hs_state_folder_close(hs_state_folder *folder);

/* Appends the file's bytes to `out` (whose limit should be HS_STATE_FILE_MAX); a file that does not
 * exist reads as empty. `secret`: one that others may read is refused. */
HS_CHECKED hs_result hs_state_folder_read(const hs_state_folder *folder, const char *name,
                                          bool secret, hs_buffer *out, hs_problem *problem);
/* Replaces the file in one step (RENAME), so that no reader ever sees half of it. */
HS_CHECKED hs_result hs_state_folder_write(const hs_state_folder *folder, const char *name,
                                           mode_t mode, hs_bytes bytes, hs_problem *problem);

#endif
