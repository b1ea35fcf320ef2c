/* A sorted table of numbers with names. Inside wire/tls only. */
#ifndef HS_WIRE_TLS_NAME_TABLE_H
#define HS_WIRE_TLS_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

typedef struct hs_tls_name {
    uint32_t value;
    const char *name;
} hs_tls_name;

/* NULL where the value is not in the table. */
const char *hs_tls_name_find(const hs_tls_name *names, size_t count, uint32_t value);
/* The same; "GREASE" for those values. */
const char *hs_tls_name_find_u16(const hs_tls_name *names, size_t count, uint16_t value);

#define HS_TLS_NAME(table, value)                                                                  \
    hs_tls_name_find((table), sizeof(table) / sizeof((table)[0]), (value))
#define HS_TLS_NAME_U16(table, value)                                                              \
    hs_tls_name_find_u16((table), sizeof(table) / sizeof((table)[0]), (value))

#endif
