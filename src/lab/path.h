/* Links, addresses and routes of the lab's networks, by rtnetlink(7). */
#ifndef HS_LAB_PATH_H
#define HS_LAB_PATH_H

#include "lab/namespaces.h"

/* Joins the namespaces; the process stands at some side afterwards. */
HS_CHECKED hs_result hs_path_join(const hs_namespaces *namespaces, hs_problem *problem);
/* IPv4 packets to PREFIX/length go to the gateway, or without one vanish (blackhole), at the
 * present side. */
HS_CHECKED hs_result hs_path_route(const char *prefix, uint8_t length, const char *gateway,
                                   hs_problem *problem);

#endif
