// Monotonic time in nanoseconds, the same for all processes of a machine.
#ifndef TIMING_H
#define TIMING_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { SECOND = 1000000000 };

static inline uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

// Sleeps for less than a second.
static inline void pause_ns(long ns) { nanosleep(&(struct timespec){.tv_nsec = ns}, NULL); }

// Waits until the next event is due, after `sent` events since `start` at `rate` per second.
static inline void pace(uint64_t start, size_t sent, double rate) {
  if (rate <= 0) return;
  uint64_t due = start + (uint64_t)((double)sent * SECOND / rate);
  struct timespec at = {.tv_sec = due / SECOND, .tv_nsec = due % SECOND};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

#endif
