// Clocks and randomness for credentials in tests: the machine's clocks, and a fixed random number.

export const renewalClock = { now: Date.now, steadyNow: () => performance.now(), random: () => 0.5 };
