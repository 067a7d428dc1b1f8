/** Exit codes of the process. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  unclean: 4,
  timedOut: 5,
  eventsLost: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit codes in the help. */
export const EXIT_HELP = `Exit codes:
  0  done
  1  failed
  2  wrong usage or configuration
  3  could not start or reach what it needs
  4  stopped, but not cleanly
  5  timed out with less than asked for
  6  events were lost, and --fail-on-gap is given`;
