// Clocks and chance for credentials in tests: those of this machine, and a chance that is always the same.

export const renewalClock = { now: Date.now, steadyNow: () => performance.now(), random: () => 0.5 };
