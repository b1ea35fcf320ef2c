/* Confines the process before it parses what others sent: no privileges, and no system calls but
 * those that reading, writing, waiting and memory need (seccomp). There is no way back. */
#ifndef HS_READ_CONFINE_H
#define HS_READ_CONFINE_H

#include <handshake/probe.h> /* hs_problem */

/* Becomes "nobody" where the process is root, and gives every capability away. */
HS_CHECKED hs_result hs_confine_privileges(hs_problem *problem);
/* No new privileges, no new files, no sockets, no programs. Other calls fail with EPERM. */
HS_CHECKED hs_result hs_confine_calls(hs_problem *problem);

#endif
