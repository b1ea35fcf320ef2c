/* libhandshake: everything public. */
#ifndef HANDSHAKE_HANDSHAKE_H
#define HANDSHAKE_HANDSHAKE_H

#include <handshake/api.h>
#include <handshake/failure.h>
#include <handshake/probe.h>
#include <handshake/read.h>
#include <handshake/report.h>
#include <handshake/serve.h>
#include <handshake/time.h>
#include <handshake/trace.h>

#endif
