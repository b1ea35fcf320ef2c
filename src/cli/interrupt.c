#include "cli/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

/* A signal handler has no other way to its data. */
static hs_prober *volatile watched;
static void (*volatile stop_call)(void);
static volatile sig_atomic_t came;

static void on_signal(int signal_number)
{
    came = signal_number;
    hs_prober *prober = watched;
    if (prober) {
        hs_prober_stop(prober);
    }
    if (stop_call) {
        stop_call();
    }
}

static void set_handler(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void hs_interrupt_watch(hs_prober *prober)
{
    watched = prober;
    set_handler(prober ? on_signal : SIG_DFL);
}

void hs_interrupt_call(void (*stop)(void))
{
    watched = NULL;
    stop_call = stop;
    set_handler(on_signal);
}

int hs_interrupted(void)
{
    return came;
}

bool hs_is_interrupted(void)
{
    return hs_interrupted() != 0;
}

hs_time hs_monotonic_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * HS_SECOND + now.tv_nsec;
}

void hs_interrupt_sleep_until(hs_time monotonic)
{
    /* The signals are let in only within ppoll, so that none is missed just before it. */
    sigset_t both;
    sigset_t before;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, &before);
    hs_time left = monotonic - hs_monotonic_now();
    while (left > 0 && came == 0) {
        struct timespec pause = {.tv_sec = left / HS_SECOND, .tv_nsec = left % HS_SECOND};
        ppoll(NULL, 0, &pause, &before);
        left = monotonic - hs_monotonic_now();
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}
