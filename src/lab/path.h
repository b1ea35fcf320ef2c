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

typedef enum hs_path_refusal {
    HS_PATH_DROPS,       /* without a word */
    HS_PATH_UNREACHABLE, /* ICMP: host unreachable (RFC 792) */
    HS_PATH_PROHIBITS,   /* ICMP: communication administratively prohibited (RFC 1812 5.2.7.1) */
} hs_path_refusal;

/* What becomes of IPv4 packets to that address at the present side, its own ones (an error of the
 * system) and those that it forwards. */
HS_CHECKED hs_result hs_path_refuse(const char *address, hs_path_refusal refusal,
                                    hs_problem *problem);

#endif
