/* The words in which the catalogue is written. */
#ifndef HS_LAB_FAILURE_WORDS_H
#define HS_LAB_FAILURE_WORDS_H

#include "lab/failures/case.h"

/* Bytes of a string, which may hold NUL. */
#define TEXT(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
/* Lines of a script. */
#define DO(what)                                                                                   \
    {                                                                                              \
        .act = HS_ACT_##what                                                                       \
    }
#define SAY(text)                                                                                  \
    {                                                                                              \
        .act = HS_ACT_SEND, .bytes = TEXT(text)                                                    \
    }
#define SWITCH(rest)                                                                               \
    {                                                                                              \
        .act = HS_ACT_UPGRADE, .bytes = TEXT(rest)                                                 \
    }

#define SCRIPT(...)                                                                                \
    &(const hs_script)                                                                             \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define SERVER(...)                                                                                \
    &(const hs_real_server)                                                                        \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define QUIC(...)                                                                                  \
    &(const hs_quic_script)                                                                        \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#endif
