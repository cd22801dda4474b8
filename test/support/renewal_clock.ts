// Clocks and random numbers for credentials in tests: this machine's clocks, and a constant random number.

export const renewalClock = { now: Date.now, steadyNow: () => performance.now(), random: () => 0.5 };
