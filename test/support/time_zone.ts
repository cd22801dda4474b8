// Runs code as if the process had been started in another time zone.

/** Runs `act` with TZ set; Node rereads it on every assignment. */
export function inTimeZone<Result>(zone: string, act: () => Result): Result {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return act();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}
