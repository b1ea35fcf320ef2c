/* Ctrl-C and SIGTERM while probes run: the probe under way is stopped, and a pause ends. */
#ifndef HS_CLI_INTERRUPT_H
#define HS_CLI_INTERRUPT_H

#include <stdbool.h>

#include <handshake/probe.h>

/* From now on both signals stop `prober`; one prober at a time. NULL takes it away again. */
void hs_interrupt_watch(hs_prober *prober);
/* From now on both signals call `stop`, which is async-signal-safe. NULL: they are only noted. */
void hs_interrupt_call(void (*stop)(void));
/* The signal that came, or 0. */
int hs_interrupted(void);
/* The same for those who ask again and again whether to go on. */
bool hs_is_interrupted(void);
/* Sleeps until then on the monotonic clock, or until a signal comes. */
void hs_interrupt_sleep_until(hs_time monotonic);
hs_time hs_monotonic_now(void);

#endif
